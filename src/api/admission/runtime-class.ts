import type { KubeObject } from '../../meta/object.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import { sameJson } from '../patch/equal.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';
import { podCreate } from './pods.ts';

const CLASSES = 'runtimeclasses.node.k8s.io';
const PODS = { group: '', resource: 'pods' };

const refuse = (request: AdmissionRequest, why: string) =>
  forbiddenRequest(PODS, requestName(request), `pod rejected: ${why}`);

function addScheduling(
  request: AdmissionRequest,
  pod: KubeObject,
  scheduling: { nodeSelector?: Record<string, string>; tolerations?: object[] },
): void {
  const { spec } = pod;
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
    const there = ((spec.tolerations ?? []) as object[]).some((t) => sameJson(t, toleration));
    if (!there) (spec.tolerations ??= []).push(structuredClone(toleration));
  }
}

/** A pod has the overhead of its runtime class, and goes to nodes that have it (KEP-585, KEP-688). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: podCreate,
  async admit(request) {
    const pod = request.object!;
    const name: string | undefined = pod['spec']?.runtimeClassName;
    if (!name) return;
    const { store } = request;
    const key = { resource: CLASSES, namespace: '', name };
    const found = store.get(key) ?? (await store.fresh(), store.get(key));
    if (!found) throw refuse(request, `RuntimeClass ${JSON.stringify(name)} not found`);
    const { overhead, scheduling } = found.object as {
      overhead?: { podFixed?: Record<string, string> };
      scheduling?: object;
    };
    if (overhead?.podFixed) {
      if (pod['spec'].overhead && !sameJson(pod['spec'].overhead, overhead.podFixed)) {
        throw refuse(request, "Pod's Overhead doesn't match RuntimeClass's defined Overhead");
      }
      pod['spec'].overhead = { ...overhead.podFixed };
    }
    if (scheduling) addScheduling(request, pod, scheduling);
  },
  validate(request) {
    const { spec } = request.object!;
    if (!spec?.runtimeClassName && spec?.overhead && Object.keys(spec.overhead).length) {
      throw refuse(request, 'Pod Overhead set without corresponding RuntimeClass defined Overhead');
    }
  },
};
