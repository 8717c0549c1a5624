import type { EndpointPort, Endpoints, EndpointSlice, Service } from '../../schema/types.ts';
import { storedForm } from '../kinds/encode.ts';
import type { KubeObject, Unchecked } from '../meta/object.ts';
import { formatTime } from '../meta/time.ts';
import { newUid } from '../meta/uid.ts';
import { SERVICE_NAME } from '../rules/service-slices.ts';
import type { RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { newObject } from './new-object.ts';
import { sameJson } from './patch/equal.ts';
import { keyOf } from './target.ts';
import { operationOf } from './write/operation.ts';
import { writeOf } from './write/stored-write.ts';

const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};
/** Processes that start at once write the same; each tries so often. */
const MAX_ATTEMPTS = 5;

const made = (labels: Record<string, string>, now: number): KubeObject =>
  newObject({
    name: 'kubernetes',
    namespace: 'default',
    uid: newUid(),
    creationTimestamp: formatTime(now),
    labels,
  });

/** Changes the object `kubernetes` of the namespace default; writes nothing where `change` finds it as it should be. */
async function put(
  core: Core,
  resource: string,
  labels: Record<string, string>,
  change: (object: KubeObject) => void,
): Promise<void> {
  const kind = core.registry.preferred(resource);
  if (!kind) return;
  const target: Target = { kind, namespace: 'default', name: 'kubernetes', subresource: '' };
  const op = operationOf(core, system, target, 'advertise', {});
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const stored = core.store.get(keyOf(target));
    const object = stored?.copy() ?? made(labels, core.clock.now());
    change(object);
    // no validation: an address of this machine only is good for the pods of this machine
    const form = storedForm(kind.storage, false, object);
    if (stored && sameJson({ ...stored.object, metadata: undefined }, { ...form, metadata: undefined })) return;
    const outcome = await core.store.commit(writeOf(op, form, stored?.revision));
    if (outcome.ok) return;
    await core.store.fresh();
  }
}

/** Makes the Service `kubernetes` lead to this API: its target port, its Endpoints and its EndpointSlice. */
export async function advertise(core: Core, address: string, port: number): Promise<void> {
  const ports: EndpointPort[] = [{ name: 'https', port, protocol: 'TCP' }];
  await Promise.all([
    put(core, 'services', {}, (service: Unchecked<Service>) => {
      for (const one of service.spec?.ports ?? []) if (one.name === 'https') one.targetPort = port;
    }),
    put(core, 'endpoints', { 'endpointslice.kubernetes.io/skip-mirror': 'true' }, (endpoints: Unchecked<Endpoints>) => {
      endpoints.subsets = [{ addresses: [{ ip: address }], ports }];
    }),
    put(
      core,
      'endpointslices.discovery.k8s.io',
      { [SERVICE_NAME]: 'kubernetes' },
      (slice: Unchecked<EndpointSlice>) => {
        slice.addressType = address.includes(':') ? 'IPv6' : 'IPv4';
        slice.endpoints = [{ addresses: [address], conditions: { ready: true } }];
        slice.ports = ports;
      },
    ),
  ]);
}
