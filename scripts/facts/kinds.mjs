// Writes schema/kinds.json and schema/bootstrap.json from what a kube-apiserver says of itself.
//   node scripts/facts/kinds.mjs FACTS_DIR
// The form of kinds.json is described at the types of src/kinds/facts.ts, which reads it.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const dir = process.argv[2];
if (!dir) throw new Error('usage: node scripts/facts/kinds.mjs FACTS_DIR');
const read = (...name) => JSON.parse(readFileSync(path.join(dir, ...name), 'utf8'));

const v2 = read('openapi-v2.json').definitions;
const v3 = {};
for (const file of readdirSync(path.join(dir, 'openapi-v3'))) {
  Object.assign(v3, read('openapi-v3', file).components?.schemas);
}
const wire = read('wire-types.json').messages;

/** `io.k8s.api.core.v1.Pod` → `k8s.io/api/core/v1.Pod` */
const goName = (name) => {
  const parts = name.split('.');
  return `k8s.io/${parts.slice(2, -1).join('/')}.${parts.at(-1)}`;
};

/** Fields of a message with those of its embedded structs in place; `within` is the number of the embedded message. */
function flatten(message, within = 0) {
  return (wire[message] ?? []).flatMap((f) =>
    f.json === '-' ? [] : f.inline && !f.json ? flatten(f.type, f.n) : f.json ? [{ ...f, within }] : [],
  );
}

const refName = (ref) => ref.replace(/^#\/(definitions|components\/schemas)\//, '');
const refOf = (s) => s.$ref ?? s.allOf?.[0].$ref;

/** `string`, `int32`, `#io.k8s.api.core.v1.PodSpec`, `[]…`, `{}…` */
function typeOf(s) {
  const ref = refOf(s);
  if (ref) return `#${refName(ref)}`;
  if (s.type === 'array') return `[]${typeOf(s.items)}`;
  if (s.type === 'object') return s.additionalProperties ? `{}${typeOf(s.additionalProperties)}` : 'any';
  if (s.type === 'string') return s.format === 'byte' ? 'bytes' : 'string';
  if (s.type === 'integer' || s.type === 'number') return s.format ?? 'int64';
  return s.type ?? 'any';
}

const ZERO = new Set(['""', '{}', '0', 'false']);

function field(name, s, required, w) {
  const flags =
    (required ? 'r' : '') +
    (w?.omitempty ? 'o' : '') +
    (w?.pointer ? 'p' : '') +
    // a reference that stands alone in version 3, where others are wrapped in allOf
    (s.$ref && s.default === undefined ? 'b' : '') +
    (s.default !== undefined && ZERO.has(JSON.stringify(s.default)) ? 'z' : '');
  const inner = s.type === 'array' ? s.items : s.additionalProperties;
  const more = {
    ...(s.default !== undefined && !flags.endsWith('z') && { default: s.default }),
    ...(s.enum && { enum: s.enum }),
    ...(inner?.enum && { enum: inner.enum }),
    ...(s['x-kubernetes-list-type'] && { list: s['x-kubernetes-list-type'] }),
    ...(s['x-kubernetes-list-map-keys'] && { keys: s['x-kubernetes-list-map-keys'] }),
    ...(s['x-kubernetes-map-type'] && { map: s['x-kubernetes-map-type'] }),
    ...(s['x-kubernetes-patch-strategy'] && { patch: s['x-kubernetes-patch-strategy'] }),
    ...(s['x-kubernetes-patch-merge-key'] && { mergeKey: s['x-kubernetes-patch-merge-key'] }),
    ...(w?.within && { within: w.within }),
  };
  const row = [name, typeOf(s), w?.n ?? 0, flags];
  if (Object.keys(more).length) row.push(more);
  return row;
}

function type(name) {
  const s = v3[name] ?? v2[name];
  const order = flatten(goName(name));
  const byJson = new Map(order.map((w) => [w.json, w]));
  const properties = s.properties ?? {};
  const required = new Set(s.required ?? []);
  const rank = (n) => {
    if (byJson.has(n)) return order.findIndex((w) => w.json === n);
    if (n === 'kind' || n === 'apiVersion') return n === 'kind' ? -2 : -1;
    return required.has(n) ? 500 + [...required].indexOf(n) : 1000;
  };
  const { properties: _, required: __, type: ___, description: ____, ...rest } = s;
  const {
    'x-kubernetes-group-version-kind': gvk,
    'x-kubernetes-map-type': map,
    'x-kubernetes-unions': unions,
    ...raw
  } = rest;
  return {
    ...(s.properties && {
      fields: Object.keys(properties)
        .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
        .map((n) => field(n, properties[n], required.has(n), byJson.get(n))),
    }),
    ...(gvk && { gvk: gvk.map((g) => [g.group, g.version, g.kind]) }),
    ...(map && { map }),
    ...(unions && { unions }),
    // types that are not structs: their OpenAPI v2 and v3 forms as they are
    ...(!s.properties && {
      v2: without(v2[name]),
      ...(v3[name] && { v3: without({ ...raw, ...(s.type && { type: s.type }) }) }),
    }),
    ...(!v3[name] && { only: 2 }),
  };
}
function without({ description: _, 'x-kubernetes-group-version-kind': __, ...schema }) {
  return schema;
}

const types = Object.fromEntries(
  Object.keys(v2)
    .sort()
    .map((name) => [name, type(name)]),
);

const typeByGvk = new Map();
for (const [name, s] of Object.entries(v2)) {
  const gvks = s['x-kubernetes-group-version-kind'] ?? [];
  if (gvks.length === 1) typeByGvk.set(`${gvks[0].group}/${gvks[0].version}/${gvks[0].kind}`, name);
}
const columns = read('table-columns.json');

function resource(group, version, r) {
  const { kind } = r.responseKind;
  const apiVersion = group ? `${group}/${version}` : version;
  return {
    group,
    version,
    kind,
    resource: r.resource,
    singular: r.singularResource,
    namespaced: r.scope === 'Namespaced',
    verbs: r.verbs,
    shortNames: r.shortNames ?? [],
    categories: r.categories ?? [],
    type: typeByGvk.get(`${group}/${version}/${kind}`),
    subresources: (r.subresources ?? []).map((s) => ({
      name: s.subresource,
      verbs: s.verbs,
      kind: [s.responseKind.group, s.responseKind.version, s.responseKind.kind],
    })),
    columns: (columns[`${apiVersion}/${r.resource}`] ?? []).map((c) => [c.name, c.type, c.format, c.priority]),
  };
}
const groups = [...read('discovery-core.json').items, ...read('discovery-groups.json').items];
const resources = groups.flatMap((g) =>
  g.versions.flatMap((v) => v.resources.map((r) => resource(g.metadata.name ?? '', v.version, r))),
);
const lines = (entries) => entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',\n');
const rows = resources.map((r) => JSON.stringify(r)).join(',\n');
writeFileSync('schema/kinds.json', `{"resources":[\n${rows}\n],"types":{\n${lines(Object.entries(types))}\n}}\n`);
const bootstrap = read('bootstrap-objects.json');
/** In our own words, as all descriptions are. */
const WORDS = {
  'system-cluster-critical': 'For pods that the cluster cannot do without; they may run on another node.',
  'system-node-critical': 'For pods that their own node cannot do without; they cannot run elsewhere.',
};
for (const priorityClass of bootstrap.priorityclasses) priorityClass.description = WORDS[priorityClass.metadata.name];
writeFileSync('schema/bootstrap.json', `{\n${lines(Object.entries(bootstrap))}\n}\n`);
