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

/** JSON of a stored object's metadata alone: the store's bytes between two constants. */
export const partialBytes = (stored: Stored, version: Version): Buffer =>
  Buffer.concat([heads[version], metadataSlice(stored.bytes), END]);
