import type { Node, PersistentVolume, Pod, VolumeAttachment } from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { keyFor } from '../control/keys.ts';
import { isStatusError } from '../meta/status.ts';
import { attachmentName, csiVolumeName, mayBeShared, needsAttachment } from '../rules/csi/names.ts';
import { isNodeReady } from '../rules/nodes.ts';
import { claimsOfPod } from './claims-of-pod.ts';
import { isPodTerminal } from '../rules/pods.ts';

const ATTACHMENTS = 'volumeattachments.storage.k8s.io';
const DRIVERS = 'csidrivers.storage.k8s.io';
const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
/** How long a node that does not answer may keep a volume that nobody wants there, ms. */
const FORCE_MS = 6 * 60_000;
/** Between two looks at what waits for something that nothing tells of, ms. */
const RETRY_MS = 2000;

/** What has been said of attachments is forgotten beyond so many, and said again. */
const MAX_TOLD = 5000;

/** What a run remembers; after a restart waiting begins anew, and news are told again. */
interface Memory {
  /** since when nobody wants an attachment, ms since the epoch, by its name */
  unwanted: Map<string, number>;
  /** the last that was said of an attachment, by its name */
  told: Map<string, string>;
}

/** A volume that pods of a node use, and that is to be attached there. */
interface Wanted {
  volume: PersistentVolume;
  driver: string;
  handle: string;
  pods: Pod[];
}

/**
 * Has the volumes of CSI drivers attached to the nodes whose pods use them, by VolumeAttachments that each driver's
 * attacher follows, and says on the Node what is attached. Keys: nodes. Source: pkg/controller/volume/attachdetach.
 */
export function attachdetach(): Reconciler {
  const memory: Memory = { unwanted: new Map(), told: new Map() };
  return {
    name: 'attachdetach',
    indexes: {
      pods: { node: ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []), claim: claimsOfPod },
      [ATTACHMENTS]: { node: ({ spec }) => [spec.nodeName] },
    },
    watches: [
      { resource: 'nodes', keys: (node, old) => [(node ?? old)?.metadata.name ?? ''] },
      {
        resource: 'pods',
        keys: (pod, old) => {
          const { spec } = pod ?? old ?? {};
          return spec?.nodeName && spec.volumes?.length ? [spec.nodeName] : [];
        },
      },
      { resource: CLAIMS, keys: (claim, _old, ctx) => (claim ? nodesOf(claim.metadata, ctx) : []) },
      { resource: VOLUMES, keys: (volume, _old, ctx) => nodesOf(volume?.spec?.claimRef, ctx) },
      { resource: ATTACHMENTS, keys: (one, old) => [(one ?? old)?.spec.nodeName ?? ''] },
      { resource: DRIVERS, keys: () => [] },
    ],
    async reconcile(name, ctx) {
      if (!name) return undefined;
      const waits = await sync(name, memory, ctx);
      return waits ? { requeueAfter: RETRY_MS } : undefined;
    },
  };
}

function nodesOf(claim: { namespace?: string; name?: string } | undefined, ctx: Context): string[] {
  if (!claim?.name) return [];
  const pods = ctx.informer('pods').index('claim', keyFor(claim.namespace, claim.name));
  return pods.flatMap(({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
}

/** @returns whether something is left to be looked at again */
async function sync(name: string, memory: Memory, ctx: Context): Promise<boolean> {
  const { unwanted, told } = memory;
  const node = ctx.informer('nodes').get('', name);
  const there = ctx.informer(ATTACHMENTS).index('node', name);
  const wanted = node ? wantedOn(name, ctx) : new Map<string, Wanted>();
  let waits = false;
  const detachable: VolumeAttachment[] = [];
  for (const attachment of there) {
    const { name: id, deletionTimestamp } = attachment.metadata;
    if (deletionTimestamp) continue;
    if (wanted.has(id)) unwanted.delete(id);
    else if (mayDetach(attachment, node, unwanted, ctx)) detachable.push(attachment);
    else waits = true;
  }
  // What goes is not said to be attached any more before it goes, so that nobody mounts it.
  const leaving = new Set(detachable.map(({ metadata }) => metadata.name));
  const attached = there.filter(
    ({ metadata, status }) => status?.attached && !metadata.deletionTimestamp && !leaving.has(metadata.name),
  );
  if (node) await report(node, attached, ctx);
  for (const { metadata } of detachable) {
    await unlessGone(ctx.client.delete(ATTACHMENTS, '', metadata.name, { uid: metadata.uid }));
    unwanted.delete(metadata.name);
    told.delete(metadata.name);
  }
  for (const [id, one] of wanted) {
    const attachment = there.find(({ metadata }) => metadata.name === id);
    if (!attachment) waits = !(await attach(id, name, one, told, ctx)) || waits;
    else tell(attachment, one, told, ctx);
  }
  return waits;
}

/** By the name of their attachment. A pod that has ended uses nothing. */
function wantedOn(node: string, ctx: Context): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const pod of ctx.informer('pods').index('node', node)) {
    if (isPodTerminal(pod)) continue;
    for (const key of claimsOfPod(pod)) {
      const claim = ctx.informer(CLAIMS).get(pod.metadata.namespace ?? '', key.slice(key.indexOf('/') + 1));
      const volume = ctx.informer(VOLUMES).get('', claim?.spec?.volumeName ?? '');
      const csi = volume?.spec?.csi;
      if (!volume || !csi || volume.spec?.claimRef?.uid !== claim?.metadata.uid) continue;
      if (!needsAttachment(ctx.informer(DRIVERS).get('', csi.driver))) continue;
      const { driver, volumeHandle: handle } = csi;
      const id = attachmentName(driver, handle, node);
      const one = wanted.get(id);
      if (one) one.pods.push(pod);
      else wanted.set(id, { volume, driver, handle, pods: [pod] });
    }
  }
  return wanted;
}

/** Not while the node may have it mounted, unless the node is lost or said to be out of service. */
function mayDetach(
  attachment: VolumeAttachment,
  node: Node | undefined,
  unwanted: Map<string, number>,
  ctx: Context,
): boolean {
  if (!node) return true;
  const { name } = attachment.metadata;
  const since = unwanted.get(name) ?? ctx.clock.now();
  unwanted.set(name, since);
  const inUse = node.status?.volumesInUse ?? [];
  if (!inUse.includes(volumeNameOf(attachment, ctx))) return true;
  if (node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE)) return true;
  return !isNodeReady(node) && ctx.clock.now() - since > FORCE_MS;
}

