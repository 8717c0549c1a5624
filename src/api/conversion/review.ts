import { isDeepStrictEqual } from 'node:util';
import { printType } from '../../go/print-value.ts';
import { validateAnnotations, validateLabels } from '../../kinds/validation/labels.ts';
import { aggregate } from '../../meta/aggregate.ts';
import { Path } from '../../meta/field.ts';
import { isRecord } from '../../meta/record.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { ReviewType } from '../webhooks/read-review.ts';

/** What a conversion webhook is asked, `apiextensions.k8s.io` ConversionReview, and how its answer is read. */
export interface Review {
  apiVersion: string;
  uid: string;
  desired: string;
}

const GROUP = 'apiextensions.k8s.io';
const KIND = 'ConversionReview';
const SUPPORTED = ['v1', 'v1beta1'];

/** The first of the versions that a webhook takes which is known here; undefined where none is. */
export const reviewVersion = (versions: readonly string[]): string | undefined => {
  const version = versions.find((one) => SUPPORTED.includes(one));
  return version && `${GROUP}/${version}`;
};

/** The type of a review in its version. */
export const reviewType = ({ apiVersion }: Review): ReviewType => {
  const version = apiVersion.slice(GROUP.length + 1);
  return { group: GROUP, kind: KIND, version, others: SUPPORTED.filter((other) => other !== version) };
};

/** `example.com/v1, Kind=Widget` */
export const shownKind = ({ apiVersion, kind }: KubeObject): string => `${apiVersion ?? ''}, Kind=${kind ?? ''}`;

/** The objects that a webhook answers. Throws Error with why its answer is none. */
export function convertedObjects({ response }: Record<string, unknown>, review: Review): unknown[] {
  if (!isRecord(response)) throw new Error('no response provided');
  const { uid = '', result, convertedObjects: objects } = response;
  if (review.apiVersion.endsWith('/v1') && uid !== review.uid)
    throw new Error(`expected response.uid=${JSON.stringify(review.uid)}, got ${JSON.stringify(uid)}`);
  const { status = '', message = '' } = isRecord(result) ? result : {};
  if (status !== 'Success')
    throw new Error(message ? String(message) : `response.result.status was '${String(status)}', not 'Success'`);
  return Array.isArray(objects) ? objects : [];
}

const SAME: readonly [field: 'name' | 'namespace' | 'uid', shown: string][] = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
];

/**
 * A converted object with the metadata of what was sent, but for labels and annotations, which a webhook may change.
 * Throws Error, whose words go on `conversion webhook for …`.
 */
export function checkedObject(sent: KubeObject, converted: unknown, desired: string): KubeObject {
  const object = isRecord(converted) ? converted : {};
  const { apiVersion, kind, metadata } = object;
  const invalid = (why: string): Error => new Error(`returned invalid object at index 0: ${why}`);
  if (apiVersion !== desired)
    throw invalid(`invalid groupVersion (expected ${desired}, received ${String(apiVersion ?? '')})`);
  if (kind !== sent.kind) throw invalid(`invalid kind (expected ${sent.kind}, received ${String(kind ?? '')})`);
  const meta = isRecord(metadata) ? metadata : {};
  for (const [field, shown] of SAME) {
    const [was, is] = [sent.metadata[field] ?? '', meta[field] ?? ''];
    if (was !== is)
      throw new Error(`returned invalid object: must have the same ${shown}: ${String(was)} != ${String(is)}`);
  }
  if (metadata === undefined) throw new Error('returned invalid metadata: missing metadata in converted object');
  if (!isRecord(metadata))
    throw new Error(`returned invalid metadata: invalid metadata of type ${printType(metadata)} in converted object`);
  const { labels, annotations, ...rest } = sent.metadata;
  const given = { ...textsOf('labels', meta), ...textsOf('annotations', meta) };
  const errors = [
    ...(isDeepStrictEqual(given.labels, labels)
      ? []
      : validateLabels(given.labels, Path.root('metadata').child('labels'))),
    ...(isDeepStrictEqual(given.annotations, annotations)
      ? []
      : validateAnnotations(given.annotations, Path.root('metadata').child('annotation'))),
  ];
  if (errors.length)
    throw new Error(`returned invalid metadata: ${aggregate(errors.map(({ field, body }) => `${field}: ${body}`))}`);
  return { ...object, metadata: { ...rest, ...given } } as KubeObject;
}

/** The labels or annotations of a converted object. Throws Error where they are not texts. */
function textsOf<F extends 'labels' | 'annotations'>(
  field: F,
  metadata: Record<string, unknown>,
): { [field in F]?: Record<string, string> } {
  const found = metadata[field];
  if (found === undefined || found === null) return {};
  if (!isRecord(found))
    throw new Error(
      `returned invalid metadata: invalid metadata.${field} of type ${printType(found)} in converted object`,
    );
  for (const [name, value] of Object.entries(found))
    if (typeof value !== 'string')
      throw new Error(
        `returned invalid metadata: metadata.${field}[${name}] must be a string, but is ${printType(value)} in converted object`,
      );
  return Object.keys(found).length ? ({ [field]: found } as { [field in F]?: Record<string, string> }) : {};
}
