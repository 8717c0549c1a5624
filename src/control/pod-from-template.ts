import type { Pod, PodTemplateSpec } from '../../schema/types.ts';
import type { New, ObjectLike, OwnerReference } from '../meta/object.ts';

/** The pod that a controller makes from its template: named by the API from the owner's name, owned, otherwise as written. */
export function podFromTemplate(
  template: PodTemplateSpec | undefined,
  owner: ObjectLike,
  reference: OwnerReference,
): New<Pod> {
  const { labels, annotations, finalizers } = template?.metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace,
      labels: { ...labels },
      annotations: { ...annotations },
      ...(finalizers && { finalizers: [...finalizers] }),
      ownerReferences: [reference],
    },
    ...(template?.spec && { spec: structuredClone(template.spec) }),
  };
}
