import type { Container } from '../../../schema/types.ts';
import type { ImageConfig } from './image-service.ts';

/**
 * What a container runs: its own command and args, else those of the image, by the rules of the pod API (`command`
 * replaces the entrypoint and drops the image's arguments, `args` replace the image's arguments).
 */
export function imageCommand(
  { command, args }: Pick<Container, 'command' | 'args'>,
  { entrypoint, cmd }: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): string[] {
  if (command?.length) return [...command, ...(args ?? [])];
  return [...entrypoint, ...(args?.length ? args : cmd)];
}
