import { badRequest, forbiddenRequest, notFound } from '../meta/status.ts';
import { attributesOf } from './authorization/attributes.ts';
import type { ConnectRequest, OpenConnection, RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { admissionRequest, operationOf } from './write/operation.ts';
import { connectOptions } from './streams/connect-options.ts';
import { checkLogOptions } from './streams/log-options.ts';
import { streams } from './streams/streams.ts';
import { keyOf, resourceOf } from './target.ts';

/** A GET opens these as a web socket, but they do something: since 1.35 who may only read may not. */
const ALSO_CREATE = new Set(['exec', 'attach', 'portforward']);

/**
 * Where the stream goes. It counts as open until the caller's client is gone. Throws 403; 429 where too many are open;
 * 404 without the object; 400 for an unclear container, a name or port that is none, an address that is not allowed.
 */
export async function connect(
  core: Core,
  ctx: RequestContext,
  target: Target,
  { verb, query, path = '/', search = '' }: ConnectRequest,
): Promise<OpenConnection> {
  const stream = streams[`${target.kind.storage.key}/${target.subresource}`];
  if (!stream) throw badRequest(`no stream ${target.subresource} of ${target.kind.resource}`);
  core.authorizer.require(ctx, verb, target);
  const createToo = ALSO_CREATE.has(target.subresource) && verb !== 'create';
  if (createToo) requireCreate(core, ctx, target);
  if (target.subresource === 'log') checkLogOptions(target.name, query);
  core.openStreams.open(ctx);
  const asked = connectOptions(target, query, path);
  if (asked) {
    const op = { ...operationOf(core, ctx, target, 'connect', {}), shown: asked.shown };
    const request = admissionRequest(op, 'CONNECT', asked.object, undefined);
    await core.admission.admit(request);
    await core.admission.validate(request);
  }
  const key = keyOf(target);
  let stored = core.store.get(key);
  if (!stored) {
    await core.store.fresh();
    stored = core.store.get(key);
  }
  const proxied = target.subresource === 'proxy';
  if (!stored && !proxied) throw notFound(resourceOf(target.kind), target.name);
  const rights = (createToo ? [verb, 'create'] : [verb]).map((each) => attributesOf(each, target));
  const connection = await stream({ core, target, stored, query, path, search });
  return { ...connection, hold: (onLost) => core.standing.hold(ctx, rights, onLost) };
}

/** In the words of pod/rest ensureAuthorizedForVerb, which are fewer than those of the first check. */
function requireCreate(core: Core, { user }: RequestContext, target: Target): void {
  const { allowed, reason } = core.authorizer.decide(user, attributesOf('create', target));
  if (!allowed) throw forbiddenRequest(resourceOf(target.kind), target.name, reason);
}
