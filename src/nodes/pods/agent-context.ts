import type { Node, Service } from '../../../schema/types.ts';
import type { Client } from '../../client/contract.ts';
import type { EventRecorder } from '../../control/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import type { Cgroups } from '../cgroups/contract.ts';
import type { ClaimDevices } from '../devices/pod-devices.ts';
import type { ImageManager } from '../images/image-manager.ts';
import type { NodePolicy } from '../admission/admission.ts';
import type { LogStore } from '../logs/log-store.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { ContainerRuntime } from '../runtimes/runtime.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import type { MachineSecurity } from './machine-security.ts';
import type { ObjectSource } from './object-source.ts';

/** What the workers of one agent share. */
export interface AgentContext {
  nodeName: string;
  hostIP: string;
  clusterDomain: string;
  dnsIP?: string | undefined;
  /** the agent's own directory for pods: `pods/UID/…` */
  podsDir: string;
  client: Client;
  clock: Clock;
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  events: EventRecorder;
  runtime: ContainerRuntime;
  images: ImageManager;
  logs: LogStore;
  volumes: PodVolumes;
  devices: ClaimDevices;
  source: ObjectSource;
  network: PodNetwork;
  /** undefined where the machine gives none */
  cgroups?: Cgroups | undefined;
  /** limits that this node cannot enforce: why, and whether a pod that has them is refused */
  unenforced: { why: string; refused: boolean };
  services(): readonly Service[];
  machine: MachineSecurity;
  /** the node's own object, as the API has it */
  node(): Node;
  /** what the node takes now, apart from what its object says */
  policy(): NodePolicy;
  allocatable: Readonly<Record<string, string>>;
}
