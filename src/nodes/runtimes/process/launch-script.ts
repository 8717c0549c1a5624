import type { BindMount } from '../runtime.ts';
import { rootViewScript, shellQuote } from './root-view.ts';
import type { Capabilities } from './capabilities.ts';
import { UNPACK } from './carried-environment.ts';

/** What the scripts of one container need. Paths are absolute. */
export interface LaunchPlan {
  /** the attempt's own directory: `pid`, `exit`, `start-error`, the FIFOs and the root view */
  directory: string;
  hostname: string;
  workingDir: string;
  /** the container's own, which comes to these scripts carried */
  env: Readonly<Record<string, string>>;
  mounts: readonly BindMount[];
  /** folders of the host that are empty in the view */
  hidden: readonly string[];
  /** path of the pod's network namespace */
  netns?: string | undefined;
  user?: number | undefined;
  group?: number | undefined;
}

/**
 * The outer script: outlives the container's process to keep its exit code, so that an agent that was not running at
 * that moment still learns it. `$@` is the command. Descriptor 3 is the container's stderr; the shell's own goes nowhere.
 */
export function outerScript(plan: LaunchPlan, can: Capabilities): string {
  const { sh, nsenter, unshare } = can.tools;
  const enter: string[] = [];
  if (plan.netns && nsenter) enter.push(nsenter, `--net=${plan.netns}`, '--');
  if (can.rootView && unshare) enter.push(unshare, ...can.unshareFlags, '--');
  enter.push(sh, `${plan.directory}/inner.sh`);
  return [
    'exec 3>&2 2>/dev/null',
    `d=${shellQuote(plan.directory)}`,
    // In a subshell, so that what this shell says of a killed process does not get into the container's stderr.
    `(exec ${enter.map(shellQuote).join(' ')} "$@" 2>&3 3>&-)`,
    'code=$?',
    'echo "$code" > "$d/exit.tmp" && mv "$d/exit.tmp" "$d/exit"',
    'exit "$code"',
    '',
  ].join('\n');
}

/** The inner script: makes the view, writes its own process id and becomes the command. */
export function innerScript(plan: LaunchPlan, can: Capabilities): string {
  const directory = shellQuote(plan.directory);
  const lines = ['set -e', `exec 4>&2 2>${shellQuote(`${plan.directory}/start-error`)}`];
  if (can.rootView) {
    lines.push(rootViewScript(plan.directory, plan.mounts, plan.hidden));
    lines.push(`hostname ${shellQuote(plan.hostname)} 2>/dev/null || true`);
  }
  lines.push(`(umask 077; echo $$ > ${directory}/pid.tmp)`, `mv ${directory}/pid.tmp ${directory}/pid`);
  lines.push('umask 022', `exec ${become(plan, can).map(shellQuote).join(' ')} "$@"`, '');
  return lines.join('\n');
}

// Runs inside the view: the command is looked up where the container sees it, and a failure is the runtime's to tell.
const START = `cd "$0" || exit 128
case "$1" in
  */*) [ -x "$1" ] && [ ! -d "$1" ] || { echo "exec: \\"$1\\": no such file or directory" >&2; exit 128; };;
  *) command -v -- "$1" >/dev/null || { echo "exec: \\"$1\\": executable file not found in \\$PATH" >&2; exit 128; };;
esac
exec "$@" 2>&4 4>&-`;

function become(plan: LaunchPlan, can: Capabilities): string[] {
  const start = `${UNPACK}\n${START}`;
  const shell = [can.rootView ? '/bin/sh' : can.tools.sh, '-c', start, plan.workingDir];
  if (!can.rootView) return shell;
  const ids = `${plan.user ?? 0}:${plan.group ?? 0}`;
  const spec = can.root && (plan.user !== undefined || plan.group !== undefined) ? [`--userspec=${ids}`] : [];
  return [can.tools.chroot!, ...spec, `${plan.directory}/root`, ...shell];
}
