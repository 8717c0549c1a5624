import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { UnsupportedError } from '../../pods/unsupported.ts';
import type { BindMount, ContainerSpec } from '../runtime.ts';
import { becomeSteps } from './become.ts';
import type { ContainerSelf } from './container-self.ts';
import { deviceSteps } from './device-steps.ts';
import type { HiddenPath } from './host-secrets.ts';
import { hostRootMounts, hostRootSteps, type HostRoot } from './host-root.ts';
import { ATTRIBUTE, CLONE, INERT, MOUNT_NO_DEVICES, OPEN, SPREAD } from './kernel.ts';
import type { Step } from './plan.ts';
import { sharedNamespaces, type Holder } from './pod-namespaces.ts';
import type { Users } from './users.ts';

/** What the machine gives the containers of one runtime. */
export interface Machine {
  users: Users;
  host: HostRoot;
  /** what of the host's programs and configuration no container sees */
  hidden: readonly HiddenPath[];
  /** the agent's own folder, which no container sees; absolute, without links */
  data: string;
  available: readonly string[];
  /** processes and threads of one pod, at most; for where there is no cgroup to hold it to them */
  podPids: number;
  /** whether layers can lie on the disk of the data folder; else they are in memory */
  layersOnDisk: boolean;
  /** least oom_score_adj that this process may give */
  leastOomScore: number;
}

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
/** What programs look for in /dev. */
const DEVICE_LINKS: Readonly<Record<string, string>> = {
  fd: '/proc/self/fd',
  stdin: '/proc/self/fd/0',
  stdout: '/proc/self/fd/1',
  stderr: '/proc/self/fd/2',
  core: '/proc/kcore',
  ptmx: 'pts/ptmx',
};
/** Of the host's /dev, what each container has anew. */
const OWN_DEVICES = new Set([...DEVICES, ...Object.keys(DEVICE_LINKS), 'pts', 'shm', 'mqueue', 'console']);
const TTY_GROUP = 5;

/** The namespaces that a command finds a container's processes in, beside those of its pod. */
export function namespacesOf(spec: ContainerSpec, users: Users): number {
  const { hostPID } = spec.sandbox.spec;
  const own = CLONE.mounts | (hostPID ? 0 : CLONE.pid) | (spec.cgroup ? CLONE.cgroup : 0);
  return own | sharedNamespaces(spec.sandbox.spec, users) | (users.kind === 'host' ? 0 : CLONE.user);
}

/** Everything that the launcher does for one attempt of a container, whose directory is there. */
export function containerSteps(
  spec: ContainerSpec,
  self: ContainerSelf,
  directory: string,
  holder: Holder,
  machine: Machine,
): Step[] {
  const { users } = machine;
  const pod = spec.sandbox.spec;
  const processes = processesOf(spec, holder);
  checkMounts(spec, machine);
  const outer = spec.mounts.filter((mount) => mount.propagation === 'Bidirectional');
  const steps: Step[] = [
    ['directory', directory],
    ['errors', join(directory, 'start-error')],
    ...pipes(spec, directory),
    ['alive', holder.pid, holder.ticks],
    ...deviceSteps(spec.cgroup?.devices),
    ...self.procs.map((path): Step => ['cgroup', path]),
    ...outer.map((mount) => treeStep(mount, spec)),
    ...(self.userBase === undefined ? [] : [['open', 'users', `/proc/${holder.pid}/ns/user`, OPEN.read] as Step]),
    ...enter(holder, sharedNamespaces(pod, users), processes, users),
    ...(spec.tty ? [['terminal'] as Step] : []),
    [
      'child',
      CLONE.mounts | (processes || pod.hostPID ? 0 : CLONE.pid),
      spec.tty ? 'control' : '',
      spec.stdin ? 1 : 0,
      Math.max(spec.security.oomScoreAdj, machine.leastOomScore),
    ],
    ...(users.kind === 'host' ? [['spread', '/', SPREAD.slave | SPREAD.recursive] as Step] : []),
    ...(spec.cgroup ? [['unshare', CLONE.cgroup] as Step] : []),
    ...(spec.security.apparmor ? [apparmorStep(spec.security.apparmor)] : []),
    ...rootSteps(spec, self, directory, holder, machine),
    ...(spec.tty
      ? [['slave', (self.userBase ?? 0) + self.security.user] as Step]
      : [['stdio', 'in', 'out', 'err'] as Step, ['session'] as Step]),
    ...becomeSteps(self, spec.command, machine),
  ];
  return steps;
}

