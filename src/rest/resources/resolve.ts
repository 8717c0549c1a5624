import type { Target } from '../../api/contract.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { methodNotAllowed, notFound, noSuchResource, type StatusError } from '../../meta/status.ts';
import { methodNotAllowedHere, PageNotFound } from '../errors.ts';
import type { ResourcePath } from '../router.ts';

/** The API's verb for a method on a path, as authorisation names it. */
export function verbOf(method: string, path: ResourcePath, watch: boolean): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (path.watch || (watch && !path.name)) return 'watch';
      return path.name ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return path.name ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

/** Subresources whose verb is the method, whatever they are then used for. */
const STREAMS = new Set(['exec', 'attach', 'portforward', 'proxy', 'log']);
export const isStream = (subresource: string): boolean => STREAMS.has(subresource);

export interface Resolved {
  target: Target;
  verb: string;
}

/** Is there a route at all? Built-in kinds have exactly those that discovery tells of. */
function missing(kind: Kind, path: ResourcePath, verb: string): StatusError | PageNotFound | undefined {
  const nowhere = () => (kind.custom ? new PageNotFound() : noSuchResource());
  if (path.excess) return nowhere();
  if (!kind.namespaced && path.namespace) return nowhere();
  if (path.subresource) return missingSubresource(kind, path, verb);
  if (kind.namespaced && !path.namespace && path.name) return nowhere();
  if (kind.namespaced && !path.namespace && kind.custom && !['list', 'watch'].includes(verb)) return nowhere();
  return undefined;
}

function missingSubresource(kind: Kind, path: ResourcePath, verb: string): StatusError | undefined {
  const facts = kind.subresources.get(path.subresource);
  if (!facts)
    return kind.custom ? notFound({ group: kind.group, resource: kind.resource }, path.name) : noSuchResource();
  if (kind.namespaced && !path.namespace) return noSuchResource();
  if (isStream(path.subresource) ? !streams(facts.verbs, verb) : !facts.verbs.includes(verb)) {
    return kind.custom
      ? methodNotAllowed({ group: kind.group, resource: kind.resource }, verb)
      : methodNotAllowedHere();
  }
  return undefined;
}

/** Proxies take every method for which discovery has a verb. */
const streams = (verbs: readonly string[], verb: string): boolean =>
  verbs.includes(verb === 'watch' || verb === 'list' ? 'get' : verb);

const collectionOnly = new Set(['create', 'list', 'watch', 'deletecollection']);

/**
 * The kind and verb of a resource path. Throws 404 (text where not even the group is known, or the kind is custom),
 * 405, each in the words of the server that clients know.
 */
export function resolve(registry: Registry, path: ResourcePath, method: string, watch: boolean): Resolved {
  const verb = verbOf(method, path, watch);
  const kind = registry.byResource(path.group, path.version, path.resource);
  if (!kind) {
    const builtin = registry.all().some((k) => k.group === path.group && !k.custom);
    throw builtin || path.group === '' ? noSuchResource() : new PageNotFound();
  }
  const error = missing(kind, path, verb);
  if (error) throw error;
  // routes of built-in kinds are of one method each, and HEAD is none of them; only proxies pass it on
  if (method === 'HEAD' && !kind.custom && path.subresource !== 'proxy') throw methodNotAllowedHere();
  if (!path.subresource && !allowed(kind, path, verb)) {
    throw kind.custom ? methodNotAllowed({ group: kind.group, resource: kind.resource }, verb) : methodNotAllowedHere();
  }
  const { namespace, name, subresource } = path;
  return { target: { kind, namespace, name, subresource }, verb };
}

function allowed(kind: Kind, path: ResourcePath, verb: string): boolean {
  if (!kind.verbs.includes(verb)) return false;
  if (path.watch) return verb === 'watch';
  if (kind.namespaced && !path.namespace && !['list', 'watch'].includes(verb)) return false;
  return Boolean(path.name) !== collectionOnly.has(verb);
}
