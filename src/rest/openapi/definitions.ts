import { fieldDescription, typeDescription } from '../../kinds/descriptions.ts';
import { typeFacts, type FieldFacts, type TypeFacts } from '../../kinds/facts.ts';

export type OpenApiVersion = 2 | 3;
export type Node = Record<string, unknown>;

export const refPrefix = (version: OpenApiVersion): string =>
  version === 2 ? '#/definitions/' : '#/components/schemas/';

const ZEROS: Record<string, unknown> = { string: '', boolean: false, int32: 0, int64: 0, double: 0 };
const isStruct = (type: string): boolean => typeFacts[type.slice(1)]?.fields !== undefined;

const scalar = (type: string): Node => {
  switch (type) {
    case 'string':
    case 'boolean':
      return { type };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: type };
    case 'double':
      return { type: 'number', format: 'double' };
    default:
      return { type: 'object' };
  }
};

const containerOf = (type: string): 'list' | 'map' | undefined =>
  type.startsWith('[]') ? 'list' : type.startsWith('{}') ? 'map' : undefined;

/** Type expression of the facts as a schema. `inner`: an item or value, whose zero value version 3 tells as default. */
function typeNode(type: string, version: OpenApiVersion, enumeration: unknown, inner: boolean): Node {
  const container = containerOf(type);
  if (container) {
    const items = typeNode(type.slice(2), version, enumeration, true);
    return container === 'list' ? { type: 'array', items } : { type: 'object', additionalProperties: items };
  }
  if (type.startsWith('#')) {
    const $ref = `${refPrefix(version)}${type.slice(1)}`;
    return inner && version === 3 && isStruct(type) ? { default: {}, allOf: [{ $ref }] } : { $ref };
  }
  const zero = inner && version === 3 && type in ZEROS ? { default: ZEROS[type] } : {};
  return { ...scalar(type), ...zero, ...(enumeration !== undefined && { enum: enumeration }) };
}

function zeroOf(type: string): unknown {
  return type in ZEROS ? ZEROS[type] : {};
}

function extensions(more: NonNullable<FieldFacts[4]>): Node {
  return {
    ...(more.list && { 'x-kubernetes-list-type': more.list }),
    ...(more.keys && { 'x-kubernetes-list-map-keys': more.keys }),
    ...(more.map && { 'x-kubernetes-map-type': more.map }),
    ...(more.patch && { 'x-kubernetes-patch-strategy': more.patch }),
    ...(more.mergeKey && { 'x-kubernetes-patch-merge-key': more.mergeKey }),
  };
}

/** `description` first, where there is one, as kube-openapi writes it. */
export const described = (description: string | undefined): Node => (description === undefined ? {} : { description });

function property(owner: string, [name, type, , flags, more = {}]: FieldFacts, version: OpenApiVersion): Node {
  const node = typeNode(type, version, more.enum, false);
  const ext = extensions(more);
  const text = described(fieldDescription(owner, name));
  if (version === 2) return { ...text, ...node, ...ext };
  const value = flags.includes('z')
    ? { default: zeroOf(type) }
    : more.default !== undefined
      ? { default: more.default }
      : {};
  if (!('$ref' in node)) return { ...text, ...node, ...value, ...ext };
  return flags.includes('b') ? node : { ...text, ...value, allOf: [node], ...ext };
}

function definition(name: string, facts: TypeFacts, version: OpenApiVersion): Node {
  const text = described(typeDescription(name));
  const gvk = facts.gvk && {
    'x-kubernetes-group-version-kind': facts.gvk.map(([group, v, kind]) => ({ group, kind, version: v })),
  };
  if (!facts.fields) return { ...text, ...(version === 2 ? facts.v2 : facts.v3), ...gvk };
  const required = facts.fields.filter(([, , , flags]) => flags.includes('r')).map(([field]) => field);
  const sorted = facts.fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...text,
    type: 'object',
    ...(required.length && { required }),
    properties: Object.fromEntries(sorted.map((field) => [field[0], property(name, field, version)])),
    ...gvk,
    ...(facts.map && { 'x-kubernetes-map-type': facts.map }),
    ...(facts.unions !== undefined && { 'x-kubernetes-unions': facts.unions }),
  };
}

const made = { 2: new Map<string, Node>(), 3: new Map<string, Node>() };

/** The schema of a built-in type, as kube-apiserver tells it; undefined for an unknown one. */
export function definitionOf(name: string, version: OpenApiVersion): Node | undefined {
  const known = made[version].get(name);
  if (known) return known;
  const facts = typeFacts[name];
  if (!facts || (version === 3 && facts.only === 2)) return undefined;
  const node = definition(name, facts, version);
  made[version].set(name, node);
  return node;
}

/** Names of the built-in types that a schema refers to, itself not included. */
export function refsOf(node: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(node)) for (const item of node) refsOf(item, found);
  else if (node && typeof node === 'object') {
    for (const [key, value] of Object.entries(node)) {
      if (key === '$ref' && typeof value === 'string') found.add(value.slice(value.lastIndexOf('/') + 1));
      else refsOf(value, found);
    }
  }
  return found;
}

/** Those of these types that are built in, and all that they refer to. `names` is added to on the way. */
export function* closure(names: Set<string>, version: OpenApiVersion): Generator<[name: string, type: Node]> {
  // a set is walked to its end, what is added meanwhile included
  for (const name of names) {
    const node = definitionOf(name, version);
    if (!node) continue;
    refsOf(node, names);
    yield [name, node];
  }
}
