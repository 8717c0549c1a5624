import type { LabelSelectorLike } from '../../meta/labels.ts';
import type { KubeObject } from '../../meta/object.ts';

/**
 * Relations as data, one line each. `on` and `to` are resources by their storage key. Three forms: `name` leads to one
 * object; `selector` to those whose labels match; `key` and `keyOf` to those of which `keyOf` is this object's `key`.
 * The other side is in the object's own namespace if both kinds have namespaces, or in `namespace`.
 */
export type Relation = { on: string; field: string; to: string; namespace?(object: KubeObject): string | undefined } & (
  | { form: 'one'; name(object: KubeObject): string | undefined }
  | { form: 'selected'; selector(object: KubeObject): LabelSelectorLike | undefined }
  | { form: 'grouped'; key(object: KubeObject): string; keyOf(other: KubeObject): string | undefined }
);

/** A map of labels as a selector; an empty one selects nothing (a Service without selector has no pods). */
const byLabels = (labels: Record<string, string> | undefined): LabelSelectorLike | undefined =>
  labels && Object.keys(labels).length ? { matchLabels: labels } : undefined;

const name = (object: KubeObject): string => object.metadata.name;
const SERVICE_NAME = 'kubernetes.io/service-name';

/** Kinds whose spec.selector is a LabelSelector over pods. */
const WORKLOADS = [
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'poddisruptionbudgets.policy',
];

export const RELATIONS: readonly Relation[] = [
  { on: 'pods', field: 'node', to: 'nodes', form: 'one', name: (pod) => pod['spec']?.nodeName },
  {
    on: 'pods',
    field: 'serviceAccount',
    to: 'serviceaccounts',
    form: 'one',
    name: (pod) => pod['spec']?.serviceAccountName,
  },
  { on: 'nodes', field: 'pods', to: 'pods', form: 'grouped', key: name, keyOf: (pod) => pod['spec']?.nodeName },
  {
    on: 'services',
    field: 'pods',
    to: 'pods',
    form: 'selected',
    selector: (service) => byLabels(service['spec']?.selector),
  },
  {
    on: 'services',
    field: 'endpointSlices',
    to: 'endpointslices.discovery.k8s.io',
    form: 'grouped',
    key: name,
    keyOf: (slice) => slice.metadata.labels?.[SERVICE_NAME],
  },
  {
    on: 'endpointslices.discovery.k8s.io',
    field: 'service',
    to: 'services',
    form: 'one',
    name: (slice) => slice.metadata.labels?.[SERVICE_NAME],
  },
  ...WORKLOADS.map((on): Relation => ({
    on,
    field: 'pods',
    to: 'pods',
    form: 'selected',
    selector: (object) => object['spec']?.selector,
  })),
  {
    on: 'replicationcontrollers',
    field: 'pods',
    to: 'pods',
    form: 'selected',
    selector: (rc) => byLabels(rc['spec']?.selector),
  },
  {
    on: 'persistentvolumeclaims',
    field: 'volume',
    to: 'persistentvolumes',
    form: 'one',
    name: (claim) => claim['spec']?.volumeName,
  },
  {
    on: 'persistentvolumeclaims',
    field: 'storageClass',
    to: 'storageclasses.storage.k8s.io',
    form: 'one',
    name: (claim) => claim['spec']?.storageClassName,
  },
  {
    on: 'persistentvolumes',
    field: 'claim',
    to: 'persistentvolumeclaims',
    form: 'one',
    name: (volume) => volume['spec']?.claimRef?.name,
    namespace: (volume) => volume['spec']?.claimRef?.namespace,
  },
];
