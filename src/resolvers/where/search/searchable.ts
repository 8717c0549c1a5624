import type { KubeObject } from '../../../meta/object.ts';

/** A text of an object that search looks at. */
export interface SearchText {
  /** where it stands: `metadata.name`, `metadata.labels`, or the path in spec or status */
  field: string;
  text: string;
}

/** Names of spec and status, at any depth and of custom kinds too, that say what an object is made of and where it is reached. */
const NAMES: ReadonlySet<string> = new Set([
  'image',
  'host',
  'hosts',
  'hostname',
  'hostnames',
  'externalName',
  'nodeName',
  'podIP',
  'hostIP',
  'clusterIP',
  'clusterIPs',
  'loadBalancerIP',
  'externalIPs',
  'ip',
  'address',
  'addresses',
  'serviceAccountName',
  'secretName',
  'claimName',
  'volumeName',
  'storageClassName',
]);

/** What kubectl apply keeps there is the object once more, of a Secret too. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Values of one object that are looked at, and how deep. */
const MAX_VALUES = 10_000;
const MAX_DEPTH = 24;

/**
 * What search looks at, what tells most first: name, labels, annotations (`key=value`), uid, and of spec and status the
 * values of some names. Never `data`: what a Secret or ConfigMap holds is not searched.
 */
export function* searchable(object: KubeObject): Generator<SearchText> {
  const { name, labels, annotations, uid } = object.metadata;
  yield { field: 'metadata.name', text: name };
  for (const [key, value] of Object.entries(labels ?? {})) yield { field: 'metadata.labels', text: `${key}=${value}` };
  for (const [key, value] of Object.entries(annotations ?? {}))
    if (key !== LAST_APPLIED) yield { field: 'metadata.annotations', text: `${key}=${value}` };
  yield { field: 'metadata.uid', text: uid };
  const looked = { values: 0 };
  for (const part of ['spec', 'status', 'subsets', 'endpoints', 'addresses'])
    yield* within(object[part], part, NAMES.has(part), looked, 0);
}

function* within(
  value: unknown,
  field: string,
  named: boolean,
  looked: { values: number },
  depth: number,
): Generator<SearchText> {
  if (depth > MAX_DEPTH || ++looked.values > MAX_VALUES) return;
  if (typeof value === 'string') {
    if (named) yield { field, text: value };
  } else if (Array.isArray(value)) {
    for (const item of value as unknown[]) yield* within(item, field, named, looked, depth + 1);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value))
      yield* within(part, `${field}.${name}`, NAMES.has(name), looked, depth + 1);
  }
}
