// Writes schema/wire.json: the protobuf messages of the kinds that are served.
//   node scripts/facts/wire.mjs FACTS_DIR
// The form is described at the types of src/kinds/protobuf/facts.ts, which reads it.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const dir = process.argv[2];
if (!dir) throw new Error('usage: node scripts/facts/wire.mjs FACTS_DIR');
const read = (name) => JSON.parse(readFileSync(path.join(dir, name), 'utf8'));

const { kinds, messages } = read('wire-types.json');
const META = 'k8s.io/apimachinery/pkg/apis/meta/v1.';
const EXTENSIONS = 'k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1.';

// the struct tags of this one are not among the facts; its form is that of every list
messages[`${META}PartialObjectMetadataList`] = [
  { json: 'metadata', n: 1, type: `${META}ListMeta`, omitempty: true },
  { json: 'items', n: 2, type: `${META}PartialObjectMetadata`, repeated: true },
];
kinds['meta.k8s.io/v1/PartialObjectMetadata'] = `${META}PartialObjectMetadata`;
kinds['meta.k8s.io/v1/PartialObjectMetadataList'] = `${META}PartialObjectMetadataList`;

// Struct tags do not say for sure which fields are slices; OpenAPI does, where it has the type.
const slices = new Set();
const described = new Set();
const mark = (message, properties) => {
  for (const f of messages[message] ?? []) {
    if (f.inline && f.json === '') mark(f.type, properties);
    else if (properties[f.json]) {
      described.add(`${message}.${f.json}`);
      if (properties[f.json].type === 'array') slices.add(`${message}.${f.json}`);
    }
  }
};
for (const [name, definition] of Object.entries(read('openapi-v2.json').definitions)) {
  const parts = name.split('.');
  mark(`k8s.io/${parts.slice(2, -1).join('/')}.${parts.at(-1)}`, definition.properties ?? {});
}

const served = new Set(['/v1', 'meta.k8s.io/v1']);
for (const group of read('discovery-groups.json').items) {
  for (const { version } of group.versions) served.add(`${group.metadata.name}/${version}`);
}

/** Types that have a JSON form or a wire form of their own, by the letter that stands for them. */
const LETTERS = {
  string: 's',
  int32: 'i',
  int64: 'i',
  bool: 'b',
  '[]uint8': 'y',
  float64: 'd',
  '[]string': 'V',
  [`${META}Time`]: 'T',
  [`${META}MicroTime`]: 'M',
  'k8s.io/apimachinery/pkg/api/resource.Quantity': 'Q',
  'k8s.io/apimachinery/pkg/util/intstr.IntOrString': 'I',
  'k8s.io/apimachinery/pkg/runtime.RawExtension': 'R',
  [`${META}FieldsV1`]: 'R',
  [`${EXTENSIONS}JSON`]: 'R',
  [`${EXTENSIONS}JSONSchemaPropsOrArray`]: 'A',
  [`${EXTENSIONS}JSONSchemaPropsOrBool`]: 'B',
  [`${EXTENSIONS}JSONSchemaPropsOrStringArray`]: 'S',
};
/** Left out of JSON when zero although they are structs (Go's omitzero). */
const OMIT_ZERO = new Set([`${META}ObjectMeta.creationTimestamp`]);
/** Named slices of strings that are a message of their own. */
const STRING_LISTS = new Set([`${META}APIResource.verbs`]);

const index = new Map();
const out = [];

function letterOrIndex(type) {
  if (LETTERS[type]) {
    if ('ABS'.includes(LETTERS[type])) messageIndex(`${EXTENSIONS}JSONSchemaProps`);
    return LETTERS[type];
  }
  return messageIndex(type);
}

function messageIndex(name) {
  if (index.has(name)) return index.get(name);
  if (messages[name] === undefined) throw new Error(`no message ${name}`);
  const i = out.length;
  index.set(name, i);
  out.push(undefined);
  const fields = (messages[name] ?? []).filter((f) => f.n > 0 && f.json !== '-').map((f) => fieldOf(name, f));
  out[i] = [name.slice(name.lastIndexOf('.') + 1), ...fields];
  return i;
}

function fieldOf(message, f) {
  const id = `${message}.${f.json}`;
  const inline = Boolean(f.inline) && f.json === '';
  const value = f.map ? /^map<string,(.*)>$/.exec(f.type)[1] : f.type;
  const flags = [
    inline && 'n',
    f.map && 'm',
    // a pointer with the mark of a repeated field is a pointer: the mark is of the struct tag, not of the bytes
    (described.has(id) ? slices.has(id) : f.repeated && !f.map && !f.pointer) && !STRING_LISTS.has(id) && 'r',
    f.pointer && 'p',
    f.omitempty && 'o',
    OMIT_ZERO.has(id) && 'z',
  ];
  return [f.json, f.n, STRING_LISTS.has(id) ? 'V' : letterOrIndex(value), flags.filter(Boolean).join('')];
}

const byVersion = {};
for (const [id, message] of Object.entries(kinds)) {
  const slash = id.lastIndexOf('/');
  const groupVersion = id.slice(0, slash);
  const kind = id.slice(slash + 1);
  if (!served.has(groupVersion)) continue;
  // the options and events of meta/v1 are registered in each group; the core group's entry stands for all
  if (groupVersion !== '/v1' && kinds[`/v1/${kind}`] === message) continue;
  (byVersion[groupVersion.replace(/^\//, '')] ??= {})[kind] = messageIndex(message);
}
const json = JSON.stringify({
  kinds: byVersion,
  schemaProps: index.get(`${EXTENSIONS}JSONSchemaProps`),
  messages: out,
});
writeFileSync(
  new URL('../../schema/wire.json', import.meta.url),
  `${json.replaceAll('[["', '[\n["').replaceAll(']],["', ']],\n["').replace('"messages":[', '"messages":[\n')}\n`,
);
