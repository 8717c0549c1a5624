import { methodNotAllowed, methodNotAllowedHere, noSuchResource, notFound, StatusError } from '../meta/status.ts';
import type { RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { isStream } from './streams/streams.ts';
import { resourceOf } from './target.ts';

/** What of a verb on a target there is not: its place (scope, name), the subresource, or the verb there. */
export type Absence = 'place' | 'subresource' | 'verb';

const ON_COLLECTIONS: ReadonlySet<string> = new Set(['create', 'list', 'watch', 'deletecollection']);
const ACROSS_NAMESPACES: ReadonlySet<string> = new Set(['list', 'watch']);

/**
 * The one table of what is served is the kinds' own, of which discovery is made: a resource's verbs, its subresources
 * and theirs. Undefined where the verb is served on the target.
 */
export function absenceOf(verb: string, { kind, namespace, name, subresource }: Target): Absence | undefined {
  if (!kind.namespaced && namespace) return 'place';
  const nowhere = kind.namespaced && !namespace;
  if (subresource) {
    const facts = kind.subresources.get(subresource);
    if (!facts) return 'subresource';
    if (nowhere || !name) return 'place';
    return facts.verbs.includes(verb) ? undefined : 'verb';
  }
  if (nowhere) {
    const across = ACROSS_NAMESPACES.has(verb);
    if (name || (kind.custom && !across)) return 'place';
    if (!across) return 'verb';
  }
  if (!kind.verbs.includes(verb)) return 'verb';
  // the old form of a watch names one object
  if (verb === 'watch') return undefined;
  return ON_COLLECTIONS.has(verb) === Boolean(name) ? 'verb' : undefined;
}

/** 404 or 405 in the words of the server that clients know: custom resources have their own. */
export function absent(absence: Absence, verb: string, { kind, name }: Target): StatusError {
  if (absence === 'verb') return kind.custom ? methodNotAllowed(resourceOf(kind), verb) : methodNotAllowedHere();
  return absence === 'subresource' && kind.custom ? notFound(resourceOf(kind), name) : noSuchResource();
}

/**
 * The gate that every verb passes before all else: what is not served on the target is 404 or 405, and 403 to those who
 * might not do it if it were, so that nobody learns what exists. Streams are connected to and never read or written.
 */
export function checkEndpoint(core: Core, ctx: RequestContext, verb: string, target: Target): void {
  const connects = verb === 'connect';
  const asked = connects ? 'get' : verb;
  const streamed = target.subresource !== '' && isStream(target);
  let absence = connects && streamed ? placeOf(target) : absenceOf(asked, target);
  if (!absence && connects !== streamed) absence = 'verb';
  if (!absence) return;
  core.authorizer.require(ctx, asked, target);
  const error = absent(absence, asked, target);
  // over REST the path says it; who gives a namespace as an argument may forget it
  if (!target.kind.namespaced || target.namespace || absenceOf(asked, { ...target, namespace: 'any' })) throw error;
  throw new StatusError({ ...error.status, message: `${target.kind.resource} are in namespaces: say in which` });
}

/** Of a stream, whose verb is that of the request's method. */
function placeOf(target: Target): Absence | undefined {
  const absence = absenceOf('connect', target);
  return absence === 'verb' ? undefined : absence;
}
