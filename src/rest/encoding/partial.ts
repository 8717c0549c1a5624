import { stringifyExact } from '../../go/json-numbers.ts';
import type { ObjectAnswer } from '../../api/contract.ts';
import type { Kind } from '../../kinds/kind.ts';
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

/** The metadata that is shown without its object. */
export function partialMetadata(kind: Kind | undefined, metadata: ObjectMeta): ObjectMeta {
  const hidden = kind?.storage.strategy.fieldAnnotation;
  if (hidden === undefined || metadata.annotations?.[hidden] === undefined) return metadata;
  const { [hidden]: _, ...rest } = metadata.annotations;
  const { annotations: __, ...others } = metadata;
  return Object.keys(rest).length ? { ...others, annotations: rest } : others;
}

/** The same of an answer: as stored, which is also without what a conversion puts into annotations. */
export const metadataOf = ({ kind, object, stored }: ObjectAnswer): ObjectMeta =>
  partialMetadata(kind, (stored ?? { object }).object.metadata);

/** JSON of a stored object's metadata alone: the store's bytes between two constants. */
export function partialBytes(kind: Kind, stored: Stored, version: Version): Buffer {
  const metadata =
    kind.storage.strategy.fieldAnnotation === undefined
      ? metadataSlice(stored.bytes)
      : Buffer.from(stringifyExact(partialMetadata(kind, stored.object.metadata)));
  return Buffer.concat([heads[version], metadata, END]);
}
