import type { PersistentVolume, PersistentVolumeClaim } from '../../schema/types.ts';
import type { ObjectOf } from '../client/contract.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { splitKey } from '../control/keys.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { claimsOfPod } from './claims-of-pod.ts';

const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';
const ATTRIBUTES = 'volumeattributesclasses.storage.k8s.io';
const ATTRIBUTES_FINALIZER = 'kubernetes.io/vac-protection';

/** Keeps a claim that is being deleted until no pod uses it. */
export const pvcprotection: Reconciler = {
  name: 'pvc-protection',
  indexes: { pods: { claim: claimsOfPod } },
  watches: [
    { resource: 'persistentvolumeclaims' },
    {
      resource: 'pods',
      *keys(pod, old, ctx): Iterable<Key> {
        const user = pod ?? old;
        if (!user || (pod && !isPodTerminal(pod))) return;
        for (const key of claimsOfPod(user)) {
          const { namespace, name } = splitKey(key);
          if (ctx.informer('persistentvolumeclaims').get(namespace, name)?.metadata.deletionTimestamp) yield key;
        }
      },
    },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    const claim = ctx.informer('persistentvolumeclaims').get(namespace, name);
    if (!claim) return;
    const used = ctx
      .informer('pods')
      .index('claim', key)
      .some((pod) => !isPodTerminal(pod) && (!!pod.spec?.nodeName || !pod.metadata.deletionTimestamp));
    await protect('persistentvolumeclaims', claim, CLAIM_FINALIZER, used, ctx);
  },
};

/** Keeps a volume that is being deleted until it is bound no more. */
export const pvprotection: Reconciler = {
  name: 'pv-protection',
  watches: [{ resource: 'persistentvolumes' }],
  async reconcile(name, ctx) {
    const volume = ctx.informer('persistentvolumes').get('', name);
    if (volume) await protect('persistentvolumes', volume, VOLUME_FINALIZER, volume.status?.phase === 'Bound', ctx);
  },
};

/** The classes of attributes that a claim asks for, has, or is being given. */
const classesOf = ({ spec, status }: PersistentVolumeClaim): string[] =>
  [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].flatMap((name) => name || []);
const classOf = ({ spec }: PersistentVolume): string[] =>
  spec?.volumeAttributesClassName ? [spec.volumeAttributesClassName] : [];

/** Those that are named no more. */
const left = (now: readonly string[], before: readonly string[]): string[] =>
  before.filter((name) => !now.includes(name));

/** Keeps a class of volume attributes that is being deleted until no claim and no volume names it. */
export const vacprotection: Reconciler = {
  name: 'volumeattributesclass-protection',
  indexes: { persistentvolumeclaims: { attributes: classesOf }, persistentvolumes: { attributes: classOf } },
  watches: [
    { resource: ATTRIBUTES },
    {
      resource: 'persistentvolumeclaims',
      keys: (claim, old) => left(claim ? classesOf(claim) : [], old ? classesOf(old) : []),
    },
    {
      resource: 'persistentvolumes',
      keys: (volume, old) => left(volume ? classOf(volume) : [], old ? classOf(old) : []),
    },
  ],
  async reconcile(name, ctx) {
    const found = ctx.informer(ATTRIBUTES).get('', name);
    if (!found) return;
    const used = (['persistentvolumes', 'persistentvolumeclaims'] as const).some(
      (resource) => ctx.informer(resource).index('attributes', name).length > 0,
    );
    await protect(ATTRIBUTES, found, ATTRIBUTES_FINALIZER, used, ctx);
  },
};

/** The finalizer is there while the object lives, and goes when it is to be deleted and nobody uses it. */
async function protect<R extends 'persistentvolumeclaims' | 'persistentvolumes' | typeof ATTRIBUTES>(
  resource: R,
  object: ObjectOf<R>,
  finalizer: string,
  used: boolean,
  ctx: Context,
): Promise<void> {
  const { finalizers = [], deletionTimestamp } = object.metadata;
  const has = finalizers.includes(finalizer);
  const write = (next: string[]) =>
    unlessGone(ctx.client.update(resource, { ...object, metadata: { ...object.metadata, finalizers: next } }));
  if (deletionTimestamp && has && !used) await write(finalizers.filter((other) => other !== finalizer));
  else if (!deletionTimestamp && !has) await write([...finalizers, finalizer]);
}
