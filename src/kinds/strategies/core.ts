import { isDeepStrictEqual } from 'node:util';
import { forbidden, invalid, Path, required, tooLong, type FieldError } from '../../meta/field.ts';
import { isConfigMapKey } from '../../meta/names.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Strategy } from '../kind.ts';
import { dnsLabelName } from '../validation/names.ts';
import { validateImmutable } from '../validation/values.ts';
import { statusSubresource } from './status-split.ts';

/** ConfigMap, Secret, Namespace, ServiceAccount, Node and the small kinds of core/v1. */
const MAX_DATA = 1024 * 1024;

function dataKeys(data: Record<string, unknown> | undefined, at: Path, taken?: Record<string, unknown>): FieldError[] {
  return Object.keys(data ?? {}).flatMap((key) => [
    ...isConfigMapKey(key).map((m) => invalid(at.key(key), key, m)),
    ...(taken && key in taken ? [invalid(at.key(key), key, 'duplicate of key present in data')] : []),
  ]);
}
const sizeOf = (data: Record<string, string> | undefined, encoded: boolean) =>
  Object.values(data ?? {}).reduce((sum, v) => sum + (encoded ? Buffer.byteLength(v, 'base64') : Buffer.byteLength(v)), 0);

function immutableData(object: KubeObject, old: KubeObject, fields: string[]): FieldError[] {
  if (!old.immutable) return [];
  const errors: FieldError[] = [];
  if (!object.immutable) errors.push(forbidden(Path.root('immutable'), 'field is immutable when `immutable` is set'));
  for (const field of fields)
    if (!isDeepStrictEqual(object[field] ?? {}, old[field] ?? {})) errors.push(forbidden(Path.root(field), 'field is immutable when `immutable` is set'));
  return errors;
}

export const configMapStrategy: Strategy = {
  validate: (object) => [
    ...dataKeys(object.data, Path.root('data'), object.binaryData),
    ...dataKeys(object.binaryData, Path.root('binaryData')),
    ...(sizeOf(object.data, false) + sizeOf(object.binaryData, true) > MAX_DATA ? [tooLong('', MAX_DATA)] : []),
  ],
  validateUpdate: (object, old) => immutableData(object, old, ['data', 'binaryData']),
  generation: false,
  createOnUpdate: false,
};

const REQUIRED_KEYS: Record<string, string[]> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

export const secretStrategy: Strategy = {
  defaults(object) {
    object.type ||= 'Opaque';
    mergeStringData(object);
  },
  validate(object) {
    const data = Path.root('data');
    const errors = dataKeys(object.data, data);
    if (sizeOf(object.data, true) > MAX_DATA) errors.push(tooLong(data, MAX_DATA));
    for (const key of REQUIRED_KEYS[object.type] ?? []) if (object.data?.[key] === undefined) errors.push(required(data.key(key)));
    for (const key of ['.dockercfg', '.dockerconfigjson'])
      if (REQUIRED_KEYS[object.type]?.includes(key) && object.data?.[key] !== undefined) {
        const why = goJsonError(Buffer.from(object.data[key], 'base64').toString());
        if (why) errors.push(invalid(data.key(key), '<secret contents redacted>', why));
      }
    if (object.type === 'kubernetes.io/basic-auth' && object.data?.username === undefined && object.data?.password === undefined)
      errors.push(required(data.key('username')), required(data.key('password')));
    if (object.type === 'kubernetes.io/service-account-token' && !object.metadata.annotations?.['kubernetes.io/service-account.name'])
      errors.push(required(Path.root('metadata').child('annotations').key('kubernetes.io/service-account.name')));
    return errors;
  },
  validateUpdate: (object, old) => [
    ...immutableData(object, old, ['data']),
    ...validateImmutable(object.type, old.type, Path.root('type')),
  ],
  fields: (object) => ({ type: object.type ?? '' }),
  generation: false,
};

/** What clients write as text is stored as data, and owned as such. */
function mergeStringData(object: KubeObject): void {
  for (const [key, value] of Object.entries((object.stringData ?? {}) as Record<string, string>)) (object.data ??= {})[key] = Buffer.from(value).toString('base64');
  delete object.stringData;
}

/** The words of Go's encoding/json for a text that is no JSON; undefined where it is. */
function goJsonError(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    if (!text.trim()) return 'unexpected end of JSON input';
    const start = text.trim();
    for (const literal of ['null', 'true', 'false'])
      if (start[0] === literal[0]) {
        const i = [...literal].findIndex((c, at) => start[at] !== c);
        if (i > 0) return start[i] === undefined ? 'unexpected end of JSON input' : `invalid character '${start[i]}' in literal ${literal} (expecting '${literal[i]}')`;
      }
    return `invalid character '${start[0]}' looking for beginning of value`;
  }
}

export const namespaceStrategy: Strategy = {
  name: dnsLabelName,
  defaults(object) {
    // Every namespace carries its name, so that selectors can name it (KEP-2161).
    if (object.metadata.name) (object.metadata.labels ??= {})['kubernetes.io/metadata.name'] ??= object.metadata.name;
  },
  prepareForCreate(object) {
    object.status = { phase: 'Active' };
    object.spec ??= {};
    const finalizers = (object.spec.finalizers ??= []) as string[];
    if (!finalizers.includes('kubernetes')) finalizers.push('kubernetes');
  },
  prepareForUpdate(object, old) {
    object.spec = old.spec;
    object.status = old.status;
  },
  subresources: {
    status: statusSubresource,
    finalize: {
      prepareForUpdate(object, old) {
        object.status = old.status;
      },
    },
  },
  specFinalizers: (object) => object.spec?.finalizers ?? [],
  fields: (object) => ({ 'status.phase': object.status?.phase ?? '' }),
  generation: false,
};

export const serviceAccountStrategy: Strategy = { generation: false };

export const nodeStrategy: Strategy = {
  defaults({ spec, status }) {
    if (spec?.podCIDR && !spec.podCIDRs?.length) spec.podCIDRs = [spec.podCIDR];
    // A node that says nothing else can give all it has (SetDefaults_NodeStatus).
    if (status?.capacity && !Object.keys(status.allocatable ?? {}).length) status.allocatable = { ...status.capacity };
  },
  prepareForUpdate(object, old) {
    object.status = old.status;
  },
  subresources: { status: statusSubresource },
  validate(object) {
    const errors: FieldError[] = [];
    (object.spec?.taints ?? []).forEach((taint: { key?: string; effect?: string }, i: number) => {
      const at = Path.root('spec').child('taints').index(i);
      if (!taint.key) errors.push(required(at.child('key')));
      if (!taint.effect) errors.push(required(at.child('effect')));
    });
    return errors;
  },
  validateUpdate: (object, old) =>
    old.spec?.podCIDR && object.spec?.podCIDR !== old.spec.podCIDR
      ? [forbidden(Path.root('spec'), 'node updates may not change podCIDR except from "" to valid')]
      : [],
  fields: (object) => ({ 'spec.unschedulable': String(object.spec?.unschedulable ?? false) }),
  generation: false,
};
