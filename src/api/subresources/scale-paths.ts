import type { LabelSelector } from '../../../schema/types.ts';
import { atPath } from '../../kinds/custom/scale.ts';
import type { Kind } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import { labelSelectorAsSelector, selectorFromSet } from '../../meta/labels.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Store } from '../../store/contract.ts';
import { objectAs } from '../object-as.ts';
import type { ReplicasPaths } from '../patch/apply/scale.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** Where a kind keeps what its Scale shows: dotted paths without the leading dot. */
export interface ScalePaths {
  spec: string;
  status: string;
  selector(object: KubeObject): string;
}

/** A map of labels is what ReplicationControllers have. */
const isLabelSelector = (selector: Record<string, string> | LabelSelector): selector is LabelSelector =>
  'matchLabels' in selector || 'matchExpressions' in selector;

const selectorOfSpec = (object: KubeObject): string => {
  const { selector } = (object['spec'] ?? {}) as { selector?: Record<string, string> | LabelSelector };
  if (!selector) return '';
  return (isLabelSelector(selector) ? labelSelectorAsSelector(selector) : selectorFromSet(selector)).toString();
};

const builtin: ScalePaths = { spec: 'spec.replicas', status: 'status.replicas', selector: selectorOfSpec };

/** Undefined where the kind has no scale. */
export function scalePathsOf(store: Store, kind: Kind): ScalePaths | undefined {
  if (!kind.subresources.has('scale')) return undefined;
  if (!kind.custom) return builtin;
  const definition = store.get({ resource: DEFINITIONS, namespace: '', name: kind.storage.key });
  const versions = definition && objectAs(DEFINITIONS, definition).spec.versions;
  const scale = versions?.find((v) => v.name === kind.version)?.subresources?.scale;
  if (!scale) return undefined;
  const bare = (path: string): string => path.replace(/^\./, '');
  return {
    spec: bare(scale.specReplicasPath),
    status: bare(scale.statusReplicasPath),
    selector: (object) => (scale.labelSelectorPath ? String(atPath(object, scale.labelSelectorPath) ?? '') : ''),
  };
}

/** The path as field owners name it. */
export const ownedPaths = (kind: Kind, paths: ScalePaths): ReplicasPaths => ({
  [apiVersionOf(kind)]: paths.spec.split('.').map((part) => `f:${part}`),
});

/** Sets the number of replicas. Changes `object`. */
export function setReplicas(object: KubeObject, path: string, replicas: number): void {
  const parts = path.split('.');
  const last = parts.pop()!;
  let place = object as Record<string, unknown>;
  for (const part of parts) place = (place[part] ??= {}) as Record<string, unknown>;
  place[last] = replicas;
}

/** A copy of the object with another number of replicas. */
export function withReplicas(object: KubeObject, path: string, replicas: number): KubeObject {
  const copy = structuredClone(object);
  setReplicas(copy, path, replicas);
  return copy;
}
