import type { Pod, Volume } from '../../schema/types.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { controllerOf, controllerRef, keyFor, keyOf, splitKey } from '../control/keys.ts';
import { errorMessage } from '../meta/error-message.ts';
import { present } from '../meta/present.ts';
import { claimOf } from '../rules/pod-claims.ts';

const CLAIMS = 'persistentvolumeclaims';

const claimsOf = (pod: Pod): Key[] =>
  (pod.spec?.volumes ?? []).flatMap((volume) => {
    const name = volume.ephemeral && claimOf(pod, volume);
    return name ? [keyFor(pod.metadata.namespace, name)] : [];
  });

/** Makes the claims of generic ephemeral volumes, which go with their pod. */
export const ephemeralvolume: Reconciler = {
  name: 'ephemeral-volume',
  source: 'ephemeral_volume',
  indexes: { pods: { ephemeral: claimsOf } },
  watches: [
    {
      resource: 'pods',
      *keys(pod): Iterable<Key> {
        if (pod && !pod.metadata.deletionTimestamp && claimsOf(pod).length) yield keyOf(pod);
      },
    },
    {
      resource: CLAIMS,
      // one that was deleted is made again
      keys: (claim, old, ctx) => (claim || !old ? [] : ctx.informer('pods').index('ephemeral', keyOf(old)).map(keyOf)),
    },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const pod = ctx.informer('pods').get(namespace, name);
    if (!pod || pod.metadata.deletionTimestamp) return;
    for (const volume of pod.spec?.volumes ?? []) {
      if (volume.ephemeral) await make(pod, volume, key, ctx);
    }
  },
};

async function make(pod: Pod, volume: Volume, key: Key, ctx: Context): Promise<void> {
  try {
    await claimFor(pod, volume, ctx);
  } catch (error) {
    const why = `ephemeral volume ${volume.name}: ${errorMessage(error)}`;
    ctx.events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'FailedBinding', why);
    throw new Error(`pod ${key}, ${why}`, { cause: error });
  }
}

async function claimFor(pod: Pod, volume: Volume, ctx: Context): Promise<void> {
  const { namespace = '', uid } = pod.metadata;
  const name = claimOf(pod, volume) ?? '';
  const there = ctx.informer(CLAIMS).get(namespace, name);
  if (there && controllerOf(there)?.uid === uid) return;
  if (there) {
    const of = `pod ${namespace}/${pod.metadata.name}`;
    throw new Error(`PVC ${namespace}/${name} was not created for ${of} (pod is not owner)`);
  }
  const { metadata, spec } = volume.ephemeral?.volumeClaimTemplate ?? { spec: {} };
  const { labels, annotations } = metadata ?? {};
  const owner = controllerRef(pod, 'v1', 'Pod');
  await ctx.client
    .create(CLAIMS, {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace, ownerReferences: [owner], ...present({ labels, annotations }) },
      spec,
    })
    .catch((error: unknown) => {
      throw new Error(`create PVC ${name}: ${errorMessage(error)}`, { cause: error });
    });
}
