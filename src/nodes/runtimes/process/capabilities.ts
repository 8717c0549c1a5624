import { spawnSync } from 'node:child_process';
import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { deviceProgram } from '../../cgroups/device-program.ts';
import { COMMON_DEVICES } from '../../cgroups/devices.ts';
import { ATTRIBUTE, CLONE, SPREAD } from './kernel.ts';
import { LAUNCHER } from './launcher.ts';
import { encodePlan, type Step } from './plan.ts';
import { mapUsers } from './pod-namespaces.ts';
import { NATIVE, systemCall } from './seccomp/system-calls.ts';
import type { Users } from './users.ts';

/** Absolute paths of the system's own tools; undefined where the machine lacks one. */
export interface Tools {
  perl?: string;
  ip?: string;
}

/** What this machine lets the process runtime do; found out once, when the agent starts. */
export interface Capabilities {
  tools: Tools;
  root: boolean;
  users: Users;
  /** namespaces and a root of its own for each container, without which nothing is run */
  rootView: boolean;
  /** why there is no `rootView` */
  missing: string;
  /** whether overlays can write to the disk of the data folder; else what containers write is in memory */
  layersOnDisk: boolean;
  /** a network namespace and an address for each pod */
  podNetwork: boolean;
  /** terminals for `tty: true` and `exec -t` */
  pty: boolean;
  /** the kernel takes a program that says which devices the processes of a cgroup (v2) may use */
  devicePrograms: boolean;
  /** least oom_score_adj that containers can have */
  leastOomScore: number;
}

/** Ends each probe, so that a tool that waits for something cannot hold the agent's start. */
const PROBE_TIMEOUT_MS = 5000;
const SYS_RESOURCE = 24n;

function findTool(name: string): string | undefined {
  for (const directory of `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`.split(delimiter)) {
    try {
      const path = join(directory, name);
      if (!directory) continue;
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * Tries what containers will need, by doing it.
 * @param scratch a directory for the trial, whose `probe` is removed afterwards
 */
export function probeCapabilities(scratch: string): Capabilities {
  const tools: Tools = {};
  for (const name of ['perl', 'ip'] as const) {
    const path = findTool(name);
    if (path) tools[name] = path;
  }
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const root = uid === 0;
  const users: Users = root ? { kind: 'host' } : { kind: 'single', uid, gid };
  const missing = tools.perl ? tryPlan(tools.perl, scratch, rootSteps(users, scratch, false)) : 'perl is not installed';
  const rootView = missing === '';
  const layersOnDisk =
    rootView && tools.perl !== undefined && tryPlan(tools.perl, scratch, rootSteps(users, scratch, true)) === '';
  const network: Step[] = [
    ['unshare', CLONE.network],
    ...run(`${tools.ip} link add a0 type veth peer name a1 && ${tools.ip} link add b0 type bridge`),
  ];
  const podNetwork = root && rootView && Boolean(tools.ip) && tryPlan(tools.perl ?? '', scratch, network) === '';
  const program: Step[] = [['devices', '', deviceProgram(COMMON_DEVICES)], ['done']];
  const devicePrograms = root && tools.perl !== undefined && tryPlan(tools.perl, scratch, program) === '';
  return {
    tools,
    root,
    users,
    rootView,
    missing,
    layersOnDisk,
    podNetwork,
    pty: rootView,
    devicePrograms,
    leastOomScore: leastScore(),
  };
}

const run = (command: string): Step[] => [['execute', 3, '/bin/sh', '-c', command]];

function rootSteps(users: Users, scratch: string, onDisk: boolean): Step[] {
  const probe = join(scratch, 'probe');
  const options = users.kind === 'host' ? '' : ',userxattr';
  return [
    ...mapUsers(users),
    ['unshare', CLONE.mounts | CLONE.ipc | CLONE.uts],
    ['spread', '/', SPREAD.slave | SPREAD.recursive],
    ['filesystem', 'root', 'tmpfs', ATTRIBUTE.noDevices],
    ...(onDisk ? [] : [['system', 'root', probe] as Step]),
    ['folder', join(probe, 'upper')],
    ['folder', join(probe, 'work')],
    ['folder', join(probe, 'root')],
    ['chdir', probe],
    ['mount', 'overlay', join(probe, 'root'), 0, `lowerdir=/usr,upperdir=upper,workdir=work${options}`],
    ['tree', 'usr', '/usr', '', ATTRIBUTE.readOnly, SPREAD.private, 1],
    ...run(':'),
  ];
}

/** @returns '' when all was done, else what the launcher says */
function tryPlan(perl: string, scratch: string, steps: readonly Step[]): string {
  const directory = join(scratch, 'probe');
  mkdirSync(directory, { recursive: true });
  const [plan, report] = [join(directory, 'plan'), join(directory, 'report')];
  writeFileSync(plan, encodePlan(steps));
  const files = [openSync(plan, 'r'), openSync(report, 'w')];
  try {
    const launcher = ['-e', LAUNCHER, String(systemCall('read', NATIVE))];
    const { status } = spawnSync(perl, launcher, {
      stdio: ['ignore', 'ignore', 'ignore', ...files],
      timeout: PROBE_TIMEOUT_MS,
    });
    return status === 0 ? '' : (/^error (.*)/m.exec(readFileSync(report, 'utf8'))?.[1] ?? `exit status ${status}`);
  } finally {
    for (const file of files) closeSync(file);
    makeRemovable(directory);
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Overlays leave a directory that only root could look into. */
export function makeRemovable(directory: string): void {
  spawnSync('chmod', ['-R', 'u+rwx', directory], { stdio: 'ignore' });
}

/** A process without CAP_SYS_RESOURCE gives none that is lower than its own. */
function leastScore(): number {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  if ((BigInt(`0x${effective}`) >> SYS_RESOURCE) & 1n) return -1000;
  return Number(readFileSync('/proc/self/oom_score_adj', 'latin1'));
}
