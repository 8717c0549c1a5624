import { stringifyExact } from '../../go/json-numbers.ts';
import type { Answer } from '../../api/contract.ts';
import type { ObjectMeta } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { metadataSlice } from './metadata-slice.ts';

type Version = 'v1' | 'v1beta1';

export interface PartialObjectMetadata {
  kind: 'PartialObjectMetadata';
  apiVersion: string;
  metadata: ObjectMeta;
}

export const partialObject = (metadata: ObjectMeta, version: Version = 'v1'): PartialObjectMetadata => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
});

const heads = {
  v1: Buffer.from('{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":'),
  v1beta1: Buffer.from('{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1beta1","metadata":'),
};
const END = Buffer.from('}');

/** Annotations that stand for fields of the API server's own type, by resource: they are part of whole objects only. */
const OF_WHOLE_OBJECTS: ReadonlyMap<string, string> = new Map([
  ['daemonsets.apps', 'deprecated.daemonset.template.generation'],
]);

/** The metadata that is shown without its object. @param resource key in the store */
export function partialMetadata(resource: string | undefined, metadata: ObjectMeta): ObjectMeta {
  const hidden = OF_WHOLE_OBJECTS.get(resource ?? '');
  if (hidden === undefined || metadata.annotations?.[hidden] === undefined) return metadata;
  const { [hidden]: _, ...rest } = metadata.annotations;
  const { annotations: __, ...others } = metadata;
  return Object.keys(rest).length ? { ...others, annotations: rest } : others;
}

/** The same of an answer: as stored, which is also without what a conversion puts into annotations. */
export const metadataOf = ({ kind, object, stored }: Answer): ObjectMeta =>
  partialMetadata(kind?.storage.key, (stored ?? { object }).object.metadata);

/** JSON of a stored object's metadata alone: the store's bytes between two constants. */
export function partialBytes(stored: Stored, version: Version): Buffer {
  const { resource } = stored;
  const metadata = OF_WHOLE_OBJECTS.has(resource)
    ? Buffer.from(stringifyExact(partialMetadata(resource, stored.object.metadata)))
    : metadataSlice(stored.bytes);
  return Buffer.concat([heads[version], metadata, END]);
}
