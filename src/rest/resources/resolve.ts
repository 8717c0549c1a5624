import type { Target } from '../../api/contract.ts';
import { absenceOf, absent } from '../../api/endpoint.ts';
import type { Registry } from '../../kinds/kind.ts';
import { noSuchResource } from '../../meta/status.ts';
import { PageNotFound } from '../errors.ts';
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
      // the API has no verb for them: only who may everything may that (OPTIONS of a proxy)
      return '';
  }
}

export interface Resolved {
  target: Target;
  verb: string;
}

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
  const { namespace, name, subresource } = path;
  const target = { kind, namespace, name, subresource };
  // of what has no verb only proxies are routes, and for them what is true of one method is true of all
  const absence = path.excess ? 'place' : absenceOf(verb || 'get', target);
  if (absence === 'place' && kind.custom) throw new PageNotFound();
  if (absence) throw absent(absence, verb, target);
  // routes of built-in kinds are of one method each, and HEAD is none of them; only proxies pass it on
  const headless = method === 'HEAD' && !kind.custom && subresource !== 'proxy';
  if (headless || (path.watch && verb !== 'watch')) throw absent('verb', verb, target);
  return { target, verb };
}
