import { errorMessage } from '../meta/error-message.ts';
import type { KubeObject } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import { formatMicroTime, formatTime } from '../meta/time.ts';
import type { Stored } from '../store/contract.ts';
import { SERVICE_CIDRS } from './allocation/service-ranges.ts';
import type { RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { follow } from './follow.ts';
import { newObject } from './new-object.ts';
import { objectAs, type ObjectOf } from './object-as.ts';
import { sameJson } from './patch/equal.ts';
import { insert } from './write/insert.ts';
import { operationOf } from './write/operation.ts';
import { replace } from './write/replace.ts';

const NAME = 'kubernetes';
const KEY = { resource: SERVICE_CIDRS, namespace: '', name: NAME };
const CONTROLLER = 'kubernetes-service-cidr-controller';
const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

/**
 * Keeps the ServiceCIDR of the range that this API was started with; it is there when this resolves. What somebody else
 * made of it stays, and is told of once. Source: pkg/controlplane/controller/defaultservicecidr.
 */
export async function keepDefaultServiceCidr(core: Core): Promise<{ stop(): void }> {
  const keeper = new Keeper(core);
  await keeper.sync();
  const unfollow = follow(core.store, KEY, { seen: () => keeper.look(), gone: () => keeper.look() });
  return {
    stop() {
      keeper.over = true;
      unfollow();
    },
  };
}

class Keeper {
  over = false;
  /** reasons that have been told of */
  private readonly told = new Set<string>();
  private readonly cidrs: readonly string[];

  constructor(private readonly core: Core) {
    this.cidrs = [core.services.ranges.configured.cidr];
  }

  look(): void {
    if (this.over) return;
    this.sync().catch((error: unknown) => {
      if (!this.over) this.core.log(`ServiceCIDR ${NAME}: ${errorMessage(error)}`);
    });
  }

  async sync(): Promise<void> {
    const stored = this.core.store.get(KEY);
    if (!stored) return this.create();
    const { metadata, spec, status } = objectAs(SERVICE_CIDRS, stored);
    if (metadata.deletionTimestamp) return;
    const { cidrs = [] } = spec ?? {};
    if (!sameJson(cidrs, this.cidrs)) {
      const message = `The default ServiceCIDR ${list(cidrs)} does not match the controller flag configurations ${list(this.cidrs)}`;
      return this.warn(stored, 'KubernetesDefaultServiceCIDRInconsistent', message);
    }
    const ready = status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return;
    if (ready?.status === 'False')
      return this.warn(stored, ready.reason, `Configuration matches, but ${ready.message}`);
    await this.markReady();
  }

  private async create(): Promise<void> {
    const object = newObject({ name: NAME }, { spec: { cidrs: [...this.cidrs] } });
    try {
      await insert(operationOf(this.core, system, this.target('', ''), 'create', MANAGER), object);
    } catch (error) {
      // one that another process has made in the meantime is as good
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    }
    await this.markReady();
  }

  private async markReady(): Promise<void> {
    const condition = {
      type: 'Ready',
      status: 'True' as const,
      lastTransitionTime: formatTime(this.core.clock.now()),
      reason: '',
      message: 'Kubernetes default Service CIDR is ready',
    };
    await replace(operationOf(this.core, system, this.target(NAME, 'status'), 'update', MANAGER), {
      createMissing: false,
      next(live) {
        const object = structuredClone(live) as ObjectOf<typeof SERVICE_CIDRS>;
        const { conditions = [] } = object.status ?? {};
        if (!conditions.some(({ type, status }) => type === 'Ready' && status !== 'Unknown'))
          object.status = { conditions: [...conditions.filter(({ type }) => type !== 'Ready'), condition] };
        return object as KubeObject;
      },
    });
  }

  /** Once for each reason: nobody changes it often, and this process cannot. */
  private async warn(about: Stored, reason: string, message: string): Promise<void> {
    if (this.told.has(reason)) return;
    this.told.add(reason);
    this.core.log(`ServiceCIDR ${NAME}: ${message}`);
    const kind = this.core.registry.preferred('events');
    if (!kind) return;
    const { name, uid, revision } = about;
    const event = newObject(
      { generateName: `${name}.`, namespace: 'default' },
      {
        involvedObject: {
          apiVersion: 'networking.k8s.io/v1',
          kind: 'ServiceCIDR',
          name,
          uid,
          resourceVersion: String(revision),
        },
        type: 'Warning',
        reason,
        message,
        source: { component: CONTROLLER },
        eventTime: formatMicroTime(this.core.clock.now()),
        reportingComponent: CONTROLLER,
        reportingInstance: CONTROLLER,
        action: 'Sync',
      },
    );
    const target: Target = { kind, namespace: 'default', name: '', subresource: '' };
    await insert(operationOf(this.core, system, target, 'create', MANAGER), event);
  }

  private target(name: string, subresource: string): Target {
    const kind = this.core.registry.preferred(SERVICE_CIDRS);
    if (!kind) throw new Error(`no kind of ${SERVICE_CIDRS}`);
    return { kind, namespace: '', name, subresource };
  }
}

const MANAGER = { fieldManager: 'kube-apiserver' };
/** As Go prints a list of strings. */
const list = (items: readonly string[]): string => `[${items.join(' ')}]`;
