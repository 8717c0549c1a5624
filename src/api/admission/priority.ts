import { forbiddenRequest } from '../../meta/status.ts';
import type { Store, Stored } from '../../store/contract.ts';
import { isMirrorPod, isPod } from './pods.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const CLASSES = 'priorityclasses.scheduling.k8s.io';
const PODS = { group: '', resource: 'pods' };

/** The lowest of the classes that are marked as the default for all. */
function globalDefault(store: Store): Stored | undefined {
  return store
    .list({ resource: CLASSES })
    .items.filter((c) => c.object['globalDefault'] === true)
    .sort((a, b) => (a.object['value'] ?? 0) - (b.object['value'] ?? 0))[0];
}

async function admitPod(request: AdmissionRequest): Promise<void> {
  const { store, object, old, operation } = request;
  const spec = (object!['spec'] ??= {});
  if (operation === 'UPDATE') {
    // a client that does not know of it does not unset it
    if (old!['spec']?.priority !== undefined && spec.priority === undefined) spec.priority = old!['spec'].priority;
    if (old!['spec']?.preemptionPolicy !== undefined && spec.preemptionPolicy === undefined)
      spec.preemptionPolicy = old!['spec'].preemptionPolicy;
    return;
  }
  if (isMirrorPod(object!)) return;
  let found: Stored | undefined;
  if (spec.priorityClassName) {
    const key = { resource: CLASSES, namespace: '', name: spec.priorityClassName as string };
    found = store.get(key) ?? (await store.fresh(), store.get(key));
    if (!found)
      throw forbiddenRequest(
        PODS,
        requestName(request),
        `no PriorityClass with name ${spec.priorityClassName} was found`,
      );
  } else {
    found = globalDefault(store);
    if (found) spec.priorityClassName = found.name;
  }
  const value: number = found?.object['value'] ?? 0;
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
    throw forbiddenRequest(PODS, requestName(request), why);
  }
  spec.priority = value;
  const policy: string = found?.object['preemptionPolicy'] ?? 'PreemptLowerPriority';
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    throw forbiddenRequest(PODS, requestName(request), why);
  }
  spec.preemptionPolicy = policy;
}

/** A pod's priority is that of its class; only one class is the default for all. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: (target, operation) =>
    operation !== 'DELETE' &&
    operation !== 'CONNECT' &&
    (isPod(target) || (target.kind.storage.key === CLASSES && target.subresource === '')),
  async admit(request) {
    if (isPod(request.target)) await admitPod(request);
  },
  validate({ store, object, target }) {
    if (isPod(target) || object!['globalDefault'] !== true) return;
    const other = globalDefault(store);
    if (other && other.name !== object!.metadata.name) {
      const why = `PriorityClass ${other.name} is already marked as default. Only one default can exist`;
      throw forbiddenRequest({ group: 'scheduling.k8s.io', resource: 'priorityclasses' }, object!.metadata.name, why);
    }
  },
};
