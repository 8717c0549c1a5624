import { readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ConfigError } from '../../../pods/container-environment.ts';
import type { ContainerSecurity } from '../../../pods/security-context.ts';
import { compileFilter } from './compile-filter.ts';
import { defaultProfile } from './default-profile.ts';
import { parseProfile } from './profile.ts';

/**
 * The filter of a container's system calls; undefined for one that has none.
 * @param folder of the node's own profiles
 * @throws ConfigError for a profile that is not there, or is none
 */
export function filterOf({ seccomp, capabilities }: ContainerSecurity, folder: string): Buffer | undefined {
  if (seccomp.type === 'Unconfined') return undefined;
  if (seccomp.type === 'RuntimeDefault') return compileFilter(defaultProfile(capabilities.bounding));
  return compileFilter(parseProfile(profileText(folder, seccomp.profile)));
}

function profileText(folder: string, name: string): string {
  const path = join(folder, name);
  try {
    const real = realpathSync(path);
    if (!real.startsWith(realpathSync(folder) + sep)) throw new Error('it lies elsewhere');
    return readFileSync(real, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot load seccomp profile ${JSON.stringify(path)}: ${(error as Error).message}`);
  }
}
