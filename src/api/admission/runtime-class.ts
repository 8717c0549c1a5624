import type { PodSpec, Scheduling } from '../../../schema/types.ts';
import type { Parts } from '../../meta/object.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import { sameJson } from '../patch/equal.ts';
import { objectAs } from '../object-as.ts';
import { incoming, isWriteOf, lookUp, validated } from './objects.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const CLASSES = 'runtimeclasses.node.k8s.io';
const PODS = { group: '', resource: 'pods' };

const refuse = (request: AdmissionRequest, why: string) =>
  forbiddenRequest(PODS, requestName(request), `pod rejected: ${why}`);

function addScheduling(request: AdmissionRequest, spec: Parts<PodSpec>, scheduling: Scheduling): void {
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const asked = spec.nodeSelector?.[key];
    if (asked !== undefined && asked !== value) {
      throw refuse(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${asked}`,
      );
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  for (const toleration of scheduling.tolerations ?? []) {
    const there = spec.tolerations?.some((t) => sameJson(t, toleration));
    if (!there) (spec.tolerations ??= []).push(structuredClone(toleration));
  }
}

/** A pod has the overhead of its runtime class, and goes to nodes that have it (KEP-585, KEP-688). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: (target, operation) => operation === 'CREATE' && isWriteOf(target, 'pods'),
  admit(request) {
    const { spec } = incoming(request, 'pods');
    if (!spec?.runtimeClassName) return;
    const name = spec.runtimeClassName;
    return lookUp(request.store, { resource: CLASSES, namespace: '', name }, (found) => {
      if (!found) throw refuse(request, `RuntimeClass ${JSON.stringify(name)} not found`);
      const { overhead, scheduling } = objectAs(CLASSES, found);
      if (overhead?.podFixed) {
        if (spec.overhead && !sameJson(spec.overhead, overhead.podFixed)) {
          throw refuse(request, "Pod's Overhead doesn't match RuntimeClass's defined Overhead");
        }
        spec.overhead = { ...overhead.podFixed };
      }
      if (scheduling) addScheduling(request, spec, scheduling);
    });
  },
  validate(request) {
    const { spec } = validated(request, 'pods');
    if (!spec?.runtimeClassName && spec?.overhead && Object.keys(spec.overhead).length) {
      throw refuse(request, 'Pod Overhead set without corresponding RuntimeClass defined Overhead');
    }
  },
};
