import { readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ConfigError } from '../../../pods/container-environment.ts';
import type { ContainerSecurity } from '../../../pods/security-context.ts';
import { compileFilter } from './compile-filter.ts';
import { defaultProfile } from './default-profile.ts';
import { ACTIONS, actionOf, parseProfile, type SeccompProfile } from './profile.ts';
import { NATIVE } from './system-calls.ts';

/** By it a container with CAP_DAC_READ_SEARCH opens any file of a disk from which something is mounted into it. */
const BY_HANDLE = 'open_by_handle_at';

/**
 * The filter of a container's system calls; undefined for one that has none. Whatever the profile says, what is not in
 * a container's mounts is not opened past them, unless it is privileged.
 * @param folder of the node's own profiles
 * @throws ConfigError for a profile that is not there, or is none
 */
export function filterOf(security: ContainerSecurity, folder: string): Buffer | undefined {
  const { seccomp, capabilities, privileged } = security;
  const confine = !privileged && capabilities.bounding.includes('DAC_READ_SEARCH');
  if (seccomp.type === 'Unconfined') return confine ? compileFilter(withoutHandles(UNCONFINED)) : undefined;
  const profile =
    seccomp.type === 'RuntimeDefault'
      ? defaultProfile(capabilities.bounding)
      : parseProfile(profileText(folder, seccomp.profile));
  return compileFilter(confine ? withoutHandles(profile) : profile);
}

const UNCONFINED: SeccompProfile = {
  otherwise: ACTIONS.SCMP_ACT_ALLOW,
  architectures: NATIVE === 'x86_64' ? ['x86_64', 'i386'] : [NATIVE],
  rules: [],
};

const withoutHandles = (profile: SeccompProfile): SeccompProfile => ({
  ...profile,
  rules: [
    { names: [BY_HANDLE], action: actionOf('SCMP_ACT_ERRNO', undefined), conditions: [] },
    ...profile.rules.map((rule) => ({ ...rule, names: rule.names.filter((name) => name !== BY_HANDLE) })),
  ],
});

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
