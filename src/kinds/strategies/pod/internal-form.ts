import { stringifyExact } from '../../../go/json-numbers.ts';
import type { Field, ObjectSchema, Schema } from '../../schema.ts';
import { structSchema } from '../../builtin-schema.ts';
import { unifiedDiff } from './unified-diff.ts';

/**
 * The API server's own Go types have no JSON names and leave nothing out. Some messages print them: field names are
 * those of Go, unset values are null or zero. Where fields stand otherwise than in v1 is said here.
 */
type Shape = Record<string, unknown>;
const CORE = 'io.k8s.api.core.v1.';

/** Go names that are no capitalised JSON names: words that Go writes in capitals. */
const GO_NAMES: Readonly<Record<string, string>> = {
  cephfs: 'CephFS',
  diskURI: 'DataDiskURI',
  fc: 'FC',
  grpc: 'GRPC',
  ip: 'IP',
  iqn: 'IQN',
  iscsi: 'ISCSI',
  nfs: 'NFS',
  os: 'OS',
  rbd: 'RBD',
  pdID: 'PdID',
  storageos: 'StorageOS',
  tty: 'TTY',
  uid: 'UID',
  wwids: 'WWIDs',
  csi: 'CSI',
};
/** Names that the internal types have changed. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ISCSIVolumeSource: { chapAuthDiscovery: 'DiscoveryCHAPAuth', chapAuthSession: 'SessionCHAPAuth' },
  GlusterfsVolumeSource: { endpoints: 'EndpointsName' },
  RBDVolumeSource: { monitors: 'CephMonitors', image: 'RBDImage', pool: 'RBDPool', user: 'RadosUser' },
};
const CAPITALS = /^(api|aws|csi|dns|fs|gce|gmsa|http|iscsi|pd|se|ssl|tcp|chap)(?=[A-Z])/;
const goName = (name: string): string =>
  GO_NAMES[name] ??
  (CAPITALS.test(name) ? name.replace(CAPITALS, (word) => word.toUpperCase()) : name[0]!.toUpperCase() + name.slice(1));

/** Kept in the security context of the internal type, in this order and before its own fields. */
const HOST = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'];
/** Fields that stand elsewhere: each comes right behind another one. */
const BEHIND: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PodSpec: { setHostnameAsFQDN: 'subdomain', preemptionPolicy: 'priority', overhead: 'runtimeClassName' },
  Volume: { quobyte: 'rbd' },
  PodSecurityContext: { fsGroupChangePolicy: 'fsGroup' },
};

const orders = new WeakMap<ObjectSchema, readonly Field[]>();
function fieldsOf(schema: ObjectSchema): readonly Field[] {
  let fields = orders.get(schema);
  if (fields) return fields;
  const short = schema.name.slice(CORE.length);
  const list = [...schema.fields.values()].filter(
    (f) => short !== 'PodSpec' || (!HOST.includes(f.name) && f.name !== 'serviceAccount'),
  );
  for (const [name, before] of Object.entries(BEHIND[short] ?? {})) {
    const at = list.findIndex((f) => f.name === name);
    if (at < 0) continue;
    const [moved] = list.splice(at, 1);
    list.splice(list.findIndex((f) => f.name === before) + 1, 0, moved as Field);
  }
  orders.set(schema, (fields = list));
  return fields;
}

function zero({ schema, pointer }: Field): unknown {
  if (pointer) return null;
  if (schema.type === 'object') return internalForm(schema, {});
  return (
    { string: '', boolean: false, int32: 0, int64: 0, double: 0, quantity: '0', intOrString: 0 }[
      schema.type as string
    ] ?? null
  );
}

function formOf(schema: Schema, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (schema.type === 'list') return (value as unknown[]).map((item) => formOf(schema.item, item));
  if (schema.type === 'map')
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, formOf(schema.value, (value as Shape)[key])]),
    );
  // the machinery's types have JSON names everywhere
  return schema.type === 'object' && schema.name.startsWith(CORE) ? internalForm(schema, value as Shape) : value;
}

function internalForm(schema: ObjectSchema, value: Shape): Shape {
  const out: Shape = {};
  const renamed = RENAMED[schema.name.slice(CORE.length)];
  const isSpec = schema.name === `${CORE}PodSpec`;
  for (const field of fieldsOf(schema)) {
    const given = value[field.name];
    if (field.name === 'metadata') {
      // embedded, and the machinery's metadata leaves out what is unset
      Object.assign(out, given);
      continue;
    }
    const form = given === undefined || given === null ? zero(field) : formOf(field.schema, given);
    const host = isSpec && field.name === 'securityContext';
    out[renamed?.[field.name] ?? goName(field.name)] = host
      ? { ...hostForm(schema, value), ...(form as Shape | null) }
      : form;
  }
  return out;
}

const hostForm = (schema: ObjectSchema, spec: Shape): Shape =>
  Object.fromEntries(HOST.map((name) => [goName(name), spec[name] ?? zero(schema.fields.get(name) as Field)]));

const textOf = (form: Shape): string =>
  stringifyExact(form, 1).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

/** A value of a core/v1 type as messages print it: `{"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}`. */
export const internalValue = (type: string, value: unknown): Shape =>
  internalForm(structSchema(CORE + type), value as Shape);

/** What an update of a part of an object changes, as the API server prints it. `type` of core/v1: PodSpec, EphemeralContainer. */
export const internalDiff = (type: string, old: unknown, value: unknown): string =>
  formDiff(internalValue(type, old), internalValue(type, value));

/** The same for two forms that `internalValue` has made. */
export const formDiff = (old: Shape, value: Shape): string =>
  unifiedDiff(textOf(old).split('\n'), textOf(value).split('\n'));
