import type { Container, Pod, SeccompProfile, SecurityContext } from '../../../schema/types.ts';
import { identityOf, idOf, type Accounts } from './accounts.ts';
import { asksFor, capabilitiesOf, CAPABILITIES, type CapabilitySets } from './capabilities.ts';
import { ConfigError } from './container-environment.ts';
import { UnsupportedError } from './unsupported.ts';

/** With what rights a container's processes run; what is run beside them has the same. */
export interface ContainerSecurity {
  user: number;
  group: number;
  supplementaryGroups: readonly number[];
  /** those of them that the root's /etc/group says, not the pod */
  memberGroups: readonly number[];
  /** of the user, as the root's /etc/passwd says it; `/` where it says nothing */
  home: string;
  privileged: boolean;
  capabilities: CapabilitySets;
  noNewPrivileges: boolean;
  readOnlyRoot: boolean;
  procMount: 'Default' | 'Unmasked';
  /** absolute paths in the container; those that are not there do not matter */
  maskedPaths: readonly string[];
  readOnlyPaths: readonly string[];
  seccomp: Seccomp;
  /** name of a profile that the kernel has loaded; absent: whatever the kernel does by itself */
  apparmor?: string;
  /** -1000 … 1000 */
  oomScoreAdj: number;
}

export type Seccomp =
  | { type: 'Unconfined' }
  | { type: 'RuntimeDefault' }
  /** path of an OCI seccomp profile, below the node's `seccomp` folder */
  | { type: 'Localhost'; profile: string };

/** What the image and the machine have to say about it. */
export interface SecurityFacts {
  /** as the image's config has it: `1000`, `web`, `web:www`; empty for root */
  user: string;
  /** of the root that the container gets */
  accounts: Accounts;
  oomScoreAdj: number;
  /** capabilities that processes of this machine can have at all */
  available?: readonly string[];
  /** names of the AppArmor profiles that are loaded; absent where the kernel has no AppArmor */
  apparmor?: ReadonlySet<string>;
  /** paths of the machine that are masked beside the usual ones */
  masked?: readonly string[];
  /** false where nothing keeps a container from the machine's devices but that it cannot make or mount them */
  devices?: boolean;
  /** whether a container that says nothing gets RuntimeDefault (the kubelet's seccompDefault) */
  seccompDefault: boolean;
}

/** Source: pkg/securitycontext defaultMaskedPaths, defaultReadonlyPaths. */
const MASKED = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
/** Capabilities by which a container makes devices that it can open. */
const OF_DEVICES = ['MKNOD', 'SYS_ADMIN'];
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/**
 * The rights of a container, by the rules of the kubelet (what the container says goes before what the pod says) and of
 * containerd (privileged, capabilities, groups).
 * @throws ConfigError where the pod contradicts itself or the image, UnsupportedError for what the machine lacks
 */
export function containerSecurity(pod: Pod, container: Container, facts: SecurityFacts): ContainerSecurity {
  const shared = pod.spec?.securityContext;
  const own = container.securityContext;
  const runAs = {
    user: own?.runAsUser ?? shared?.runAsUser,
    group: own?.runAsGroup ?? shared?.runAsGroup,
    nonRoot: own?.runAsNonRoot ?? shared?.runAsNonRoot,
  };
  if (runAs.nonRoot) checkNonRoot(pod, container, runAs.user, facts.user);
  const identity = identified(runAs, facts);
  const merge = (shared?.supplementalGroupsPolicy ?? 'Merge') === 'Merge';
  const groups = [
    ...(merge ? identity.groups : []),
    ...(shared?.fsGroup === undefined ? [] : [shared.fsGroup]),
    ...(shared?.supplementalGroups ?? []),
  ];
  const privileged = own?.privileged ?? false;
  const procMount = own?.procMount ?? 'Default';
  const bare = privileged || procMount === 'Unmasked';
  if ((own?.seLinuxOptions ?? shared?.seLinuxOptions) && !privileged)
    throw new UnsupportedError('seLinuxOptions: this node sets no SELinux labels');
  const apparmor = apparmorProfile(own?.appArmorProfile ?? shared?.appArmorProfile, privileged, facts);
  return {
    user: identity.uid,
    group: identity.gid,
    supplementaryGroups: [...new Set(groups)],
    memberGroups: merge ? identity.groups : [],
    home: identity.home,
    privileged,
    capabilities: capabilitySets(own, facts),
    noNewPrivileges: own?.allowPrivilegeEscalation === false,
    readOnlyRoot: own?.readOnlyRootFilesystem ?? false,
    procMount,
    maskedPaths: bare ? [] : [...MASKED, ...(facts.masked ?? [])],
    readOnlyPaths: bare ? [] : READ_ONLY,
    seccomp: privileged
      ? { type: 'Unconfined' }
      : seccompOf(own?.seccompProfile ?? shared?.seccompProfile, facts.seccompDefault),
    ...(apparmor !== undefined && { apparmor }),
    oomScoreAdj: facts.oomScoreAdj,
  };
}

