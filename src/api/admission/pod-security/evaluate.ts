import type { KubeObject } from '../../../meta/object.ts';
import { baseline } from './baseline.ts';
import type { Check } from './check.ts';
import { replaced, restricted } from './restricted.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';
export const LEVELS: readonly string[] = ['privileged', 'baseline', 'restricted'];

const checks: Readonly<Record<Level, readonly Check[]>> = {
  privileged: [],
  baseline: Object.values(baseline),
  restricted: [...Object.entries(baseline).filter(([name]) => !replaced.has(name)).map(([, check]) => check), ...Object.values(restricted)],
};
/** Windows has no Linux capabilities, seccomp or privilege escalation (KEP-1981). */
const LINUX_ONLY = new Set<Check>([restricted.allowPrivilegeEscalation, restricted.capabilities, restricted.seccomp]);

/** What a pod violates at a level: `reason (detail)` each; none when it is good. */
export function violationsOf(pod: KubeObject, level: Level): { reason: string; text: string }[] {
  const windows = pod['spec']?.os?.name === 'windows';
  return checks[level].flatMap((check) => {
    if (windows && LINUX_ONLY.has(check)) return [];
    const found = check(pod);
    return found ? [{ reason: found.reason, text: `${found.reason} (${found.detail})` }] : [];
  });
}
