import type { KubeObject } from '../../meta/object.ts';
import { StatusError } from '../../meta/status.ts';
import { timeMs } from '../../meta/time.ts';
import type { Stored } from '../../store/contract.ts';
import { objectAnswer } from '../answer.ts';
import type { ListAnswer, ObjectAnswer, RequestContext, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { newObject } from '../new-object.ts';
import { objectAs } from '../object-as.ts';

interface Component {
  name: string;
  /** of the Lease that the one at work renews */
  lease: string;
  /** where Kubernetes looks for its health */
  port: number;
}
const LOOPS: readonly Component[] = [
  { name: 'scheduler', lease: 'kube-scheduler', port: 10_259 },
  { name: 'controller-manager', lease: 'kube-controller-manager', port: 10_257 },
];
const DATABASE = 'etcd-0';
const LEASES = 'leases.coordination.k8s.io';

/** The loops are clients, of which the API knows whether they lead: by the Lease that they renew. */
function isLeading(core: Core, lease: string): boolean {
  const stored = core.store.get({ resource: LEASES, namespace: 'kube-system', name: lease });
  const spec = stored && objectAs(LEASES, stored).spec;
  if (!spec?.holderIdentity || !spec.renewTime) return false;
  return timeMs(spec.renewTime) + (spec.leaseDurationSeconds ?? 0) * 1000 > core.clock.now();
}

function conditionOf(core: Core, { lease, port }: Component): object {
  if (isLeading(core, lease)) return { type: 'Healthy', status: 'True', message: 'ok' };
  const address = `127.0.0.1:${port}`;
  return {
    type: 'Healthy',
    status: 'False',
    message: `Get "https://${address}/healthz": dial tcp ${address}: connect: connection refused`,
  };
}

/** All components: what answers this is the database's proof of health. */
const components = (core: Core): KubeObject[] =>
  [
    ...LOOPS.map((one) => [one.name, conditionOf(core, one)] as const),
    [DATABASE, { type: 'Healthy', status: 'True', message: 'ok' }] as const,
  ].map(([name, condition]) => newObject({ name }, { conditions: [condition] }));

/** In the form of what is stored, which these are not. */
function asStored(object: KubeObject): Stored {
  const text = JSON.stringify(object);
  return {
    resource: 'componentstatuses',
    namespace: '',
    name: object.metadata.name,
    uid: '',
    labels: undefined,
    fields: undefined,
    owners: undefined,
    revision: 0,
    bytes: Buffer.from(text),
    object,
    parsed: object,
    copy: () => JSON.parse(text) as KubeObject,
    encoded: (_, make) => make(),
  };
}

export async function listComponents(core: Core, ctx: RequestContext, target: Target): Promise<ListAnswer> {
  core.authorizer.require(ctx, 'list', target);
  return { kind: target.kind, items: components(core).map(asStored), revision: core.store.revision };
}

/** Throws 500 for a component that is none, as Kubernetes does. */
export async function getComponent(core: Core, ctx: RequestContext, target: Target): Promise<ObjectAnswer> {
  core.authorizer.require(ctx, 'get', target);
  const found = components(core).find((one) => one.metadata.name === target.name);
  if (!found) throw new StatusError({ message: `Component not found: ${target.name}`, code: 500 });
  return objectAnswer(target.kind, { kind: 'ComponentStatus', apiVersion: 'v1', ...found });
}
