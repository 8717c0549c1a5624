import { structSchema } from './builtin-schema.ts';
import type { Field, ObjectSchema, Schema } from './schema.ts';

/**
 * The API server's own Go types have no JSON names and leave nothing out. Some messages print them: field names are
 * those of Go, unset values are null or zero. Where fields stand otherwise than in the served version is said here.
 */
export type InternalValue = Record<string, unknown>;
type Shape = InternalValue;
const API = 'io.k8s.api.';
const CORE = 'io.k8s.api.core.v1.';

/** Go names that are no capitalised JSON names. */
const GO_NAMES: Readonly<Record<string, string>> = {
  cephfs: 'CephFS',
  diskURI: 'DataDiskURI',
  fc: 'FC',
  grpc: 'GRPC',
  ip: 'IP',
  iqn: 'IQN',
  nfs: 'NFS',
  os: 'OS',
  pdID: 'PdID',
  rbd: 'RBD',
  storageos: 'StorageOS',
  tty: 'TTY',
  wwids: 'WWIDs',
};
/** Words that Go writes in capitals: at the beginning of a name, and at its end or before the next word. */
const CAPITALS =
  /^(api|aws|cel|chap|csi|dns|fs|gce|gmsa|http|id|iscsi|pd|se|ssl|tcp|uid)(?=[A-Z]|$)|(?<=[a-z])(Id|Uid|Url)(?=[A-Z]|s?$)/g;

/** Names that internal types of core/v1 have changed. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ISCSIVolumeSource: { chapAuthDiscovery: 'DiscoveryCHAPAuth', chapAuthSession: 'SessionCHAPAuth' },
  GlusterfsVolumeSource: { endpoints: 'EndpointsName' },
  RBDVolumeSource: { monitors: 'CephMonitors', image: 'RBDImage', pool: 'RBDPool', user: 'RadosUser' },
};
/** Kept in the security context of the internal pod, in this order and before its own fields. */
const HOST = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'];
/** Fields that the internal pod has elsewhere, or not at all. */
const NOT_IN_SPEC: ReadonlySet<string> = new Set([...HOST, 'serviceAccount']);
/** Fields of core/v1 that stand elsewhere: each comes right behind another one. */
const BEHIND: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PodSpec: { setHostnameAsFQDN: 'subdomain', preemptionPolicy: 'priority', overhead: 'runtimeClassName' },
  Volume: { quobyte: 'rbd' },
  PodSecurityContext: { fsGroupChangePolicy: 'fsGroup' },
};
const ZEROES: Readonly<Record<string, unknown>> = {
  string: '',
  boolean: false,
  int32: 0,
  int64: 0,
  double: 0,
  quantity: '0',
  intOrString: 0,
};

function goName(name: string): string {
  const known = GO_NAMES[name] ?? name.replace(CAPITALS, (word) => word.toUpperCase());
  return known[0]!.toUpperCase() + known.slice(1);
}

const coreName = ({ name }: ObjectSchema): string => (name.startsWith(CORE) ? name.slice(CORE.length) : '');

function fieldsOf(schema: ObjectSchema): readonly Field[] {
  const short = coreName(schema);
  const fields = [...schema.fields.values()].filter(({ name }) => short !== 'PodSpec' || !NOT_IN_SPEC.has(name));
  for (const [name, before] of Object.entries(BEHIND[short] ?? {})) {
    const at = fields.findIndex((field) => field.name === name);
    if (at < 0) continue;
    const moved = fields.splice(at, 1);
    fields.splice(fields.findIndex((field) => field.name === before) + 1, 0, ...moved);
  }
  return fields;
}

function zero({ schema, pointer }: Field): unknown {
  if (pointer) return null;
  return schema.type === 'object' ? struct(schema, {}) : (ZEROES[schema.type] ?? null);
}

function valueOf(schema: Schema, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (schema.type === 'list') return (value as unknown[]).map((item) => valueOf(schema.item, item));
  if (schema.type === 'map')
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, valueOf(schema.value, (value as Shape)[key])]),
    );
  // the machinery's types have JSON names everywhere
  return schema.type === 'object' && schema.name.startsWith(API) ? struct(schema, value as Shape) : value;
}

function struct(schema: ObjectSchema, value: Shape): Shape {
  const out: Shape = {};
  const short = coreName(schema);
  for (const field of fieldsOf(schema)) {
    const given = value[field.name];
    if (field.name === 'metadata') {
      // embedded, and the machinery's metadata leaves out what is unset
      Object.assign(out, given);
      continue;
    }
    const shown = given === undefined || given === null ? zero(field) : valueOf(field.schema, given);
    const isHost = short === 'PodSpec' && field.name === 'securityContext';
    out[RENAMED[short]?.[field.name] ?? goName(field.name)] = isHost
      ? { ...hostFields(schema, value), ...(shown as Shape | null) }
      : shown;
  }
  return out;
}

const hostFields = (schema: ObjectSchema, spec: Shape): Shape =>
  Object.fromEntries(HOST.map((name) => [goName(name), spec[name] ?? zero(schema.fields.get(name)!)]));

/**
 * A value as messages print it: `{"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}`.
 * @param type OpenAPI definition name, `io.k8s.api.flowcontrol.v1.FlowSchemaSpec`; of core/v1 the last part is enough
 */
export const internalValue = (type: string, value: unknown): InternalValue =>
  struct(structSchema(type.includes('.') ? type : CORE + type), value as Shape);
