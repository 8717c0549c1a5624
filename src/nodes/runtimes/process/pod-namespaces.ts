import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnsupportedError } from '../../pods/unsupported.ts';
import type { PodSandboxSpec } from '../runtime.ts';
import { deviceSteps } from './device-steps.ts';
import { CLONE, INERT, OPEN, SPREAD } from './kernel.ts';
import type { Step } from './plan.ts';
import { startTicks } from './process-table.ts';
import { POD_USERS, userBase, type Users } from './users.ts';

/** The process that holds a pod's namespaces, and where its files are. */
export interface Holder {
  pid: number;
  /** start time, which tells it from a later process of that id */
  ticks: string;
  directory: string;
}

/** The first port that anybody may listen on. */
const UNPRIVILEGED_PORTS = 'net.ipv4.ip_unprivileged_port_start';
/** Bytes of a pod's /dev/shm, as containerd has it. */
const SHM_SIZE = '65536k';

/** Steps into a user namespace, where the agent needs one. */
export function mapUsers(users: Users): Step[] {
  if (users.kind === 'host') return [];
  return [
    ['unshare', CLONE.user],
    ['write', '/proc/self/setgroups', 'deny'],
    ['write', '/proc/self/uid_map', `0 ${users.uid} 1`],
    ['write', '/proc/self/gid_map', `0 ${users.gid} 1`],
  ];
}

/** What the containers of a pod have in common and not with the host: bits of CLONE, mounts and users left out. */
export function sharedNamespaces({ hostIPC, hostNetwork, netns }: PodSandboxSpec, users: Users): number {
  const network = netns && users.kind === 'host' ? CLONE.network : 0;
  return (hostIPC ? 0 : CLONE.ipc) | (hostNetwork ? 0 : CLONE.uts) | network;
}

/**
 * Steps of the process that holds a pod's namespaces: IPC, UTS, the network that was made for it, and a PID namespace
 * where containers share one. The pod's /dev/shm is a mount in its directory: on the host, or, where the agent is not
 * root, in a mount namespace of the pod.
 * @throws UnsupportedError
 */
export function holderSteps(spec: PodSandboxSpec, directory: string, users: Users): Step[] {
  const base = userBase(spec, users);
  if (spec.hostPID && spec.shareProcessNamespace)
    throw new UnsupportedError('hostPID and shareProcessNamespace exclude each other');
  const shared = sharedNamespaces(spec, users);
  const shm: Step[] = [
    ['filesystem', 'shm', 'tmpfs', INERT, 'size', SHM_SIZE, 'mode', '1777'],
    ['system', 'shm', join(directory, 'shm')],
  ];
  const isHost = users.kind === 'host';
  const steps: Step[] = [
    ['directory', directory],
    ...deviceSteps(spec.cgroup?.devices),
    ...(spec.cgroup?.procs ?? []).map((path): Step => ['cgroup', path]),
    ...(isHost && shared & CLONE.ipc ? shm : []),
  ];
  if (shared & CLONE.network) steps.push(['open', 'net', spec.netns ?? '', OPEN.read], ['setns', 'net', CLONE.network]);
  steps.push(...mapUsers(users), ['unshare', (isHost ? 0 : CLONE.mounts) | (shared & ~CLONE.network)]);
  if (!isHost) steps.push(['spread', '/', SPREAD.slave | SPREAD.recursive], ...(shared & CLONE.ipc ? shm : []));
  if (shared & CLONE.uts) steps.push(['hostname', spec.hostname]);
  for (const [name, value] of Object.entries(spec.sysctls))
    steps.push(['write', `/proc/sys/${name.replaceAll('.', '/')}`, value]);
  // its users have no rights over the network that the node has made
  if (base !== undefined && !(UNPRIVILEGED_PORTS in spec.sysctls))
    steps.push(['write', `/proc/sys/${UNPRIVILEGED_PORTS.replaceAll('.', '/')}`, '0']);
  if (spec.shareProcessNamespace)
    steps.push(
      ['unshare', CLONE.pid],
      ['pause', CLONE.mounts, join(directory, 'shm'), SPREAD.slave | SPREAD.recursive],
    );
  if (base !== undefined) steps.push(['users', base, POD_USERS]);
  steps.push(['hold']);
  return steps;
}

/** The holder that an earlier start of the pod made, if it lives. */
export function findHolder(directory: string): Holder | undefined {
  const found = readProcess(directory);
  return found && startTicks(found.pid) === found.ticks ? { ...found, directory } : undefined;
}

/** What a launcher wrote of the process that it made: its id, and when that began. */
export function readProcess(directory: string, file = 'pid'): { pid: number; ticks: string } | undefined {
  try {
    const [pid, ticks] = readFileSync(join(directory, file), 'utf8').trim().split(' ');
    return pid && ticks ? { pid: Number(pid), ticks } : undefined;
  } catch {
    return undefined;
  }
}

export const makeDirectory = (path: string): void => void mkdirSync(path, { recursive: true, mode: 0o700 });