/** @throws UnsupportedError for a mount by which the data folder would be reached */
function checkMounts({ mounts, security }: ContainerSpec, { data }: Machine): void {
  if (!security.capabilities.effective.includes('SYS_ADMIN')) return;
  for (const { source } of mounts) {
    if (!existsSync(source) || !within(data, realpathSync(source))) continue;
    const why = "it holds the node's own data, which a container with CAP_SYS_ADMIN could uncover";
    throw new UnsupportedError(`volume of ${source}: ${why}`);
  }
}

export const apparmorStep = (profile: string): Step => ['write', '/proc/self/attr/apparmor/exec', `exec ${profile}`];

function pipes(spec: ContainerSpec, directory: string): Step[] {
  const at = (name: string): string => join(directory, name);
  const names = ['stdout', 'stderr', ...(spec.stdin ? ['stdin'] : []), ...(spec.tty ? ['control'] : [])];
  const steps: Step[] = names.map((name) => ['fifo', at(name)]);
  // Held open for writing until the agent holds it: then the end of stdin reaches the container.
  if (spec.stdin) steps.push(['open', 'held', at('stdin'), OPEN.readWrite], ['open', 'in', at('stdin'), OPEN.read]);
  else steps.push(['open', 'in', '/dev/null', OPEN.read]);
  steps.push(['open', 'out', at('stdout'), OPEN.readWrite], ['open', 'err', at('stderr'), OPEN.readWrite]);
  if (spec.tty) steps.push(['open', 'control', at('control'), OPEN.readWrite]);
  steps.push(['ready']);
  if (spec.stdin) steps.push(['close', 'held']);
  // with a terminal the launcher itself reads and writes them
  if (spec.tty) steps.push(['stdio', 'in', 'out', 'err']);
  return steps;
}

/** The PID namespace of others that it comes into: its target's, or the pod's where the pod has one. */
function processesOf({ sandbox, target }: ContainerSpec, holder: Holder): string | undefined {
  const { hostPID, shareProcessNamespace } = sandbox.spec;
  if (shareProcessNamespace) return `/proc/${holder.pid}/ns/pid_for_children`;
  return target && !hostPID ? `/proc/${target.pid}/ns/pid` : undefined;
}

function enter({ pid }: Holder, shared: number, processes: string | undefined, users: Users): Step[] {
  const spaces: [name: string, kind: number, path?: string | undefined][] = [
    ...(users.kind === 'host' ? [] : [['user', CLONE.user] as [string, number]]),
    ['ipc', shared & CLONE.ipc],
    ['uts', shared & CLONE.uts],
    ['net', shared & CLONE.network],
    ['pid', processes ? CLONE.pid : 0, processes],
    // Only a pod with a user namespace has mounts of its own: others would keep the host's from being unmounted.
    ['mnt', users.kind === 'host' ? 0 : CLONE.mounts],
  ];
  const used = spaces.filter(([, kind]) => kind);
  return [
    ...used.map(([name, , path = `/proc/${pid}/ns/${name}`]): Step => ['open', name, path, OPEN.read]),
    ...used.map(([name, kind]): Step => ['setns', name, kind]),
  ];
}

/** From a new mount namespace, a copy of the pod's, to one that has the container's root alone. */
function rootSteps(
  spec: ContainerSpec,
  { userBase }: ContainerSelf,
  directory: string,
  holder: Holder,
  machine: Machine,
): Step[] {
  const { security } = spec;
  const root = join(directory, 'root');
  const inner = spec.mounts.filter((mount) => mount.propagation !== 'Bidirectional');
  const isOwn = (mount: BindMount): boolean => !mount.host && within(mount.source, machine.data);
  const own = inner.filter(isOwn);
  const foreign = inner.filter((mount) => !isOwn(mount));
  const programs = spec.root.kind === 'host' ? machine.host.programs : [];
  const byDepth = [...spec.mounts].sort((a, b) => depth(a.target) - depth(b.target));
  return [
    // what containers are shown, others may enter, whatever this process's umask is
    ['umask', '022'],
    ...rootMount(spec, userBase, root, directory, machine),
    ...systemTrees(spec, holder, machine),
    ['nulls', security.maskedPaths.length],
    ...own.map((mount) => treeStep(mount, spec)),
    ['chdir', root],
    ['filesystem', 'cover', 'tmpfs', ATTRIBUTE.readOnly | INERT, 'size', '4k', 'mode', '0700'],
    ['system', 'cover', machine.data],
    ...foreign.map((mount) => treeStep(mount, spec)),
    ...programs.map((path): Step => [
      'tree',
      path,
      path,
      '',
      ATTRIBUTE.readOnly | ATTRIBUTE.noDevices,
      SPREAD.private,
      1,
    ]),
    ['pivot'],
    ...programs.map((path): Step => ['attach', path, path]),
    ...systemMounts(spec, machine),
    ...(security.readOnlyRoot ? ownVolumes(spec) : []),
    ...byDepth.map((mount): Step => ['attach', treeName(mount), posix.join('/', mount.target)]),
    ['folder', posix.join('/', spec.workingDir ?? '/')],
    ...security.maskedPaths.map((path): Step => ['mask', path]),
    ...security.readOnlyPaths.map((path): Step => ['readonly', path]),
    ...(security.readOnlyRoot
      ? ['/', ...(spec.root.kind === 'host' ? hostRootMounts(machine.host) : [])].map((path): Step => [
          'protect',
          path,
          ATTRIBUTE.readOnly,
        ])
      : []),
  ];
}

