import { objectAs } from '../../api/object-as.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Store } from '../../store/contract.ts';
import { ANY_LIST, ANY_OBJECT, fieldDescription } from '../../kinds/descriptions.ts';
import { described, refPrefix, type Node, type OpenApiVersion } from './definitions.ts';
import { typeNameOf } from './type-names.ts';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
/** What version 2 has no word for. */
const NOT_IN_V2 = new Set(['nullable', 'oneOf', 'anyOf', 'allOf', 'not', 'default', 'x-kubernetes-validations']);

/** The schema that a definition gives for one of its versions; undefined for one without. */
function schemaOf(store: Store, kind: Kind): Node | undefined {
  const definition = store.get({ resource: DEFINITIONS, namespace: '', name: `${kind.resource}.${kind.group}` });
  const versions = definition && objectAs(DEFINITIONS, definition).spec.versions;
  return versions?.find((v) => v.name === kind.version)?.schema?.openAPIV3Schema as Node | undefined;
}

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

/** Definitions of a custom kind and its list, from its definition in the store. */
export function customDefinitions(store: Store, kind: Kind, version: OpenApiVersion): Record<string, Node> {
  const name = typeNameOf(kind) as string;
  const ref = (to: string): Node => ({ $ref: `${refPrefix(version)}${to}` });
  const gvk = (of: string) => ({
    'x-kubernetes-group-version-kind': [{ group: kind.group, kind: of, version: kind.version }],
  });
  const schema = schemaOf(store, kind) ?? { 'x-kubernetes-preserve-unknown-fields': true };
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
  return { [name]: object, [`${name.slice(0, -kind.kind.length)}${kind.listKind}`]: list };
}
