import type { Kind } from '../../kinds/kind.ts';
import { ANY_LIST, ANY_OBJECT, fieldDescription } from '../../kinds/descriptions.ts';
import { described, refPrefix, type Node, type OpenApiVersion } from './definitions.ts';
import { typeNameOf } from './type-names.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** What version 2 has no word for. */
const NOT_IN_V2 = new Set(['nullable', 'oneOf', 'anyOf', 'allOf', 'not', 'default', 'x-kubernetes-validations']);

const textOf = (from: Node): Node => described(from.description as string | undefined);

function asVersion2(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asVersion2);
  if (!node || typeof node !== 'object') return node;
  const from = node as Node;
  // what may hold anything must not be checked by clients of version 2
  if (from['x-kubernetes-preserve-unknown-fields'] === true)
    return { ...textOf(from), 'x-kubernetes-preserve-unknown-fields': true };
  if (from['x-kubernetes-int-or-string'] === true) return { ...textOf(from), 'x-kubernetes-int-or-string': true };
  const own = Object.entries((from.properties ?? {}) as Node).map(([name, value]) => [name, asVersion2(value)]);
  const rest = Object.entries(from).filter(([key]) => !NOT_IN_V2.has(key) && key !== 'properties');
  return {
    ...Object.fromEntries(rest.map(([key, value]) => [key, key === 'enum' ? value : asVersion2(value)])),
    ...(own.length && { properties: Object.fromEntries(own) }),
  };
}

/** The words for a field that all objects, or all lists, have. */
const said = (of: string, field: string): Node => described(fieldDescription(of, field));
const typeMeta = (of: string): Node => ({
  apiVersion: { ...said(of, 'apiVersion'), type: 'string' },
  kind: { ...said(of, 'kind'), type: 'string' },
});

/** The names of a custom kind's types: its own and its list's. */
export function customTypeNames(kind: Kind): [own: string, list: string] {
  const name = typeNameOf(kind) ?? '';
  return [name, `${name.slice(0, -kind.kind.length)}${kind.listKind}`];
}

/** Definitions of a custom kind and its list, from its definition. */
export function customDefinitions(kind: Kind, version: OpenApiVersion): Record<string, Node> {
  const [name, listName] = customTypeNames(kind);
  const ref = (to: string): Node => ({ $ref: `${refPrefix(version)}${to}` });
  const gvk = (of: string) => ({
    'x-kubernetes-group-version-kind': [{ group: kind.group, kind: of, version: kind.version }],
  });
  const schema = kind.definition?.schema() ?? { 'x-kubernetes-preserve-unknown-fields': true };
  const own = (version === 2 ? asVersion2(schema) : schema) as Node;
  const metadata = ref(`${META}.ObjectMeta`);
  const object = {
    type: 'object',
    ...own,
    properties: {
      ...(own.properties as Node),
      ...typeMeta(ANY_OBJECT),
      metadata: { ...said(ANY_OBJECT, 'metadata'), ...(version === 2 ? metadata : { allOf: [metadata] }) },
    },
    ...gvk(kind.kind),
  };
  const list = {
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMeta(ANY_LIST),
      items: { ...said(ANY_LIST, 'items'), type: 'array', items: ref(name) },
      metadata: { ...said(ANY_LIST, 'metadata'), ...ref(`${META}.ListMeta`) },
    },
    ...gvk(kind.listKind),
  };
  return { [name]: object, [listName]: list };
}