/** The image's own volumes, as mounts of themselves: they stay as they are when the root becomes read-only. */
const ownVolumes = ({ volumes = [] }: ContainerSpec): Step[] =>
  volumes.flatMap((path): Step[] => [
    ['folder', path],
    ['tree', `own ${path}`, path, '', ATTRIBUTE.noDevices, SPREAD.private, 0],
    ['attach', `own ${path}`, path],
  ]);

const within = (path: string, folder: string): boolean =>
  path === folder || folder === '/' || path.startsWith(`${folder}${sep}`);
const depth = (path: string): number => posix.join('/', path).split('/').filter(Boolean).length;
const treeName = (mount: BindMount): string => `mount ${mount.target}`;

function treeStep(mount: BindMount, { security, sandbox }: ContainerSpec): Step {
  const spread = {
    None: SPREAD.private,
    HostToContainer: SPREAD.slave,
    Bidirectional: 0,
  }[mount.propagation ?? 'None'];
  const attributes =
    (mount.readOnly ? ATTRIBUTE.readOnly : 0) | (security.privileged || mount.device ? 0 : ATTRIBUTE.noDevices);
  const recursive = mount.recursiveReadOnly ? 1 : 0;
  const users = sandbox.spec.hostUsers || mount.device ? '' : 'users';
  return ['tree', treeName(mount), mount.source, mount.subPath ?? '', attributes, spread, recursive, users];
}

/** A layer whose files have their owners among the pod's users, mounted where the overlay takes it. */
const mappedLayer = (path: string, at: string): Step[] => [
  ['folder', at],
  ['tree', at, path, '', ATTRIBUTE.readOnly, SPREAD.private, 0, 'users'],
  ['system', at, at],
];

function rootMount(
  spec: ContainerSpec,
  userBase: number | undefined,
  root: string,
  directory: string,
  machine: Machine,
): Step[] {
  const options = machine.users.kind === 'host' ? '' : ',userxattr';
  const steps: Step[] = [];
  if (!machine.layersOnDisk)
    steps.push(['filesystem', 'layers', 'tmpfs', 0, 'mode', '0755'], ['system', 'layers', join(directory, 'layers')]);
  const layers = join(directory, 'layers');
  steps.push(['chdir', layers]);
  if (spec.root.kind === 'host') {
    steps.push(
      ['folder', join(layers, 'root')],
      ['tree', 'root', join(layers, 'root'), '', ATTRIBUTE.noDevices, SPREAD.private, 0],
      ['system', 'root', root],
      ...hostRootSteps(machine.host, machine.hidden, { root, directory: layers, options, userBase }),
    );
    return steps;
  }
  if (spec.root.kind !== 'layers') throw new UnsupportedError('the image is kept by another runtime');
  // Links keep the options short, and free of what would be read as their end.
  const links = spec.root.layers.flatMap((path, at): Step[] =>
    userBase === undefined ? [['link', path, join(layers, String(at))]] : mappedLayer(path, join(layers, String(at))),
  );
  const lower = spec.root.layers.map((_, at) => at).reverse();
  const upper = join(layers, 'upper');
  steps.push(['folder', upper, '755'], ['folder', join(layers, 'work')], ...links);
  if (userBase !== undefined) steps.push(['give', userBase, upper]);
  steps.push([
    'mount',
    'overlay',
    root,
    MOUNT_NO_DEVICES,
    `lowerdir=${lower.join(':')},upperdir=upper,workdir=work${options}`,
  ]);
  return steps;
}

