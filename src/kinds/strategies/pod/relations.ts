import type { Pod, PodSpec } from '../../../../schema/types.ts';
import type { ObjectLike, Parts, Unchecked } from '../../../meta/object.ts';
import { claimsOf, configMapsOf, resourceClaimsOf, secretsOf } from '../../../rules/pod-references.ts';
import type { Relation } from '../../relation.ts';

/** What a pod needs and names. */
export const podRelations: readonly Relation<Pod>[] = [
  {
    field: 'node',
    description: 'The node that it is bound to.',
    to: 'nodes',
    back: 'pods',
    form: 'name',
    name: ({ spec }) => spec?.nodeName,
    column: { field: 'spec.nodeName' },
  },
  {
    field: 'serviceAccount',
    to: 'serviceaccounts',
    back: 'pods',
    form: 'name',
    name: ({ spec }) => spec?.serviceAccountName,
    column: { field: 'spec.serviceAccountName' },
  },
  {
    field: 'priorityClass',
    to: 'priorityclasses.scheduling.k8s.io',
    back: 'pods',
    form: 'name',
    name: ({ spec }) => spec?.priorityClassName,
  },
  {
    field: 'runtimeClass',
    to: 'runtimeclasses.node.k8s.io',
    back: 'pods',
    form: 'name',
    name: ({ spec }) => spec?.runtimeClassName,
  },
  {
    field: 'configMaps',
    description: 'ConfigMaps that its environment and volumes are made of.',
    to: 'configmaps',
    back: 'pods',
    form: 'names',
    names: ({ spec }) => configMapsOf(spec),
  },
  {
    field: 'secrets',
    description: 'Secrets that its environment and volumes are made of, and that its images are pulled with.',
    to: 'secrets',
    back: 'pods',
    form: 'names',
    names: ({ spec }) => secretsOf(spec),
  },
  {
    field: 'claims',
    description: 'Claims that its volumes are.',
    to: 'persistentvolumeclaims',
    back: 'pods',
    form: 'names',
    names: claimsOf,
  },
  {
    field: 'resourceClaims',
    to: 'resourceclaims.resource.k8s.io',
    back: 'pods',
    form: 'names',
    names: resourceClaimsOf,
  },
];

/**
 * The same of a kind that makes pods.
 * @param back the field of ConfigMaps, Secrets, claims and accounts that leads to objects of the kind
 */
export const templateRelations = <T extends ObjectLike>(
  back: string,
  specOf: (object: Unchecked<T>) => Parts<PodSpec> | undefined,
): Relation<T>[] => [
  { field: 'configMaps', to: 'configmaps', back, form: 'names', names: (object) => configMapsOf(specOf(object)) },
  { field: 'secrets', to: 'secrets', back, form: 'names', names: (object) => secretsOf(specOf(object)) },
  {
    field: 'claims',
    description: 'Claims that its pods share; those that each pod has of its own are not of it.',
    to: 'persistentvolumeclaims',
    back,
    form: 'names',
    names: (object) =>
      (specOf(object)?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName || []),
  },
  {
    field: 'serviceAccount',
    to: 'serviceaccounts',
    back,
    form: 'name',
    name: (object) => specOf(object)?.serviceAccountName,
  },
];
