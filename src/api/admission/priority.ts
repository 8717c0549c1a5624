import type { PodSpec } from '../../../schema/types.ts';
import type { Parts } from '../../meta/object.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import type { Store, Stored } from '../../store/contract.ts';
import { objectAs } from '../object-as.ts';
import { incoming, isWriteOf, lookUp, previous, validated } from './objects.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const CLASSES = 'priorityclasses.scheduling.k8s.io';
const PODS = { group: '', resource: 'pods' };

const valueOf = (priorityClass: Stored): number => objectAs(CLASSES, priorityClass).value ?? 0;

/** The lowest of the classes that are marked as the default for all. */
function globalDefault(store: Store): Stored | undefined {
  return store
    .list({ resource: CLASSES })
    .items.filter((c) => objectAs(CLASSES, c).globalDefault === true)
    .sort((a, b) => valueOf(a) - valueOf(b))[0];
}

function admitPod(request: AdmissionRequest): void | Promise<void> {
  const { store, operation } = request;
  const pod = incoming(request, 'pods');
  const spec = (pod.spec ??= {});
  if (operation === 'UPDATE') {
    // a client that does not know of it does not unset it
    const old = previous(request, 'pods').spec;
    if (old?.priority !== undefined) spec.priority ??= old.priority;
    if (old?.preemptionPolicy !== undefined) spec.preemptionPolicy ??= old.preemptionPolicy;
    return;
  }
  const name = spec.priorityClassName;
  if (!name) return setPriority(request, spec, globalDefault(store));
  return lookUp(store, { resource: CLASSES, namespace: '', name }, (found) => {
    if (!found) throw forbiddenRequest(PODS, requestName(request), `no PriorityClass with name ${name} was found`);
    setPriority(request, spec, found);
  });
}

/** As its class says; what it says itself must be the same. */
function setPriority(request: AdmissionRequest, spec: Parts<PodSpec>, found: Stored | undefined): void {
  if (found) spec.priorityClassName = found.name;
  const value = found ? valueOf(found) : 0;
  if (spec.priority !== undefined && spec.priority !== value) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
    throw forbiddenRequest(PODS, requestName(request), why);
  }
  spec.priority = value;
  const policy = (found && objectAs(CLASSES, found).preemptionPolicy) ?? 'PreemptLowerPriority';
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
    operation !== 'DELETE' && operation !== 'CONNECT' && (isWriteOf(target, 'pods') || isWriteOf(target, CLASSES)),
  admit(request) {
    return isWriteOf(request.target, 'pods') ? admitPod(request) : undefined;
  },
  validate(request) {
    if (isWriteOf(request.target, 'pods')) return;
    const { globalDefault: isDefault, metadata } = validated(request, CLASSES);
    const other = isDefault === true ? globalDefault(request.store) : undefined;
    if (other && other.name !== metadata.name) {
      const why = `PriorityClass ${other.name} is already marked as default. Only one default can exist`;
      throw forbiddenRequest({ group: 'scheduling.k8s.io', resource: 'priorityclasses' }, metadata.name, why);
    }
  },
};
