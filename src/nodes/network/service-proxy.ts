import type { Node, Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import type { Informers } from '../../client/informers.ts';
import type { EventRecorder } from '../../control/contract.ts';
import type { Clock } from '../../rules/clock.ts';

/** Leads what is sent to Services and host ports to pods. */
export interface ServiceProxy {
  /** Resolves when what is known now is served. */
  start(): Promise<void>;
  /** @param keep leave what is served by itself, for the next start to take over */
  stop(keep: boolean): Promise<void>;
}

export interface ServiceProxyOptions {
  nodeName: string;
  /** services and endpoint slices */
  informers: Pick<Informers, 'informer'>;
  /** those of this node */
  pods: Informer<Pod>;
  /** has this one */
  nodes: Informer<Node>;
  clock: Clock;
  /** 0 ≤ n < 1 */
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  events: EventRecorder;
  /** whether node ports and health checks are this agent's to serve, or another's on the machine */
  servesMachine: boolean;
  /** addresses on which node ports listen; undefined: all of the node's */
  nodePortAddresses: readonly string[] | undefined;
  /** told when changes have come, and when all of them are served */
  progress: { queued(): void; updated(): void };
}
