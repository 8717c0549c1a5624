import type { LoadBalancerStatus, Node, Service } from '../../../../schema/types.ts';
import type { Context, Reconciler } from '../../../control/contract.ts';
import { unlessGone } from '../../../control/conflict.ts';
import { semanticEqual } from '../../../control/equal.ts';
import { keyOf, splitKey } from '../../../control/keys.ts';
import { errorMessage } from '../../../meta/error-message.ts';
import { present } from '../../../meta/present.ts';
import { isStatusError } from '../../../meta/status.ts';
import type { LoadBalancers } from '../provider.ts';
import { balancedNodes, mayMatter, signOf } from './balanced-nodes.ts';
import { FINALIZER, needsCleanup, needsUpdate, wantsBalancer } from './service-changes.ts';

/** After a failure, ms: doubled from the first to the last. */
const FIRST_RETRY = 5_000;
const LAST_RETRY = 300_000;
/** Names of nodes in an event. */
const MAX_NAMES = 20;

/** A load balancer as it was made last. */
interface Made {
  service: Service;
  nodes: string;
}

/**
 * Has the cloud make, change and remove the load balancers of Services, and says in their status where they are.
 * Source: k8s.io/cloud-provider/controllers/service.
 */
export function serviceController(balancers: LoadBalancers): Reconciler {
  const made = new Map<string, Made>();
  const failures = new Map<string, number>();
  const wants = (service: Service): boolean => wantsBalancer(service, balancers.loadBalancerClass);
  return {
    name: 'service',
    source: 'service-controller',
    watches: [
      {
        resource: 'services',
        *keys(service, old) {
          const changed = (service ?? old)!;
          const isNews = !service || !old || wants(service) !== wants(old) || needsUpdate(old, service);
          if ((isNews && (wants(changed) || made.has(keyOf(changed)))) || needsCleanup(changed)) yield keyOf(changed);
        },
      },
      { resource: 'nodes', keys: (node, old) => (mayMatter(node, old) ? made.keys() : []) },
    ],
    async reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const service = ctx.informer('services').get(namespace, name);
      const worker = new Worker(balancers, ctx, made, key);
      try {
        if (!service) await worker.gone();
        else if (!wants(service) || needsCleanup(service)) await worker.cleanUp(service);
        else await worker.provide(service);
        failures.delete(key);
        return undefined;
      } catch (error) {
        if (isStatusError(error, 'Conflict')) throw error;
        const failed = failures.get(key) ?? 0;
        failures.set(key, failed + 1);
        const requeueAfter = Math.min(LAST_RETRY, FIRST_RETRY * 2 ** failed);
        ctx.log('a load balancer is not as it should be', { key, requeueAfter, error: errorMessage(error) });
        return { requeueAfter };
      }
    },
  };
}

class Worker {
  constructor(
    private readonly balancers: LoadBalancers,
    private readonly ctx: Context,
    private readonly made: Map<string, Made>,
    private readonly key: string,
  ) {}

  async provide(service: Service): Promise<void> {
    const last = this.made.get(this.key);
    // The same name, and yet another: what was made for the first one is not for this one.
    if (last && last.service.metadata.uid !== service.metadata.uid) await this.gone();
    const nodes = balancedNodes(this.ctx.informer('nodes').list());
    const current = this.made.get(this.key);
    if (!current || needsUpdate(current.service, service)) await this.ensure(service, nodes);
    else if (current.nodes !== signOf(nodes)) await this.updateNodes(service, nodes);
  }

  private async ensure(service: Service, nodes: readonly Node[]): Promise<void> {
    try {
      this.say(service, 'EnsuringLoadBalancer', 'Ensuring load balancer');
      const finalizers = service.metadata.finalizers ?? [];
      if (!finalizers.includes(FINALIZER)) await this.setFinalizers(service, [...finalizers, FINALIZER]);
      if (!nodes.length) this.warnOfNoNodes(service);
      const status = await this.balancers.ensure(service, nodes);
      await this.writeStatus(service, status);
    } catch (error) {
      throw this.failed(service, `failed to ensure load balancer: ${errorMessage(error)}`, error);
    }
    this.made.set(this.key, { service, nodes: signOf(nodes) });
    this.say(service, 'EnsuredLoadBalancer', 'Ensured load balancer');
  }

