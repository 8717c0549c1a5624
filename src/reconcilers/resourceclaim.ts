import type { Pod, PodResourceClaim, ResourceResourceClaim } from '../../schema/types.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { controllerOf, controllerRef, keyFor, keyOf, splitKey } from '../control/keys.ts';
import { errorMessage } from '../meta/error-message.ts';
import { present } from '../meta/present.ts';
import { podClaimName } from '../rules/pod-resource-claim.ts';
import { isPodTerminal } from '../rules/pods.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';
const TEMPLATES = 'resourceclaimtemplates.resource.k8s.io';
/** on a claim that was made for a pod: the name that the pod has for it */
const FOR_CLAIM = 'resource.kubernetes.io/pod-claim-name';
const FINALIZER = 'resource.kubernetes.io/delete-protection';
/** who has it when the pod's status says which claims it has got */
const MANAGER = 'ResourceClaimController';
/** Consumers of one claim. */
const MOST_RESERVED = 256;
/** Characters of a generated name before the part that is drawn. */
const MOST_BASE = 57;

/**
 * Makes the claims that pods ask for by a template, reserves claims for pods that got their node from somebody else
 * than the scheduler, and lets claims go that no pod needs. Keys: `pod:NAMESPACE/NAME`, `claim:NAMESPACE/NAME`.
 * Source: pkg/controller/resourceclaim.
 */
export function resourceclaim(): Reconciler {
  /** names of claims that this process has made, by their pod's uid and its name for them: the cache may be behind */
  const made: Made = new Map();
  return {
    name: 'resource-claim',
    source: 'resource_claim',
    indexes: { pods: { resourceClaim: claimKeysOf }, [CLAIMS]: { owner: ownersOf } },
    watches: [
      {
        resource: 'pods',
        *keys(pod, old): Iterable<Key> {
          const changed = pod ?? old;
          if (!changed?.spec?.resourceClaims?.length) return;
          if (!pod) for (const { name } of changed.spec.resourceClaims) made.delete(`${changed.metadata.uid}/${name}`);
          if (!pod || isDone(pod)) for (const key of claimKeysOf(changed)) yield `claim:${key}`;
          if (pod && !pod.metadata.deletionTimestamp) yield `pod:${keyOf(pod)}`;
        },
      },
      {
        resource: CLAIMS,
        *keys(claim, old, ctx): Iterable<Key> {
          const changed = claim ?? old;
          if (!changed) return;
          const key = keyOf(changed);
          if (claim) yield `claim:${key}`;
          for (const pod of ctx.informer('pods').index('resourceClaim', key)) yield `pod:${keyOf(pod)}`;
        },
      },
      { resource: TEMPLATES, keys: () => [] },
    ],
    async reconcile(key, ctx) {
      const [what, place = ''] = key.split(':');
      const { namespace, name } = splitKey(place);
      if (what === 'pod') await syncPod(ctx.informer('pods').get(namespace, name), made, ctx);
      else await syncClaim(ctx.informer(CLAIMS).get(namespace, name), ctx);
    },
  };
}

type Made = Map<string, string>;

/** It runs no more, or never will. */
const isDone = (pod: Pod): boolean => isPodTerminal(pod) || (!!pod.metadata.deletionTimestamp && !pod.spec?.nodeName);

const ownersOf = (claim: ResourceResourceClaim): string[] => {
  const owner = controllerOf(claim);
  return owner?.kind === 'Pod' && owner.apiVersion === 'v1' ? [owner.uid] : [];
};

function claimKeysOf(pod: Pod): Key[] {
  return (pod.spec?.resourceClaims ?? []).flatMap((claim) => {
    const name = podClaimName(pod, claim)?.name;
    return name ? [keyFor(pod.metadata.namespace, name)] : [];
  });
}

