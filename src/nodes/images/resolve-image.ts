import type { Container } from '../../../schema/types.ts';
import { CATALOGUE, imageId, parseImage } from './catalogue.ts';

export interface ResolvedImage {
  image: string;
  imageID: string;
  command: string[];
  env: Readonly<Record<string, string>>;
}

/** Why a container has no image to run; `reason` is what its status says first, then ImagePullBackOff. */
export class ImageError extends Error {
  constructor(
    readonly reason: 'ErrImagePull' | 'InvalidImageName' | 'ErrImageNeverPull',
    message: string,
  ) {
    super(message);
  }
}

/**
 * What a container runs: its own command and args, else those of the image, by the rules of the pod API
 * (`command` replaces the entrypoint and drops the image's arguments, `args` replace the image's arguments).
 */
export function resolveImage(container: Container): ResolvedImage {
  const text = container.image ?? '';
  const reference = parseImage(text);
  if (!reference)
    throw new ImageError(
      'InvalidImageName',
      `Failed to apply default image tag "${text}": couldn't parse image name "${text}": invalid reference format`,
    );
  const known = CATALOGUE[reference.repository];
  if (!known && !container.command?.length) {
    if (container.imagePullPolicy === 'Never') {
      throw new ImageError('ErrImageNeverPull', `Container image "${text}" is not present with pull policy of Never`);
    }
    throw new ImageError(
      'ErrImagePull',
      `failed to pull image "${text}": containers are processes of this machine here, and no program is known for this image; ` +
        'set the container\'s "command" to a program of the machine, or use one of: ' +
        Object.keys(CATALOGUE)
          .map((name) => name.replace('docker.io/library/', ''))
          .join(', '),
    );
  }
  const entrypoint = container.command?.length ? container.command : (known?.entrypoint ?? []);
  const rest = container.args?.length ? container.args : container.command?.length ? [] : (known?.command ?? []);
  return {
    image: reference.name,
    imageID: imageId(reference),
    command: [...entrypoint, ...rest],
    env: known?.env ?? {},
  };
}
