import type { Kind } from '../../../src/kinds/kind.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { full } from '../../kinds/full.ts';
import type { Endpoint, Sent } from './endpoints.ts';

/** Metadata that a write may try to change: what clients say, and what only the system says. */
function changeMetadata({ metadata }: KubeObject): void {
  metadata.labels = { ...metadata.labels, tried: 'x' };
  metadata.annotations = { ...metadata.annotations, 'example.com/tried': 'x' };
  metadata.finalizers = [...(metadata.finalizers ?? []), 'example.com/tried'];
  metadata.ownerReferences = [
    ...(metadata.ownerReferences ?? []),
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'tried', uid: 'tried' },
  ];
  metadata.generateName = 'tried-';
  Object.assign(metadata, { creationTimestamp: '2020-01-01T00:00:00Z', generation: 99, selfLink: '/tried' });
}

/** Without what every write changes. */
export function compared(object: KubeObject): KubeObject {
  const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}

/** The object with every part changed; the one that the endpoint is for as it lets it be. */
export function changed(kind: Kind, live: Sent, { part, change, beside }: Endpoint): Sent {
  const sent = structuredClone(live);
  if (kind.custom) Object.assign(sent, { spec: { replicas: 9, size: 'large' }, data: { other: 'x' } });
  else
    for (const { name, schema } of kind.schema.fields.values())
      if (!['kind', 'apiVersion', 'metadata', part].includes(name)) sent[name] = full(schema);
  changeMetadata(sent);
  change(sent);
  beside?.(sent);
  return sent;
}

/** The object with another status, and a label that tells that it was written. */
export function otherStatus(kind: Kind, object: Sent): Sent {
  const { metadata } = object;
  const status = kind.custom ? { replicas: 9, tried: true } : full(kind.schema.fields.get('status')!.schema);
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, tried: 'x' } }, status };
}

/** The Scale of an object with all of it changed. */
export function changedScale({ metadata }: Sent): Sent {
  const { name, namespace, resourceVersion } = metadata;
  const scale = {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, ...(namespace && { namespace }), resourceVersion },
    spec: { replicas: 5 },
    status: { replicas: 99, selector: 'tried=x' },
  } as unknown as Sent;
  changeMetadata(scale);
  return scale;
}

/** What is there after a write of it, by the table. */
export function expected(live: Sent, { keeps, change, counted }: Endpoint): KubeObject {
  const after = structuredClone(live);
  changeMetadata(after);
  for (const part of ['creationTimestamp', 'generation', 'selfLink', ...keeps] as const) {
    if (live.metadata[part] === undefined) delete after.metadata[part];
    else Object.assign(after.metadata, { [part]: live.metadata[part] });
  }
  change(after);
  if (counted && after.metadata.generation) after.metadata.generation++;
  return compared(after);
}