async function syncPod(pod: Pod | undefined, made: Made, ctx: Context): Promise<void> {
  // one that is done lets its claims go, which are not made again
  if (!pod || pod.metadata.deletionTimestamp || isDone(pod)) return;
  const names = new Map<string, string>();
  for (const claim of pod.spec?.resourceClaims ?? []) {
    try {
      const name = await claimFor(pod, claim, made, ctx);
      if (name !== undefined) names.set(claim.name, name);
    } catch (error) {
      const why = `PodResourceClaim ${claim.name}: ${errorMessage(error)}`;
      ctx.events.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'FailedResourceClaimCreation', why);
      throw new Error(`pod ${keyOf(pod)}, ${why}`, { cause: error });
    }
  }
  if (names.size) await writeNames(pod, names, ctx);
  else if (pod.spec?.nodeName) await reserve(pod, ctx);
}

/** The name of a claim that the pod's status has yet to tell; undefined where there is nothing to tell. */
async function claimFor(pod: Pod, claim: PodResourceClaim, made: Made, ctx: Context): Promise<string | undefined> {
  const { resourceClaimTemplateName: templateName, name } = claim;
  const told = podClaimName(pod, claim);
  // the pod's status may say that it needs no such claim
  if (templateName === undefined || (told && told.name === undefined)) return undefined;
  const { namespace = '', uid } = pod.metadata;
  const known = ctx.informer(CLAIMS).get(namespace, told?.name ?? '');
  if (known && controllerOf(known)?.uid === uid) return undefined;
  // one that was made before the pod's status could say so
  const isFor = ({ metadata }: ResourceResourceClaim): boolean => metadata.annotations?.[FOR_CLAIM] === name;
  const found = ctx.informer(CLAIMS).index('owner', uid).find(isFor);
  if (found) return found.metadata.name;
  const before = made.get(`${uid}/${name}`);
  // made a moment ago; one that has been deleted since is made again when that is seen
  if (before !== undefined && told?.name !== before) return before;
  const template = ctx.informer(TEMPLATES).get(namespace, templateName);
  if (!template)
    throw new Error(
      `resource claim template "${templateName}": resourceclaimtemplate.resource.k8s.io "${templateName}" not found`,
    );
  const { labels, annotations } = template.spec.metadata ?? {};
  const { blockOwnerDeletion: _, ...owner } = controllerRef(pod, 'v1', 'Pod');
  const metadata = {
    generateName: generatedBase(pod.metadata.name, name),
    namespace,
    ownerReferences: [owner],
    annotations: { ...annotations, [FOR_CLAIM]: name },
    ...present({ labels }),
  };
  const wanted = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata, spec: template.spec.spec };
  const claimMade = await ctx.client.create(CLAIMS, wanted).catch((error: unknown) => {
    throw new Error(`create ResourceClaim : ${errorMessage(error)}`, { cause: error });
  });
  made.set(`${uid}/${name}`, claimMade.metadata.name);
  return claimMade.metadata.name;
}

/** POD-CLAIM-; of names that are too long something of both is left. */
function generatedBase(pod: string, claim: string): string {
  const whole = `${pod}-${claim}-`;
  if (whole.length <= MOST_BASE) return whole;
  const cut = (name: string, length: number): string => name.slice(0, Math.floor((name.length * MOST_BASE) / length));
  const first = cut(pod, whole.length);
  return `${first}-${cut(claim, whole.length)}`;
}

async function writeNames(pod: Pod, made: ReadonlyMap<string, string>, ctx: Context): Promise<void> {
  const { namespace = '', name } = pod.metadata;
  const others = (pod.status?.resourceClaimStatuses ?? []).filter((one) => !made.has(one.name));
  const added = [...made].map(([claim, resourceClaimName]) => ({ name: claim, resourceClaimName }));
  const patch = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, uid: pod.metadata.uid },
    status: { resourceClaimStatuses: [...others, ...added] },
  };
  const options = { type: 'apply', subresource: 'status', fieldManager: MANAGER, force: true } as const;
  await unlessGone(ctx.client.patch('pods', namespace, name, patch, options));
}

