import { baselineFor } from './baseline.ts';
import type { Check, PodLike } from './check.ts';
import { restricted } from './restricted.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';
export const LEVELS: readonly string[] = ['privileged', 'baseline', 'restricted'];

/** A check, from the minor version of Kubernetes on in which it was defined. */
interface Since {
  check: Check;
  since: number;
  /** the check of baseline that it takes the place of */
  replaces?: string;
}
/** What is not told here holds for every version. */
const BASELINE_SINCE: Readonly<Record<string, number>> = { probeHosts: 34, seccomp: 19 };
const RESTRICTED: readonly Since[] = [
  { check: restricted.allowPrivilegeEscalation, since: 8 },
  { check: restricted.capabilities, since: 22, replaces: 'capabilities' },
  { check: restricted.restrictedVolumes, since: 0, replaces: 'hostPathVolumes' },
  { check: restricted.runAsNonRoot, since: 0 },
  { check: restricted.runAsUser, since: 23 },
  { check: restricted.seccomp, since: 19, replaces: 'seccomp' },
];
/** Windows has no Linux capabilities, seccomp or privilege escalation; known since 1.25 (KEP-1981). */
const LINUX_ONLY = new Set<Check>([restricted.allowPrivilegeEscalation, restricted.capabilities, restricted.seccomp]);
const WINDOWS_SINCE = 25;

const made = new Map<string, readonly Check[]>();
function checksOf(level: Level, minor: number): readonly Check[] {
  if (level === 'privileged') return [];
  // versions beyond the newest check are all the same
  const key = `${level} ${Math.min(minor, LATEST)}`;
  let checks = made.get(key);
  if (!checks) {
    const own = level === 'restricted' ? RESTRICTED.filter(({ since }) => since <= minor) : [];
    const replaced = new Set(own.map(({ replaces }) => replaces));
    const base = Object.entries(baselineFor(minor)).filter(
      ([name]) => (BASELINE_SINCE[name] ?? 0) <= minor && !replaced.has(name),
    );
    checks = [...base.map(([, check]) => check), ...own.map(({ check }) => check)];
    made.set(key, checks);
  }
  return checks;
}

/** Minor version of the rules that are newest. */
const LATEST = 35;
/** `latest`, or `v1.22` as a number */
const minorOf = (version: string): number => (version === 'latest' ? LATEST : Number(version.slice('v1.'.length)));

/** What a pod violates at a level, by the rules of a version: `reason (detail)` each; none when it is good. */
export function violationsOf(pod: PodLike, level: Level, version = 'latest'): { reason: string; text: string }[] {
  const minor = minorOf(version);
  const windows = minor >= WINDOWS_SINCE && pod.spec?.os?.name === 'windows';
  return checksOf(level, minor).flatMap((check) => {
    if (windows && LINUX_ONLY.has(check)) return [];
    const found = check(pod);
    return found ? [{ reason: found.reason, text: `${found.reason} (${found.detail})` }] : [];
  });
}
