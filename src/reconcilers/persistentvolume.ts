import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../schema/types.ts';
import type { Context, EventSubject, Key, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { keyFor, keyOf, splitKey } from '../control/keys.ts';
import { present } from '../meta/present.ts';
import { DEFAULT_STORAGE_CLASS, defaultClassOf } from '../rules/default-class.ts';
import { claimsOfPod } from './claims-of-pod.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { isKeptFor, mismatch, storageClassOf } from '../rules/matching-volume.ts';
import { bestVolume } from './best-volume.ts';

const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const CLASSES = 'storageclasses.storage.k8s.io';
const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed';
const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller';
const PROVISIONER = 'volume.kubernetes.io/storage-provisioner';
const NO_RECYCLER = 'No recycler plugin found for the volume!';
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** Binds claims to volumes that exist and asks provisioners for others. Keys: a claim's `namespace/name`, a volume's name. */
export const persistentvolume: Reconciler = {
  name: 'persistent-volume-binder',
  account: 'persistent-volume-binder',
  source: 'persistentvolume-controller',
  indexes: {
    [VOLUMES]: { class: (volume: PersistentVolume) => [storageClassOf(volume)], claim: claimsOf },
    pods: { claim: claimsOfPod },
  },
  watches: [
    { resource: CLAIMS, keys: claimKeys },
    { resource: VOLUMES, keys: volumeKeys },
    {
      resource: CLASSES,
      *keys(_object, _old, ctx): Iterable<Key> {
        for (const claim of ctx.informer(CLAIMS).list()) if (!claim.spec?.volumeName) yield keyOf(claim);
      },
    },
    { resource: 'pods', keys: waitedFor },
  ],
  async reconcile(key, ctx) {
    const { namespace, name } = splitKey(key);
    if (namespace) await syncClaim(key, ctx);
    else await syncVolume(name, ctx);
  },
};

/** The claim that is written on a volume, as a key. */
function claimsOf({ spec }: PersistentVolume): Key[] {
  const { namespace, name } = spec?.claimRef ?? {};
  return name ? [keyFor(namespace, name)] : [];
}

function* claimKeys(claim: PersistentVolumeClaim | undefined, old: PersistentVolumeClaim | undefined): Iterable<Key> {
  const object = claim ?? old;
  if (!object) return;
  yield keyOf(object);
  if (object.spec?.volumeName) yield object.spec.volumeName;
}

function* volumeKeys(
  volume: PersistentVolume | undefined,
  old: PersistentVolume | undefined,
  ctx: Context,
): Iterable<Key> {
  const object = volume ?? old;
  if (!object) return;
  yield object.metadata.name;
  const ref = object.spec?.claimRef;
  if (ref?.name) yield keyFor(ref.namespace, ref.name);
  else for (const claim of ctx.informer(CLAIMS).list()) if (!claim.spec?.volumeName) yield keyOf(claim);
}

async function syncClaim(key: Key, ctx: Context): Promise<void> {
  const { namespace, name } = splitKey(key);
  const claim = ctx.informer(CLAIMS).get(namespace, name);
  if (!claim || claim.metadata.deletionTimestamp) return;
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) return checkBound(claim, ctx);
  const volumes = ctx.informer(VOLUMES);
  const wanted = claim.spec?.volumeName;
  if (wanted) {
    return bindNamed(claim, volumes.get('', wanted), ctx);
  }
  const className = storageClassOf(claim);
  const storage = ctx.informer(CLASSES).get('', className);
  // a volume that is kept for the claim may be of another class
  const candidates = new Set([...volumes.index('claim', key), ...volumes.index('class', className)]);
  const waits = storage?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.metadata.annotations?.[SELECTED_NODE];
  // With a class that waits, only a volume that the scheduler has reserved for the claim may be taken.
  const volume = bestVolume([...candidates], claim, { keptOnly: waits });
  if (volume) return bind(claim, volume, true, ctx);
  if (await getsDefaultClass(claim, ctx)) return;
  await setPhase(claim, 'Pending', ctx);
  const about = { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
  if (waits) tellWait(about, ctx);
  else if (storage && storage.provisioner !== 'kubernetes.io/no-provisioner') await askProvisioner(claim, storage, ctx);
  else if (className && !storage) {
    ctx.events.event(about, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
  } else
    ctx.events.event(
      about,
      'Normal',
      'FailedBinding',
      'no persistent volumes available for this claim and no storage class is set',
    );
}

/** A pod that has come may be what its claims have waited for, which they tell. */
function* waitedFor(pod: Pod | undefined, old: Pod | undefined, ctx: Context): Iterable<Key> {
  if (!pod || old || pod.spec?.nodeName) return;
  for (const key of claimsOfPod(pod)) {
    const { namespace, name } = splitKey(key);
    const claim = ctx.informer(CLAIMS).get(namespace, name);
    if (claim && !claim.spec?.volumeName) yield key;
  }
}

/** What a claim waits for: a pod, or its node. Source: emitEventForUnboundDelayBindingClaim. */
function tellWait(about: PersistentVolumeClaim & EventSubject, ctx: Context): void {
  const pods = ctx
    .informer('pods')
    .index('claim', keyOf(about))
    .filter((pod) => !pod.spec?.nodeName && !isPodTerminal(pod));
  const names = pods.map(({ metadata }) => metadata.name);
  const [reason, message] = names.length
    ? ['WaitForPodScheduled', `waiting for pod${names.length > 1 ? 's' : ''} ${names.join(',')} to be scheduled`]
    : ['WaitForFirstConsumer', 'waiting for first consumer to be created before binding'];
  ctx.events.event(about, 'Normal', reason, message);
}

/** The volume that a claim names becomes its own, if it is nobody's and suits, or is kept for it. */
async function bindNamed(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume | undefined,
  ctx: Context,
): Promise<void> {
  const warn = (reason: string, message: string): void =>
    ctx.events.event({ ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, 'Warning', reason, message);
  if (volume && isKeptFor(volume, claim)) return bind(claim, volume, false, ctx);
  if (volume?.spec?.claimRef)
    warn('FailedBinding', `volume "${volume.metadata.name}" already bound to a different claim.`);
  else if (volume) {
    const why = mismatch(volume, claim);
    if (why === undefined) return bind(claim, volume, false, ctx);
    warn('VolumeMismatch', `Cannot bind to requested volume "${volume.metadata.name}": ${why}`);
  }
  await setPhase(claim, 'Pending', ctx);
}

/** A claim that names no class gets the default one when there is one, however late (KEP-3333). */
async function getsDefaultClass(claim: PersistentVolumeClaim, ctx: Context): Promise<boolean> {
  if (claim.spec?.storageClassName !== undefined || storageClassOf(claim)) return false;
  const chosen = defaultClassOf(ctx.informer(CLASSES).list(), DEFAULT_STORAGE_CLASS)?.metadata.name;
  if (chosen === undefined) return false;
  await unlessGone(ctx.client.update(CLAIMS, { ...claim, spec: { ...claim.spec, storageClassName: chosen } }));
  return true;
}

async function askProvisioner(claim: PersistentVolumeClaim, storage: StorageClass, ctx: Context): Promise<void> {
  const { annotations } = claim.metadata;
  if (annotations?.[PROVISIONER] !== storage.provisioner) {
    const wanted = {
      [PROVISIONER]: storage.provisioner,
      'volume.beta.kubernetes.io/storage-provisioner': storage.provisioner,
    };
    await unlessGone(
      ctx.client.update(CLAIMS, {
        ...claim,
        metadata: { ...claim.metadata, annotations: { ...annotations, ...wanted } },
      }),
    );
  }
  const message =
    `Waiting for a volume to be created either by the external provisioner '${storage.provisioner}' or manually by the system administrator. ` +
    'If volume creation is delayed, please verify that the provisioner is running and correctly registered.';
  ctx.events.event(
    { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
    'Normal',
    'ExternalProvisioning',
    message,
  );
}

/** First the volume, then the claim: a volume that is reserved is nobody else's, and the rest can be done again. */
async function bind(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  byController: boolean,
  ctx: Context,
): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = claim.metadata;
  const ref = volume.spec?.claimRef;
  let bound = volume;
  if (ref?.uid !== uid) {
    const annotations = { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion };
    bound = await ctx.client.update(VOLUMES, {
      ...volume,
      metadata: ref ? volume.metadata : { ...volume.metadata, annotations },
      spec: { ...volume.spec!, claimRef },
    });
  }
  if (bound.status?.phase !== 'Bound')
    bound = await ctx.client.update(VOLUMES, { ...bound, status: { ...bound.status, phase: 'Bound' } }, 'status');
  const added = { [BIND_COMPLETED]: 'yes', ...(byController && { [BOUND_BY_CONTROLLER]: 'yes' }) };
  const metadata = { ...claim.metadata, annotations: { ...claim.metadata.annotations, ...added } };
  const written = await ctx.client.update(CLAIMS, {
    ...claim,
    metadata,
    spec: { ...claim.spec!, volumeName: bound.metadata.name },
  });
  await markBound(written, bound, ctx);
}

async function markBound(claim: PersistentVolumeClaim, volume: PersistentVolume, ctx: Context): Promise<void> {
  const { accessModes, capacity, volumeAttributesClassName } = volume.spec ?? {};
  // only while it is bound: later it is the resizer that says which attributes the volume has come to
  const attributes =
    claim.status?.phase === 'Bound' ? {} : { currentVolumeAttributesClassName: volumeAttributesClassName };
  const status = { ...claim.status, ...present({ phase: 'Bound' as const, accessModes, capacity, ...attributes }) };
  if (!semanticEqual(claim.status, status)) await unlessGone(ctx.client.update(CLAIMS, { ...claim, status }, 'status'));
}

/** A claim that is bound stays so, or is lost when its volume is gone or another's. */
async function checkBound(claim: PersistentVolumeClaim, ctx: Context): Promise<void> {
  const volume = ctx.informer(VOLUMES).get('', claim.spec?.volumeName ?? '');
  if (volume && isKeptFor(volume, claim)) {
    if (claim.status?.phase !== 'Bound') await markBound(claim, volume, ctx);
    return;
  }
  if (claim.status?.phase === 'Lost') return;
  const why = volume
    ? 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!'
    : 'Bound claim has lost its PersistentVolume. Data on the volume is lost!';
  ctx.events.event(
    { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
    'Warning',
    volume ? 'ClaimMisbound' : 'ClaimLost',
    why,
  );
  await setPhase(claim, 'Lost', ctx);
}

async function setPhase(claim: PersistentVolumeClaim, phase: 'Pending' | 'Lost', ctx: Context): Promise<void> {
  if (claim.status?.phase === phase) return;
  await unlessGone(ctx.client.update(CLAIMS, { ...claim, status: { ...claim.status, phase } }, 'status'));
}

/** Available, bound, released or failed; a released volume is deleted by its provisioner, or kept. */
async function syncVolume(name: string, ctx: Context): Promise<void> {
  const volume = ctx.informer(VOLUMES).get('', name);
  if (!volume || volume.metadata.deletionTimestamp) return;
  const ref = volume.spec?.claimRef;
  let phase: 'Available' | 'Bound' | 'Released' = 'Available';
  if (ref?.uid) {
    const claim = ctx.informer(CLAIMS).get(ref.namespace ?? '', ref.name ?? '');
    if (claim?.metadata.uid === ref.uid) phase = 'Bound';
    // The cache may not have the claim yet that the volume was bound to a moment ago.
    else phase = (await isGone(ref.namespace ?? '', ref.name ?? '', ref.uid, ctx)) ? 'Released' : 'Bound';
  }
  // what Kubernetes does of it for some volumes, a pod that empties them, is done for none here
  const fails = phase === 'Released' && volume.spec?.persistentVolumeReclaimPolicy === 'Recycle';
  const status = fails ? { phase: 'Failed' as const, message: NO_RECYCLER } : { phase };
  if (volume.status?.phase === status.phase) return;
  await unlessGone(ctx.client.update(VOLUMES, { ...volume, status: { ...volume.status, ...status } }, 'status'));
  const about = { ...volume, apiVersion: 'v1', kind: 'PersistentVolume' };
  if (fails) ctx.events.event(about, 'Warning', 'VolumeFailedRecycle', NO_RECYCLER);
}

async function isGone(namespace: string, name: string, uid: string, ctx: Context): Promise<boolean> {
  const claim = await unlessGone(ctx.client.get(CLAIMS, namespace, name));
  return claim?.metadata.uid !== uid;
}