/** For a pod on its node; who goes through the scheduler has that done there. */
async function reserve(pod: Pod, ctx: Context): Promise<void> {
  const { name, uid, namespace = '' } = pod.metadata;
  for (const podClaim of pod.spec?.resourceClaims ?? []) {
    const claim = ctx.informer(CLAIMS).get(namespace, podClaimName(pod, podClaim)?.name ?? '');
    if (!claim?.status?.allocation) continue;
    if (podClaim.resourceClaimTemplateName !== undefined && controllerOf(claim)?.uid !== uid) continue;
    const { reservedFor = [] } = claim.status;
    if (reservedFor.some((one) => one.uid === uid) || reservedFor.length >= MOST_RESERVED) continue;
    const status = { ...claim.status, reservedFor: [...reservedFor, { resource: 'pods', name, uid }] };
    await unlessGone(ctx.client.update(CLAIMS, { ...claim, status }, 'status'));
  }
}

async function syncClaim(claim: ResourceResourceClaim | undefined, ctx: Context): Promise<void> {
  if (!claim) return;
  const { reservedFor = [] } = claim.status ?? {};
  const valid: typeof reservedFor = [];
  for (const one of reservedFor) if (await needs(claim, one, ctx)) valid.push(one);
  const hasFinalizer = claim.metadata.finalizers?.includes(FINALIZER) ?? false;
  const isOver = valid.length === 0 && hasFinalizer;
  if (valid.length < reservedFor.length || (isOver && claim.metadata.deletionTimestamp))
    await release(claim, valid, isOver, ctx);
  if (valid.length === 0) await removeUnneeded(claim, ctx);
}

/** Whether a consumer is a pod that may still run. */
async function needs(
  { metadata: { namespace = '' } }: ResourceResourceClaim,
  { apiGroup = '', resource, name, uid }: { apiGroup?: string; resource: string; name: string; uid: string },
  ctx: Context,
): Promise<boolean> {
  if (apiGroup !== '' || resource !== 'pods')
    throw new Error(`unsupported ReservedFor entry: {${apiGroup} ${resource} ${name} ${uid}}`);
  // the cache may not have a pod yet that the scheduler has reserved it for
  const pod = ctx.informer('pods').get(namespace, name) ?? (await unlessGone(ctx.client.get('pods', namespace, name)));
  return pod?.metadata.uid === uid && !isDone(pod);
}

/** Devices are free as soon as nobody uses them; then the claim may go too. */
async function release(
  claim: ResourceResourceClaim,
  reservedFor: NonNullable<ResourceResourceClaim['status']>['reservedFor'],
  isOver: boolean,
  ctx: Context,
): Promise<void> {
  const { allocation, ...rest } = claim.status ?? {};
  const status = { ...rest, reservedFor: reservedFor ?? [], ...(allocation && !isOver && { allocation }) };
  const released =
    claim.status?.reservedFor?.length || allocation
      ? await unlessGone(ctx.client.update(CLAIMS, { ...claim, status }, 'status'))
      : claim;
  if (!released || !isOver) return;
  const finalizers = (released.metadata.finalizers ?? []).filter((one) => one !== FINALIZER);
  await unlessGone(ctx.client.update(CLAIMS, { ...released, metadata: { ...released.metadata, finalizers } }));
}

/** A claim that was made for a pod goes when that is done, before the pod itself does. */
async function removeUnneeded(claim: ResourceResourceClaim, ctx: Context): Promise<void> {
  const owner = controllerOf(claim);
  const { namespace = '', name, deletionTimestamp } = claim.metadata;
  if (deletionTimestamp || owner?.kind !== 'Pod' || owner.apiVersion !== 'v1') return;
  const pod = ctx.informer('pods').get(namespace, owner.name);
  if (!pod || (pod.metadata.uid === owner.uid && !isDone(pod))) return;
  await unlessGone(ctx.client.delete(CLAIMS, namespace, name, { uid: claim.metadata.uid }));
}
