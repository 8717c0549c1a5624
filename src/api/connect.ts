import { badRequest, notFound } from '../meta/status.ts';
import type { Connection, RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { admissionRequest, operationOf } from './write/operation.ts';
import { streams } from './streams/streams.ts';
import { keyOf, resourceOf } from './target.ts';

/** get, or create where the stream does something: what a client must be allowed (both for exec since 1.35). */
const VERBS: Readonly<Record<string, string>> = { exec: 'create', attach: 'create', portforward: 'create' };

/** Where the stream goes. Throws 404 without the object, 400 for an unclear container or port. */
export async function connect(
  core: Core,
  ctx: RequestContext,
  target: Target,
  query: URLSearchParams,
): Promise<Connection> {
  const stream = streams[`${target.kind.storage.key}/${target.subresource}`];
  if (!stream) throw badRequest(`no stream ${target.subresource} of ${target.kind.resource}`);
  core.authorizer.require(ctx, VERBS[target.subresource] ?? 'get', target);
  const key = keyOf(target);
  let stored = core.store.get(key);
  if (!stored) {
    await core.store.fresh();
    stored = core.store.get(key);
  }
  const proxied = target.subresource === 'proxy';
  if (!stored && !proxied) throw notFound(resourceOf(target.kind), target.name);
  const op = operationOf(core, ctx, target, 'connect', {});
  const request = admissionRequest(op, 'CONNECT', undefined, stored?.object as never);
  await core.admission.admit(request);
  await core.admission.validate(request);
  return stream(core, target, stored, query);
}
