import type { Pod, ResourceQuota } from '../../schema/types.ts';
import type { ObjectOf } from '../client/contract.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { keyOf, splitKey } from '../control/keys.ts';
import type { ObjectLike } from '../meta/object.ts';
import { formatQuantity, zeroQuantity } from '../meta/quantity.ts';
import { addAmounts, exact } from '../rules/pod-amounts.ts';
import { inScopes } from '../rules/quota-scopes.ts';
import { resourceOfQuotaName, usageOf, type Usage } from '../rules/quota-usage.ts';

const RESOURCE = 'resourcequotas';
/** Counted anew so often, ms: what is counted by name only (custom resources) sends no events here. */
const RESYNC = 300_000;
/** What most quotas are about; changes of these are seen at once. */
const BY_SPEC = ['services', 'persistentvolumeclaims'] as const;
const BY_NUMBER = ['configmaps', 'secrets', 'replicationcontrollers'] as const;
const WATCHED: readonly string[] = ['pods', ...BY_SPEC, ...BY_NUMBER, RESOURCE];

/**
 * Keeps `status.used` of quotas: what the objects of the namespace take. (Admission refuses what would be too much.)
 * Of an update it looks only at what a quota can see: the end of a pod, a resize, a change of a service's type.
 */
export const resourcequota: Reconciler = {
  name: 'resourcequota',
  watches: [
    { resource: RESOURCE },
    { resource: 'pods', keys: (pod, old, ctx) => (pod && old && sameUsage(pod, old) ? [] : quotasOf(pod ?? old, ctx)) },
    ...BY_SPEC.map((resource) => ({
      resource,
      keys: (object: BySpec | undefined, old: BySpec | undefined, ctx: Context) =>
        object && old && sameParts(object, old) ? [] : quotasOf(object ?? old, ctx),
    })),
    ...BY_NUMBER.map((resource) => ({
      resource,
      keys: (object: ObjectLike | undefined, old: ObjectLike | undefined, ctx: Context) =>
        object && old ? [] : quotasOf(object ?? old, ctx),
    })),
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const quota = ctx.informer(RESOURCE).get(namespace, name);
    if (!quota) return undefined;
    const hard = quota.spec?.hard ?? {};
    const used = await count(quota, Object.keys(hard), ctx);
    const status = { hard, used };
    if (!semanticEqual(quota.status, status)) {
      await unlessGone(ctx.client.update(RESOURCE, { ...quota, status }, 'status'));
    }
    return { requeueAfter: RESYNC };
  },
};

type BySpec = ObjectOf<(typeof BY_SPEC)[number]>;

const sameUsage = (pod: Pod, old: Pod): boolean =>
  pod.status?.phase === old.status?.phase && pod.metadata.generation === old.metadata.generation;

/** A claim takes by its status too: by what is allocated for it, and by its class. */
const sameParts = (object: BySpec, old: BySpec): boolean =>
  semanticEqual(object.spec, old.spec) && semanticEqual(object.status, old.status);

const quotasOf = (object: ObjectLike | undefined, ctx: Context): Key[] =>
  ctx.informer(RESOURCE).list(object?.metadata.namespace).map(keyOf);

async function count(
  { ...quota }: ResourceQuota,
  names: readonly string[],
  ctx: Context,
): Promise<Record<string, string>> {
  const namespace = quota.metadata.namespace ?? '';
  const total: Usage = {};
  const resources = new Set(names.flatMap((name) => resourceOfQuotaName(name) ?? []));
  for (const resource of resources) {
    const items = WATCHED.includes(resource)
      ? ctx.informer(resource).list(namespace)
      : (await ctx.client.list(resource, { namespace })).items;
    for (const item of items)
      if (inScopes(quota, resource, item)) addAmounts(total, usageOf(resource, item, ctx.clock.now()), exact);
  }
  return Object.fromEntries(names.map((name) => [name, formatQuantity(total[name] ?? zeroQuantity)]));
}