/** What the kernel shows, made while the host's own is still there, without which a user namespace may not have it. */
function systemTrees(spec: ContainerSpec, holder: Holder, { users }: Machine): Step[] {
  const pod = spec.sandbox.spec;
  const readOnly = spec.security.privileged ? 0 : ATTRIBUTE.readOnly;
  const terminals = ['ptmxmode', '0666', 'mode', '0620', ...(users.kind === 'host' ? ['gid', TTY_GROUP] : [])];
  const steps: Step[] = [
    ['filesystem', 'proc', 'proc', INERT],
    users.kind === 'host'
      ? ['filesystem', 'sys', 'sysfs', INERT | readOnly]
      : ['tree', 'sys', '/sys', '', INERT | ATTRIBUTE.readOnly, SPREAD.private, 1],
    ['filesystem', 'dev', 'tmpfs', ATTRIBUTE.noSetuid, 'size', '65536k', 'mode', '755'],
    ['filesystem', 'pts', 'devpts', ATTRIBUTE.noSetuid | ATTRIBUTE.noExecute, ...terminals],
    ...DEVICES.map((name): Step => ['tree', name, `/dev/${name}`, '', 0, SPREAD.private, 0]),
    ['tree', 'shm', pod.hostIPC ? '/dev/shm' : join(holder.directory, 'shm'), '', 0, SPREAD.private, 0],
  ];
  if (!pod.hostIPC || users.kind === 'host') steps.push(['filesystem', 'mqueue', 'mqueue', INERT]);
  return [...steps, ...cgroupTrees(spec)];
}

/** Mount points of hierarchies, by where a container's cgroup is: `/sys/fs/cgroup/memory/…/cgroup.procs`. */
function controllersOf(spec: ContainerSpec): string[] {
  const procs = spec.cgroup?.procs ?? [];
  const tops = procs.map((path) => path.split('/')[4] ?? '');
  const isV1 =
    procs.length > 0 &&
    tops.every(
      (name) => lstatSync(`/sys/fs/cgroup/${name}/cgroup.controllers`, { throwIfNoEntry: false }) === undefined,
    );
  return isV1 ? tops : [];
}

function cgroupTrees(spec: ContainerSpec): Step[] {
  if (!spec.cgroup) return [];
  const readOnly = INERT | (spec.security.privileged ? 0 : ATTRIBUTE.readOnly);
  const controllers = controllersOf(spec);
  if (!controllers.length) return [['filesystem', 'cgroup', 'cgroup2', readOnly]];
  return [
    ['filesystem', 'cgroup', 'tmpfs', INERT, 'mode', '755'],
    ...controllers.map((name): Step => [
      'filesystem',
      `cgroup ${name}`,
      'cgroup',
      readOnly,
      ...name.split(',').flatMap((each) => [each, '']),
    ]),
  ];
}

function systemMounts(spec: ContainerSpec, { users }: Machine): Step[] {
  const steps: Step[] = [
    ['system', 'proc', '/proc'],
    ['system', 'sys', '/sys'],
    ['system', 'dev', '/dev'],
    ['folder', '/dev/pts'],
    ['system', 'pts', '/dev/pts'],
    ...Object.entries(DEVICE_LINKS).map(([name, to]): Step => ['link', to, `/dev/${name}`]),
    ...DEVICES.map((name): Step => ['system', name, `/dev/${name}`]),
    ['system', 'shm', '/dev/shm'],
  ];
  if (!spec.sandbox.spec.hostIPC || users.kind === 'host') steps.push(['system', 'mqueue', '/dev/mqueue']);
  if (spec.cgroup) {
    steps.push(['system', 'cgroup', '/sys/fs/cgroup']);
    for (const name of controllersOf(spec)) steps.push(['system', `cgroup ${name}`, `/sys/fs/cgroup/${name}`]);
    if (controllersOf(spec).length && !spec.security.privileged)
      steps.push(['protect', '/sys/fs/cgroup', ATTRIBUTE.readOnly]);
  }
  if (spec.security.privileged && users.kind === 'host') steps.push(...hostDevices('/dev'));
  else steps.push(['protect', '/dev', ATTRIBUTE.noDevices | ATTRIBUTE.noSetuid]);
  return steps;
}

/** The host's devices, for those who may use them all. */
function hostDevices(folder: string): Step[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry): Step[] => {
    const path = join(folder, entry.name);
    if (folder === '/dev' && OWN_DEVICES.has(entry.name)) return [];
    if (entry.isDirectory()) return [['folder', path], ...hostDevices(path)];
    if (!entry.isBlockDevice() && !entry.isCharacterDevice()) return [];
    const { mode, rdev } = lstatSync(path);
    return [['node', path, mode, rdev]];
  });
}
