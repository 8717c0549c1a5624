import { errorMessage } from '../meta/error-message.ts';
import type { NodeOptions } from './contract.ts';
import { openServiceProxy, permittedProxy, type ProxyKind } from './network/open-service-proxy.ts';
import type { ServiceProxy } from './network/service-proxy.ts';
import type { NodeFact } from './node-object.ts';
import type { AgentContext } from './pods/agent-context.ts';
import { enforcePolicies, type PolicyEnforcement } from './policy/enforce-policies.ts';
import { POLICY_READS } from './policy/network-policies.ts';
import { within } from './within.ts';

/** What the service proxy reads. */
const PROXY_READS = ['services', 'endpointslices.discovery.k8s.io'] as const;
/** How long the node waits for the Services of the cluster, ms: it may not be allowed to read them. */
const PATIENCE_MS = 10_000;

/** Informers that start before the agent does must already know what it reads. */
export function declareReads({ serviceProxy, networkPolicies }: NodeOptions): void {
  for (const resource of PROXY_READS) serviceProxy?.informer(resource);
  for (const resource of POLICY_READS) networkPolicies?.informer(resource);
}

/** What a node does for its pods in the network of the cluster: it routes to Services, and holds pods to policies. */
export class NodeNetwork {
  /** undefined: Services are not served */
  readonly kind: ProxyKind | undefined;
  /** why it is not the better kind */
  readonly reason: string;
  private readonly services: ServiceProxy | undefined;
  private readonly enforcement: PolicyEnforcement | undefined;

  /** @param changed told when a condition may be another one */
  constructor(
    private readonly options: NodeOptions,
    { network }: AgentContext,
    changed: () => void,
  ) {
    const { name: nodeName, serviceProxy, networkPolicies, dnsIP, clock, random, log, events } = options;
    const permitted = permittedProxy(options.serviceProxyMode ?? 'auto', network);
    this.kind = serviceProxy && permitted.kind;
    this.reason = permitted.reason;
    this.services =
      serviceProxy &&
      openServiceProxy(permitted.kind, network, {
        nodeName,
        informers: serviceProxy,
        pods: options.informers.informer('pods'),
        nodes: options.informers.informer('nodes'),
        clock,
        random,
        log,
        events,
        nodePortAddresses: options.nodePortAddresses,
        servesMachine: options.servesMachine ?? true,
      });
    this.enforcement =
      networkPolicies &&
      enforcePolicies({ nodeName, network, permitted, informers: networkPolicies, dnsIP, clock, log, events, changed });
  }

  conditions(): NodeFact[] {
    return this.enforcement ? [this.enforcement.condition()] : [];
  }

  /** Resolves when both are there, or when the rights to read what they need are being waited for. */
  async start(): Promise<void> {
    const { clock, log } = this.options;
    const services = this.services?.start();
    let isServed = false;
    const served = services?.then(
      () => (isServed = true),
      (error: unknown) => log('Services are not served', { error: errorMessage(error) }),
    );
    await Promise.all([within(served ?? Promise.resolve(), PATIENCE_MS, clock), this.enforcement?.start()]);
    if (services && !isServed) log('Services are not served yet: they could not be read');
  }

  /** The first of two steps: no more is routed to pods that end. @param keep what is there is the next start's */
  async stopServices(keep: boolean): Promise<void> {
    await this.services?.stop(keep);
  }

  /** The second, when the pods have ended or go on. */
  async stopPolicies(keep: boolean): Promise<void> {
    await this.enforcement?.stop(keep);
  }
}
