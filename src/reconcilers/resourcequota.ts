import type { Context, Key, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { keyOf, splitKey } from '../control/keys.ts';
import type { KubeObject } from '../meta/object.ts';
import { formatQuantity, zeroQuantity } from '../meta/quantity.ts';
import { addUsage, inScopes, resourceOfQuotaName, usageOf, type Usage } from '../meta/quota-usage.ts';

const RESOURCE = 'resourcequotas';
/** Counted anew so often, ms: what is counted by name only (custom resources) sends no events here. */
const RESYNC = 300_000;
/** What most quotas are about; changes of these are seen at once. */
const WATCHED = ['pods', 'services', 'persistentvolumeclaims', 'configmaps', 'secrets', 'replicationcontrollers'];

/** Keeps `status.used` of quotas: what the objects of the namespace take. (Admission refuses what would be too much.) */
export const resourcequota: Reconciler = {
  name: 'resourcequota',
  watches: [
    { resource: RESOURCE },
    ...WATCHED.map((resource) => ({
      resource,
      *keys(object: KubeObject | undefined, old: KubeObject | undefined, ctx: Context): Iterable<Key> {
        if (object && old && !changesUsage(resource, object, old)) return;
        for (const quota of ctx.informer(RESOURCE).list((object ?? old)!.metadata.namespace)) yield keyOf(quota);
      },
    })),
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const quota = ctx.informer(RESOURCE).get(namespace, name);
    if (!quota) return undefined;
    const hard = (quota['spec']?.hard ?? {}) as Record<string, string>;
    const used = await count(quota, Object.keys(hard), ctx);
    const status = { hard, used };
    if (!semanticEqual(quota['status'], status)) {
      await unlessGone(ctx.client.update(RESOURCE, { ...quota, status }, 'status'));
    }
    return { requeueAfter: RESYNC };
  },
};

/** Of an update only what a quota can see: the end of a pod, a resize, a change of a service's type. */
function changesUsage(resource: string, object: KubeObject, old: KubeObject): boolean {
  if (resource === 'pods') {
    return object['status']?.phase !== old['status']?.phase || object.metadata.generation !== old.metadata.generation;
  }
  return ['services', 'persistentvolumeclaims'].includes(resource) && !semanticEqual(object['spec'], old['spec']);
}

async function count(quota: KubeObject, names: readonly string[], ctx: Context): Promise<Record<string, string>> {
  const namespace = quota.metadata.namespace ?? '';
  const total: Usage = {};
  const resources = new Set(names.flatMap((name) => resourceOfQuotaName(name) ?? []));
  for (const resource of resources) {
    const watched = [...WATCHED, RESOURCE].includes(resource);
    const items = watched
      ? ctx.informer(resource).list(namespace)
      : (await ctx.client.list<KubeObject>(resource, { namespace })).items;
    for (const item of items) if (inScopes(quota, resource, item)) addUsage(total, usageOf(resource, item));
  }
  return Object.fromEntries(names.map((name) => [name, formatQuantity(total[name] ?? zeroQuantity)]));
}
