import type { Kind, SubresourceFacts } from '../../kinds/kind.ts';
import type { GroupVersionKind } from '../../meta/gvk.ts';
import { ALL_FORMATS, CUSTOM_FORMATS, MEDIA_TYPES } from '../negotiation/negotiate.ts';
import { refPrefix, type Node, type OpenApiVersion } from './definitions.ts';
import { typeNameOf } from './type-names.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

type Param = [name: string, type: 'string' | 'boolean' | 'integer'];
const LIST: Param[] = [
  ['allowWatchBookmarks', 'boolean'],
  ['continue', 'string'],
  ['fieldSelector', 'string'],
  ['labelSelector', 'string'],
  ['limit', 'integer'],
  ['resourceVersion', 'string'],
  ['resourceVersionMatch', 'string'],
  ['sendInitialEvents', 'boolean'],
  ['timeoutSeconds', 'integer'],
  ['watch', 'boolean'],
];
const WRITE: Param[] = [
  ['dryRun', 'string'],
  ['fieldManager', 'string'],
  ['fieldValidation', 'string'],
];
const DELETE: Param[] = [
  ['dryRun', 'string'],
  ['gracePeriodSeconds', 'integer'],
  ['ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean'],
  ['orphanDependents', 'boolean'],
  ['propagationPolicy', 'string'],
];
const DELETE_COLLECTION = [...DELETE, ...LIST.filter(([name]) => name !== 'watch' && name !== 'allowWatchBookmarks')];

interface Verb {
  method: string;
  /** x-kubernetes-action and the start of the operation's id */
  action: string;
  id: string;
  params: Param[];
  /** type of the body: the object's own, or another */
  body?: 'object' | 'Patch' | 'DeleteOptions';
  codes: number[];
}
const VERBS: Record<string, Verb> = {
  list: { method: 'get', action: 'list', id: 'list', params: LIST, codes: [200] },
  get: { method: 'get', action: 'get', id: 'read', params: [], codes: [200] },
  create: { method: 'post', action: 'post', id: 'create', params: WRITE, body: 'object', codes: [200, 201, 202] },
  update: { method: 'put', action: 'put', id: 'replace', params: WRITE, body: 'object', codes: [200, 201] },
  patch: {
    method: 'patch',
    action: 'patch',
    id: 'patch',
    params: [...WRITE, ['force', 'boolean']],
    body: 'Patch',
    codes: [200, 201],
  },
  delete: {
    method: 'delete',
    action: 'delete',
    id: 'delete',
    params: DELETE,
    body: 'DeleteOptions',
    codes: [200, 202],
  },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    id: 'deleteCollection',
    params: DELETE_COLLECTION,
    body: 'DeleteOptions',
    codes: [200],
  },
};

/** Whether an operation answers a Status: deletes do, but for kinds that return what is gone. */
const answersStatus = ({ storage }: Kind, name: string): boolean =>
  name === 'deletecollection' || (name === 'delete' && storage.strategy.returnsDeleted !== true);

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
/** `AppsV1`, `CoreV1`, `RbacAuthorizationV1` */
const prefixOf = ({ group, version }: { group: string; version: string }): string =>
  `${(group || 'core')
    .replace(/\.k8s\.io$/, '')
    .split(/[.-]/)
    .map(upper)
    .join('')}${upper(version)}`;

const WATCH_EVENT = `${META}.WatchEvent`;
const WATCH: Verb = { method: 'get', action: 'watch', id: 'watch', params: LIST, codes: [200] };

interface Operation {
  kind: Kind;
  verb: Verb;
  name: string;
  namespaced: boolean;
  /** for operation ids: `Status`, `Scale`, `ForAllNamespaces` */
  suffix: string;
  /** of what is sent and answered */
  type: string | undefined;
  gvk: GroupVersionKind;
}

function parameter([name, type]: Param, version: OpenApiVersion): Node {
  return version === 2
    ? { uniqueItems: true, type, name, in: 'query' }
    : { name, in: 'query', schema: { type, uniqueItems: true } };
}

function operation({ kind, verb, name, namespaced, suffix, type, gvk }: Operation, version: OpenApiVersion): Node {
  const ref = (to: string | undefined): Node => (to ? { $ref: `${refPrefix(version)}${to}` } : { type: 'object' });
  const produces = (kind.custom ? CUSTOM_FORMATS : ALL_FORMATS).map((f) => MEDIA_TYPES[f]);
  const consumes = verb.action === 'patch' ? PATCHES.filter((p) => !kind.custom || !p.includes('strategic')) : ['*/*'];
  const list = name === 'list' && type ? listTypeOf(kind, type) : type;
  const answer = ref(answersStatus(kind, name) ? `${META}.Status` : list);
  const body = verb.body && ref(verb.body === 'object' ? type : `${META}.${verb.body}`);
  const required = verb.body !== 'DeleteOptions';
  const middle = namespaced ? 'Namespaced' : '';
  const content = (schema: Node) => Object.fromEntries(produces.map((p) => [p, { schema }]));
  const params = verb.params.map((p) => parameter(p, version));
  if (version === 2 && body) params.unshift({ name: 'body', in: 'body', ...(required && { required }), schema: body });
  const id = name === 'deletecollection' ? `delete${prefixOf(kind)}Collection` : `${verb.id}${prefixOf(kind)}`;
  return {
    ...(version === 2 && { consumes, produces, schemes: ['https'] }),
    tags: [kind.group ? `${camel(kind.group)}_${kind.version}` : `core_${kind.version}`],
    operationId: `${id}${middle}${kind.kind}${suffix}`,
    ...(params.length && { parameters: params }),
    ...(version === 3 &&
      body && {
        requestBody: {
          ...(required && { required }),
          content: Object.fromEntries(consumes.map((c) => [c, { schema: body }])),
        },
      }),
    responses: {
      ...Object.fromEntries(
        verb.codes.map((code) => [
          code,
          version === 2 ? { description: 'OK', schema: answer } : { description: 'OK', content: content(answer) },
        ]),
      ),
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': verb.action,
    'x-kubernetes-group-version-kind': { group: gvk.group, kind: gvk.kind, version: gvk.version },
  };
}

/** `rbacAuthorization` */
const camel = (group: string): string => {
  const [first, ...rest] = group.replace(/\.k8s\.io$/, '').split('.');
  return first + rest.map(upper).join('');
};

/** The list type stands next to its item type. */
const listTypeOf = (kind: Kind, type: string): string => `${type.slice(0, type.lastIndexOf('.'))}.${kind.listKind}`;

function pathParams(names: string[], version: OpenApiVersion): Node[] {
  const pretty = parameter(['pretty', 'string'], version);
  const inPath = names.map((name) =>
    version === 2
      ? { uniqueItems: true, type: 'string', name, in: 'path', required: true }
      : { name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } },
  );
  return [...inPath, pretty];
}

