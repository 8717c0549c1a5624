import { isStatusError } from '../meta/status.ts';
import type { ObjectLike, OwnerReference } from '../meta/object.ts';
import type { Client, ObjectOf } from '../client/contract.ts';
import { controllerOf } from './keys.ts';
import type { LabelMatcher } from './selector.ts';

export interface Claim<R extends string> {
  client: Client;
  /** resource of the dependents: `pods` */
  resource: R;
  /** the owner and the resource under which it is stored */
  owner: ObjectLike;
  ownerResource: string;
  reference: OwnerReference;
  matches: LabelMatcher;
  /** those that it controls now, and those of its namespace that nobody does */
  owned: readonly ObjectOf<R>[];
  orphans: readonly ObjectOf<R>[];
}

/**
 * The dependents that belong to `owner`: owned ones that still match its selector are kept, those that do not are
 * released, matching orphans are adopted. Nothing is adopted by, or released from, an owner that is being deleted.
 * @returns the claimed objects; an adopted one in its new form
 */
export async function claim<R extends string>(request: Claim<R>): Promise<ObjectOf<R>[]> {
  const { owner, matches } = request;
  const claimed: ObjectOf<R>[] = [];
  for (const object of request.owned) {
    if (matches(object.metadata.labels)) claimed.push(object);
    else if (!owner.metadata.deletionTimestamp) await release(request, object);
  }
  if (owner.metadata.deletionTimestamp) return claimed;
  let checked = false;
  for (const object of request.orphans) {
    if (object.metadata.deletionTimestamp || !matches(object.metadata.labels)) continue;
    if (!checked) {
      // The cache may show an owner that is gone already, and what it adopts would be collected with it.
      if (!(await isAlive(request))) return claimed;
      checked = true;
    }
    const adopted = await adopt(request, object);
    if (adopted) claimed.push(adopted);
  }
  return claimed;
}

async function isAlive<R extends string>({ client, owner, ownerResource }: Claim<R>): Promise<boolean> {
  try {
    const fresh = await client.get(ownerResource, owner.metadata.namespace ?? '', owner.metadata.name);
    return fresh.metadata.uid === owner.metadata.uid && !fresh.metadata.deletionTimestamp;
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return false;
    throw error;
  }
}

async function adopt<R extends string>(
  { client, resource, reference }: Claim<R>,
  object: ObjectOf<R>,
): Promise<ObjectOf<R> | undefined> {
  const { namespace = '', name, uid } = object.metadata;
  try {
    return await client.patch(
      resource,
      namespace,
      name,
      { metadata: { uid, ownerReferences: [...(object.metadata.ownerReferences ?? []), reference] } },
      { type: 'merge' },
    );
  } catch (error) {
    if (isGoneOrOther(error)) return undefined;
    throw error;
  }
}

async function release<R extends string>({ client, resource, owner }: Claim<R>, object: ObjectOf<R>): Promise<void> {
  if (controllerOf(object)?.uid !== owner.metadata.uid) return;
  const { namespace = '', name, uid } = object.metadata;
  const ownerReferences = (object.metadata.ownerReferences ?? []).filter(
    (reference) => reference.uid !== owner.metadata.uid,
  );
  try {
    await client.patch(resource, namespace, name, { metadata: { uid, ownerReferences } }, { type: 'merge' });
  } catch (error) {
    if (!isGoneOrOther(error)) throw error;
  }
}

/** It is gone, or its name is another object's by now (the uid in the patch differs), or has another controller. */
const isGoneOrOther = (error: unknown): boolean =>
  isStatusError(error) && ['NotFound', 'Conflict', 'Invalid'].includes(error.reason);
