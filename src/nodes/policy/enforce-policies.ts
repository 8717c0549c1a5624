import type { Informers } from '../../client/informers.ts';
import type { EventRecorder } from '../../control/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import { BridgeNetwork } from '../network/bridge-network.ts';
import type { Permitted } from '../network/open-service-proxy.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { NodeFact } from '../node-object.ts';
import { within } from '../within.ts';
import { NetworkPolicies, POLICIES } from './network-policies.ts';

export interface EnforcePoliciesOptions {
  nodeName: string;
  network: PodNetwork;
  permitted: Permitted;
  /** of the whole cluster: policies, pods, namespaces */
  informers: Pick<Informers, 'informer'>;
  dnsIP: string | undefined;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
  events: EventRecorder;
  /** the condition may be another one now */
  changed(): void;
}

/** Whether and how a node enforces NetworkPolicies. */
export interface PolicyEnforcement {
  condition(): NodeFact;
  start(): Promise<void>;
  stop(keep: boolean): Promise<void>;
}

/** How long the node waits for the policies before it starts without, ms: it may not be allowed to read them. */
const PATIENCE_MS = 10_000;

/** Enforces them where the machine permits it; where not, each policy is told by a Warning event. */
export function enforcePolicies(options: EnforcePoliciesOptions): PolicyEnforcement {
  const { network, permitted } = options;
  if (network instanceof BridgeNetwork && permitted.kind === 'nftables') return enforced(network, options);
  const why = permitted.reason || 'the service proxy in userspace hides who calls';
  return refused(why, options);
}

function enforced(network: BridgeNetwork, options: EnforcePoliciesOptions): PolicyEnforcement {
  const { nodeName, informers, dnsIP, clock, log, changed } = options;
  const policies = new NetworkPolicies({ nodeName, link: network.bridge, dnsIP, informers, clock, log });
  network.guard = policies;
  return {
    condition: () =>
      policies.isSynced
        ? fact('True', 'NftablesInUse', 'network policies are enforced by nftables')
        : fact('False', 'PoliciesNotKnown', 'the policies, pods and namespaces of the cluster could not be read yet'),
    async start() {
      const started = policies.start();
      await within(started, PATIENCE_MS, clock);
      void started.then(changed, () => undefined);
      if (!policies.isSynced) log('network policies are not enforced yet: they could not be read');
    },
    stop: (keep) => policies.stop(keep),
  };
}

function refused(why: string, { informers, nodeName, events }: EnforcePoliciesOptions): PolicyEnforcement {
  let unsubscribe = (): void => undefined;
  return {
    condition: () => fact('False', 'NotSupported', `network policies are not enforced: ${why}`),
    async start() {
      unsubscribe = informers.informer(POLICIES).follow((policy, old) => {
        if (!policy || policy.metadata.generation === old?.metadata.generation) return;
        const about = { ...policy, apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' };
        events.event(about, 'Warning', 'NotEnforced', `node ${nodeName} does not enforce network policies: ${why}`);
      });
    },
    async stop() {
      unsubscribe();
    },
  };
}

const fact = (status: string, reason: string, message: string): NodeFact => ({
  type: 'NetworkPolicyEnforced',
  status,
  reason,
  message,
});
