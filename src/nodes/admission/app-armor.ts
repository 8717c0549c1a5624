import { readFileSync } from 'node:fs';
import type { Pod } from '../../../schema/types.ts';
import type { Check } from './admission.ts';

/** Before the fields there were annotations, one for each container. */
const ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';

/** Why this machine enforces no profiles; undefined: it does. */
export function appArmorHost(): string | undefined {
  try {
    if (readFileSync('/sys/module/apparmor/parameters/enabled', 'utf8').startsWith('Y')) return undefined;
  } catch {
    // the kernel has no such module
  }
  return 'AppArmor is not enabled on the host';
}

/** AppArmor profiles need a kernel that enforces them; asked only of pods that have not started. */
export const appArmor: Check = ({ pod, policy }) => {
  if ((pod.status?.phase ?? 'Pending') !== 'Pending' || !wantsProfile(pod)) return undefined;
  const why = policy.appArmor ?? emptyProfile(pod);
  return why === undefined ? undefined : { reason: 'AppArmor', message: `Cannot enforce AppArmor: ${why}` };
};

const profilesOf = ({ spec }: Pod) =>
  [
    spec?.securityContext,
    ...[...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])].map(
      (each) => each.securityContext,
    ),
  ].flatMap((context) => (context?.appArmorProfile ? [context.appArmorProfile] : []));

function wantsProfile(pod: Pod): boolean {
  if (profilesOf(pod).some(({ type }) => type !== 'Unconfined')) return true;
  const annotation = Object.entries(pod.metadata.annotations ?? {}).find(([key]) => key.startsWith(ANNOTATION));
  return annotation !== undefined && annotation[1] !== 'unconfined';
}

const emptyProfile = (pod: Pod): string | undefined =>
  profilesOf(pod).some(({ type, localhostProfile }) => type === 'Localhost' && !localhostProfile?.trim())
    ? 'invalid empty AppArmor profile name: ""'
    : undefined;