/** All paths of a kind with their operations. */
export function pathsOf(kind: Kind, version: OpenApiVersion): Record<string, Node> {
  const base = kind.group ? `/apis/${kind.group}/${kind.version}` : `/api/${kind.version}`;
  const scope = kind.namespaced ? '/namespaces/{namespace}' : '';
  const collection = `${base}${scope}/${kind.resource}`;
  const own = typeNameOf(kind);
  const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
  const paths: Record<string, Node> = {};
  const add = (
    path: string,
    verbs: readonly string[],
    more: { namespaced: boolean; suffix: string; type: string | undefined; gvk: GroupVersionKind },
  ) => {
    const operations = verbs.flatMap((name) => {
      const verb = VERBS[name];
      return verb ? [[verb.method, operation({ kind, verb, name, ...more }, version)]] : [];
    });
    if (operations.length === 0) return;
    const params = [
      ...(path.includes('{name}') ? ['name'] : []),
      ...(path.includes('{namespace}') ? ['namespace'] : []),
    ];
    paths[path] = { ...Object.fromEntries(operations), parameters: pathParams(params, version) };
  };
  const verbs = (names: string[]) => kind.verbs.filter((v) => names.includes(v));
  const same = { namespaced: kind.namespaced, suffix: '', type: own, gvk };
  add(collection, verbs(['list', 'create', 'deletecollection']), same);
  add(`${collection}/{name}`, verbs(['get', 'update', 'patch', 'delete']), same);
  if (kind.namespaced)
    add(`${base}/${kind.resource}`, verbs(['list']), { ...same, namespaced: false, suffix: 'ForAllNamespaces' });
  for (const sub of kind.subresources.values()) {
    const more = { ...same, suffix: upper(sub.name), type: subresourceType(kind, sub, own), gvk: sub.kind };
    add(`${collection}/{name}/${sub.name}`, sub.verbs, more);
  }
  if (kind.verbs.includes('watch')) addWatches(kind, version, paths);
  return paths;
}

/** The old form of watches, below /watch/. */
function addWatches(kind: Kind, version: OpenApiVersion, paths: Record<string, Node>): void {
  const base = kind.group ? `/apis/${kind.group}/${kind.version}/watch` : `/api/${kind.version}/watch`;
  const collection = `${base}${kind.namespaced ? '/namespaces/{namespace}' : ''}/${kind.resource}`;
  const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
  const add = (path: string, action: string, suffix: string, namespaced: boolean) => {
    const params = [
      ...(path.includes('{name}') ? ['name'] : []),
      ...(path.includes('{namespace}') ? ['namespace'] : []),
    ];
    const get = operation(
      { kind, verb: { ...WATCH, action }, name: 'watch', namespaced, suffix, type: WATCH_EVENT, gvk },
      version,
    );
    paths[path] = { get, parameters: pathParams(params, version) };
  };
  add(collection, 'watchlist', 'List', kind.namespaced);
  add(`${collection}/{name}`, 'watch', '', kind.namespaced);
  if (kind.namespaced) add(`${base}/${kind.resource}`, 'watchlist', 'ListForAllNamespaces', false);
}

/** The path that tells which resources a group version has. */
export function discoveryPath(group: string, version: string, form: OpenApiVersion): Record<string, Node> {
  const schema = { $ref: `${refPrefix(form)}${META}.APIResourceList` };
  const produces = ALL_FORMATS.map((f) => MEDIA_TYPES[f]);
  const answer = form === 2 ? { schema } : { content: Object.fromEntries(produces.map((p) => [p, { schema }])) };
  const get = {
    ...(form === 2 && { consumes: produces, produces, schemes: ['https'] }),
    tags: [group ? `${camel(group)}_${version}` : `core_${version}`],
    operationId: `get${prefixOf({ group, version })}APIResources`,
    responses: { 200: { description: 'OK', ...answer }, 401: { description: 'Unauthorized' } },
  };
  return { [group ? `/apis/${group}/${version}/` : `/api/${version}/`]: { get } };
}

const subresourceType = (kind: Kind, sub: SubresourceFacts, own: string | undefined): string | undefined =>
  sub.kind.kind === kind.kind && sub.kind.group === kind.group ? own : typeNameOf({ ...sub.kind, custom: false });
