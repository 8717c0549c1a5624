import type { GraphQLCall, RestCall } from './facades.ts';

/** A resource of one version, as the discovery document has it. */
export interface Discovered {
  group: string;
  version: string;
  resource: string;
  namespaced: boolean;
  /** by subresource, '' for the resource itself */
  endpoints: Map<string, { verbs: readonly string[]; apiVersion: string; kind: string }>;
}

/** One verb on one target, as both façades are asked for it; undefined where a façade has no form for it. */
export interface Call {
  text: string;
  verb: string;
  subresource: string;
  /** whether it is where the resource has it: scope, and name or none */
  placed: boolean;
  rest?: RestCall;
  graphql?: GraphQLCall;
}

interface Place {
  namespace: string;
  name: string;
}

const METHODS: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};
const ON_ONE = ['get', 'update', 'patch', 'delete'];
const ON_ALL = ['list', 'watch', 'create', 'deletecollection'];

/** @param dry leaves nothing changed where it succeeds */
function callOf(found: Discovered, verb: string, subresource: string, { namespace, name }: Place, dry: boolean): Call {
  const { group, version, resource } = found;
  const of = found.endpoints.get(subresource) ?? found.endpoints.get('')!;
  const { apiVersion, kind } = of;
  const object = { apiVersion, kind, metadata: { name: name || 'y', ...(namespace && { namespace }) } };
  const patch = { metadata: { labels: { a: 'b' } } };
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const path = [root, namespace && `namespaces/${namespace}`, resource, name, subresource].filter(Boolean).join('/');
  const query = [verb === 'watch' && 'watch=1', dry && 'dryRun=All'].filter(Boolean).join('&');
  const body = { create: object, update: object, patch }[verb];
  const target = {
    resource: group ? `${resource}.${group}` : resource,
    version,
    namespace: namespace || undefined,
    name: name || undefined,
    subresource: subresource || undefined,
  };
  const dryRun = dry || undefined;
  const forms: Readonly<Record<string, GraphQLCall>> = {
    get: { type: 'query', field: 'object', variables: target },
    list: { type: 'query', field: 'objects', variables: target, selected: '{ items }' },
    watch: { type: 'subscription', field: 'objectsWatch', variables: target },
    create: { type: 'mutation', field: 'createObject', variables: { ...target, object, dryRun } },
    update: { type: 'mutation', field: 'updateObject', variables: { ...target, object, dryRun } },
    patch: { type: 'mutation', field: 'patchObject', variables: { ...target, patch, dryRun } },
    delete: { type: 'mutation', field: 'deleteObject', variables: { ...target, dryRun } },
  };
  // below a namespace every other segment is a resource of its own
  const hidden = group === '' && resource === 'namespaces' && subresource && !found.endpoints.has(subresource);
  const placed = verb !== 'create' || subresource !== '' || !name;
  // GraphQL's fields have no argument for what could not be: a name of a list, a subresource of a delete
  const sayable = !(['list', 'watch'].includes(verb) && (name || subresource)) && !(verb === 'delete' && subresource);
  return {
    text: `${verb} ${path}`,
    verb,
    subresource,
    placed: placed && found.namespaced === Boolean(namespace),
    ...(!hidden && { rest: { method: METHODS[verb]!, url: `${path}${query && `?${query}`}`, ...(body && { body }) } }),
    ...(forms[verb] && sayable && { graphql: forms[verb] }),
  };
}

/** Every verb on a resource and on every subresource that any resource has, where it should be and where not. */
export function callsOf(found: Discovered, subresources: Iterable<string>): Call[] {
  const served = (verb: string, subresource = ''): boolean =>
    found.endpoints.get(subresource)?.verbs.includes(verb) ?? false;
  const calls: Call[] = [];
  for (const namespace of ['t', '']) {
    const right = found.namespaced === Boolean(namespace);
    const dry = (verb: string, subresource = ''): boolean => served(verb, subresource) && (right || !namespace);
    for (const verb of ON_ONE) calls.push(callOf(found, verb, '', { namespace, name: 'x' }, dry(verb)));
    for (const verb of ON_ALL) calls.push(callOf(found, verb, '', { namespace, name: '' }, dry(verb)));
    calls.push(callOf(found, 'create', '', { namespace, name: 'x' }, false));
    for (const subresource of right ? subresources : found.endpoints.keys())
      for (const verb of subresource ? [...ON_ONE, 'create'] : [])
        calls.push(callOf(found, verb, subresource, { namespace, name: 'x' }, dry(verb, subresource)));
  }
  return calls;
}