interface RunAs {
  user: number | undefined;
  group: number | undefined;
}

function identified(runAs: RunAs, { user, accounts }: SecurityFacts) {
  try {
    // The image's group is left out, as the kubelet does: it tells runtimes the image's user alone.
    const [named = ''] = user.split(':');
    const found = identityOf(runAs.user === undefined ? named : String(runAs.user), accounts);
    return { ...found, gid: runAs.group ?? found.gid };
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
}

/** Source: pkg/kubelet/kuberuntime verifyRunAsNonRoot. @param image the user of the image */
function checkNonRoot({ metadata }: Pod, { name }: Container, user: number | undefined, image: string): void {
  const where = `(pod: ${JSON.stringify(`${metadata.name}_${metadata.namespace}(${metadata.uid})`)}, container: ${name})`;
  if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (user !== undefined) return;
  const [named = ''] = image.split(':');
  const id = idOf(named || '0');
  if (id === 0) throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  if (id === undefined) {
    const why = `image has non-numeric user (${named}), cannot verify user is non-root`;
    throw new ConfigError(`container has runAsNonRoot and ${why} ${where}`);
  }
}

function capabilitySets(
  context: SecurityContext | undefined,
  { available = CAPABILITIES, devices = true }: SecurityFacts,
): CapabilitySets {
  const { add = [], drop = [] } = context?.capabilities ?? {};
  const held = !devices && !context?.privileged;
  for (const name of held ? OF_DEVICES : []) {
    if (asksFor(name, context?.capabilities))
      throw new UnsupportedError(
        `capabilities.add: nothing of this machine would keep a container with ${name} from its devices`,
      );
  }
  const wanted = context?.privileged ? available : capabilitiesOf(add, drop, available);
  const asked = context?.privileged
    ? []
    : add.map((name) => name.toUpperCase()).filter((name) => wanted.includes(name));
  const lacking = asked.find((name) => !available.includes(name));
  if (lacking !== undefined) {
    const known = CAPABILITIES.includes(lacking);
    throw new UnsupportedError(
      `capabilities.add: ${known ? 'processes of this machine cannot have' : 'Linux has no capability'} ${lacking}`,
    );
  }
  const set = wanted.filter((name) => available.includes(name) && !(held && OF_DEVICES.includes(name)));
  // Without inheritable and ambient ones a user other than root has none but by files, as in Docker and containerd.
  return { effective: set, permitted: set, bounding: set, inheritable: [], ambient: [] };
}

function seccompOf(profile: SeccompProfile | undefined, seccompDefault: boolean): Seccomp {
  if (!profile) return { type: seccompDefault ? 'RuntimeDefault' : 'Unconfined' };
  if (profile.type !== 'Localhost') return { type: profile.type };
  if (!profile.localhostProfile)
    throw new ConfigError('localhostProfile must be set if seccompProfile type is Localhost.');
  return { type: 'Localhost', profile: profile.localhostProfile };
}

function apparmorProfile(
  profile: SecurityContext['appArmorProfile'],
  privileged: boolean,
  { apparmor }: SecurityFacts,
): string | undefined {
  if (!profile || profile.type === 'Unconfined') return profile && apparmor ? 'unconfined' : undefined;
  if (!apparmor) throw new UnsupportedError('appArmorProfile: the kernel of this machine has no AppArmor');
  if (privileged) return undefined;
  if (profile.type === 'RuntimeDefault')
    throw new UnsupportedError('appArmorProfile: this node has no AppArmor profile of its own');
  const name = profile.localhostProfile ?? '';
  if (!apparmor.has(name)) throw new UnsupportedError(`appArmorProfile: profile ${JSON.stringify(name)} is not loaded`);
  return name;
}
