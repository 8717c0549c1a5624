import { notFound } from '../meta/status.ts';
import { storedAnswer } from './answer.ts';
import type { ObjectAnswer, ReadOptions, RequestContext, Target } from './contract.ts';
import { hasWebhook, oneInKindsVersion } from './conversion/stored-version.ts';
import type { Core } from './core.ts';
import { parseObjectRevision, waitFor } from './resource-version.ts';
import { keyOf, resourceOf } from './target.ts';

/** One object. resourceVersion as of lists: '' is the newest, 0 what the cache has, another at least that. Throws as a watch does for what is no number. */
export async function get(
  core: Core,
  ctx: RequestContext,
  target: Target,
  options: ReadOptions,
): Promise<ObjectAnswer> {
  core.authorizer.require(ctx, 'get', target);
  await waitFor(core.store, parseObjectRevision(options.resourceVersion));
  const stored = core.store.get(keyOf(target));
  if (!stored) throw notFound(resourceOf(target.kind), target.name);
  const { kind } = target;
  return storedAnswer(kind, hasWebhook(kind) ? await oneInKindsVersion(core, kind, stored) : stored);
}