function volumeNameOf({ spec }: VolumeAttachment, ctx: Context): string {
  const volume = ctx.informer(VOLUMES).get('', spec.source.persistentVolumeName ?? '');
  return csiVolumeName(spec.attacher, volume?.spec?.csi?.volumeHandle ?? '');
}

async function report(node: Node, attached: readonly VolumeAttachment[], ctx: Context): Promise<void> {
  const names = attached.map((one) => volumeNameOf(one, ctx)).sort();
  const said = (node.status?.volumesAttached ?? []).map((one) => one.name).sort();
  if (names.length === said.length && names.every((one, i) => one === said[i])) return;
  const volumesAttached = names.map((name) => ({ name, devicePath: '' }));
  const written = { type: 'merge', subresource: 'status' } as const;
  await unlessGone(ctx.client.patch('nodes', '', node.metadata.name, { status: { volumesAttached } }, written));
}

/** @returns false while the volume is another node's alone */
async function attach(id: string, nodeName: string, wanted: Wanted, told: Memory['told'], ctx: Context) {
  const { volume, driver, handle, pods } = wanted;
  const others = ctx
    .informer(ATTACHMENTS)
    .list()
    .filter(({ spec }) => spec.attacher === driver && spec.nodeName !== nodeName)
    .filter(({ spec }) => spec.source.persistentVolumeName === volume.metadata.name);
  if (others.length && !mayBeShared(volume)) {
    const elsewhere = others.flatMap(({ spec }) => usersOn(spec.nodeName, driver, handle, ctx));
    if (isNews(told, id, 'conflict'))
      for (const pod of pods) say(pod, 'Warning', 'FailedAttachVolume', conflict(volume, pod, elsewhere), ctx);
    return false;
  }
  const source = { persistentVolumeName: volume.metadata.name };
  try {
    await ctx.client.create(ATTACHMENTS, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: id },
      spec: { attacher: driver, nodeName, source },
    });
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists')) throw error;
  }
  return true;
}

const usersOn = (node: string, driver: string, handle: string, ctx: Context): Pod[] =>
  wantedOn(node, ctx).get(attachmentName(driver, handle, node))?.pods ?? [];

/** Of pods in other namespaces their number alone is told. */
function conflict({ metadata }: PersistentVolume, pod: Pod, users: readonly Pod[]): string {
  const about = `Multi-Attach error for volume "${metadata.name}"`;
  if (users.length === 0)
    return `${about} Volume is already exclusively attached to one node and can't be attached to another`;
  const near = users.filter((user) => user.metadata.namespace === pod.metadata.namespace);
  const far = users.length - near.length;
  const strangers = `${far} pod(s) in different namespaces`;
  if (near.length === 0) return `${about} Volume is already used by ${strangers}`;
  const names = near.map((user) => user.metadata.name).join(', ');
  return `${about} Volume is already used by pod(s) ${names}${far ? ` and ${strangers}` : ''}`;
}

/** What has become of an attachment, to the pods that wait for it: each once. */
function tell({ metadata, status }: VolumeAttachment, { volume, pods }: Wanted, told: Memory['told'], ctx: Context) {
  const of = `for volume "${volume.metadata.name}" `;
  const error = status?.attachError?.message;
  if (status?.attached) {
    if (!isNews(told, metadata.name, 'attached')) return;
    for (const pod of pods.filter(waiting))
      say(pod, 'Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded ${of}`, ctx);
  } else if (error !== undefined && isNews(told, metadata.name, error)) {
    for (const pod of pods.filter(waiting))
      say(pod, 'Warning', 'FailedAttachVolume', `AttachVolume.Attach failed ${of}: ${error}`, ctx);
  }
}

const waiting = ({ status }: Pod): boolean => status?.phase === 'Pending';

function isNews(told: Memory['told'], name: string, text: string): boolean {
  if (told.get(name) === text) return false;
  told.delete(name);
  told.set(name, text);
  const [oldest] = told.keys();
  if (told.size > MAX_TOLD && oldest !== undefined) told.delete(oldest);
  return true;
}

const say = (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, ctx: Context): void =>
  ctx.events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, type, reason, message);