  private async updateNodes(service: Service, nodes: readonly Node[]): Promise<void> {
    try {
      await this.balancers.update(service, nodes);
    } catch (error) {
      const names = nodes.map(({ metadata }) => metadata.name).sort();
      const shown = names.slice(0, MAX_NAMES);
      if (names.length > MAX_NAMES) shown.push(`<${names.length - MAX_NAMES} more>`);
      const limit = `[node names limited, total number of nodes: ${names.length}]`;
      const what = `new hosts [${shown.join(' ')}] ${limit}, error: ${errorMessage(error)}`;
      this.warn(service, 'UpdateLoadBalancerFailed', `Error updating load balancer with ${what}`);
      throw error;
    }
    this.made.set(this.key, { service, nodes: signOf(nodes) });
    if (nodes.length) this.say(service, 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
    else this.warnOfNoNodes(service);
  }

  /** It ends, or has no load balancer any more: the one that it has goes, then the Service may. */
  async cleanUp(service: Service): Promise<void> {
    try {
      if (await this.balancers.get(service)) {
        this.say(service, 'DeletingLoadBalancer', 'Deleting load balancer');
        await this.balancers.delete(service);
      }
      const finalizers = service.metadata.finalizers ?? [];
      if (finalizers.includes(FINALIZER))
        await this.setFinalizers(
          service,
          finalizers.filter((each) => each !== FINALIZER),
        );
      this.say(service, 'DeletedLoadBalancer', 'Deleted load balancer');
      await this.writeStatus(service, {});
    } catch (error) {
      throw this.failed(service, `failed to delete load balancer: ${errorMessage(error)}`, error);
    }
    this.made.delete(this.key);
  }

  /** It went without having waited for its load balancer. */
  async gone(): Promise<void> {
    const last = this.made.get(this.key);
    if (!last) return;
    const { service } = last;
    this.say(service, 'DeletingLoadBalancer', 'Deleting load balancer');
    try {
      await this.balancers.delete(service);
    } catch (error) {
      this.warn(service, 'DeleteLoadBalancerFailed', `Error deleting load balancer: ${errorMessage(error)}`);
      throw error;
    }
    this.made.delete(this.key);
    this.say(service, 'DeletedLoadBalancer', 'Deleted load balancer');
  }

  private async setFinalizers(service: Service, finalizers: string[]): Promise<void> {
    const { namespace = '', name, uid, resourceVersion } = service.metadata;
    // By the version that was read: a finalizer that somebody has added meanwhile is his.
    const metadata = { uid, resourceVersion, finalizers: finalizers.length ? finalizers : null };
    await unlessGone(this.ctx.client.patch('services', namespace, name, { metadata }));
  }

  private async writeStatus(service: Service, loadBalancer: LoadBalancerStatus): Promise<void> {
    if (semanticEqual(service.status?.loadBalancer ?? {}, loadBalancer)) return;
    const { namespace = '', name } = service.metadata;
    const patch = { status: { loadBalancer: { ingress: loadBalancer.ingress ?? null } } };
    await unlessGone(this.ctx.client.patch('services', namespace, name, patch, { subresource: 'status' }));
  }

  private failed(service: Service, message: string, cause: unknown): unknown {
    if (isStatusError(cause, 'Conflict')) return cause;
    this.warn(service, 'SyncLoadBalancerFailed', `Error syncing load balancer: ${message}`);
    return new Error(message, { cause });
  }

  private warnOfNoNodes(service: Service): void {
    this.warn(service, 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
  }
  private say(service: Service, reason: string, message: string): void {
    this.ctx.events.event(aboutService(service), 'Normal', reason, message);
  }
  private warn(service: Service, reason: string, message: string): void {
    this.ctx.events.event(aboutService(service), 'Warning', reason, message);
  }
}

const aboutService = ({ metadata }: Service) => ({ apiVersion: 'v1', kind: 'Service', metadata: present(metadata) });
