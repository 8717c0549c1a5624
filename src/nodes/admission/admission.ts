import type { Node, Pod } from '../../../schema/types.ts';

/** Why a node does not take a pod: the reason and message of its status, whose phase is Failed. */
export interface Rejection {
  reason: string;
  message: string;
}

/** The kind of namespace of the kernel that holds a sysctl. */
export type SysctlNamespace = 'IPC' | 'Net';

/** Sysctls that a pod may set, by name or by prefix, with the namespace that holds them. */
export interface SysctlAllowlist {
  names: ReadonlyMap<string, SysctlNamespace>;
  prefixes: ReadonlyMap<string, SysctlNamespace>;
}

/** What the node takes, apart from what its object says. */
export interface NodePolicy {
  sysctls: SysctlAllowlist;
  /** undefined: AppArmor profiles are enforced; else why not */
  appArmor?: string | undefined;
  /** conditions of pressure that hold now: `MemoryPressure`, `DiskPressure`, `PIDPressure` */
  pressure: readonly string[];
  shuttingDown: boolean;
}

/** A pod that was bound to the node, and what stands there already. */
export interface Candidate {
  pod: Pod;
  node: Node;
  /** the node's other pods that were admitted and have not ended */
  others: readonly Pod[];
  policy: NodePolicy;
}

/** One thing that the kubelet asks of a pod before it takes it. */
export type Check = (candidate: Candidate) => Rejection | undefined;
