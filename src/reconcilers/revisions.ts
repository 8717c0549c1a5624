import type { ControllerRevision, DaemonSet, PodTemplateSpec, StatefulSet } from '../../schema/types.ts';
import { claim } from '../control/adopt.ts';
import type { Context } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { unlessGone } from '../control/conflict.ts';
import { controllerRef } from '../control/keys.ts';
import { labelMatcher } from '../control/selector.ts';
import { isStatusError } from '../meta/status.ts';
import { createNumbered, nextNumber, numbersOf, renumber } from './revision-numbers.ts';

export const REVISIONS = 'controllerrevisions.apps';

/** A DaemonSet or StatefulSet, as far as its history goes. */
export interface RevisionedOwner {
  object: DaemonSet | StatefulSet;
  resource: string;
  apiVersion: string;
  kind: string;
  template: PodTemplateSpec;
  /** label that carries the hash on its revisions */
  hashLabel: string;
  /** the hash that names a revision; `collisions` is undefined before the first */
  hash(data: object, collisions: number | undefined): string;
  /** annotations that a new revision gets */
  annotations: Record<string, string>;
}

/** What a revision keeps: the part of its owner that a strategic merge patch puts back. */
interface RevisionData {
  spec?: { template?: PodTemplateSpec & { $patch?: string } };
}

export const templateOf = (revision: ControllerRevision): PodTemplateSpec => {
  const data = revision.data as RevisionData | undefined;
  const { $patch: _, ...template } = data?.spec?.template ?? {};
  return template;
};

/** The revisions of an owner with their numbers, the oldest first. */
export type RevisionHistory = ReadonlyMap<ControllerRevision, bigint>;

/** All revisions that belong to the owner. */
export async function revisionsOf(owner: RevisionedOwner, ctx: Context): Promise<RevisionHistory> {
  const informer = ctx.informer(REVISIONS);
  const { object } = owner;
  const revisions = await claim({
    client: ctx.client,
    resource: REVISIONS,
    owner: object,
    ownerResource: owner.resource,
    reference: controllerRef(object, owner.apiVersion, owner.kind),
    matches: labelMatcher(object.spec?.selector),
    owned: informer.index('controller', object.metadata.uid),
    orphans: informer.index('orphans', object.metadata.namespace ?? ''),
  });
  const numbers = [...(await numbersOf(revisions, ctx))];
  return new Map(
    numbers.sort(([a, one], [b, other]) =>
      one === other ? (a.metadata.name < b.metadata.name ? -1 : 1) : one < other ? -1 : 1,
    ),
  );
}

/**
 * The revision of the owner's template: the newest that equals it, with the highest number (an old one that is rolled
 * back to becomes the newest), or a new one.
 * @param collisions how often a name was taken by another template; counted on
 */
export async function currentRevision(
  owner: RevisionedOwner,
  revisions: RevisionHistory,
  collisions: number,
  ctx: Context,
): Promise<{ revision: ControllerRevision; collisions: number }> {
  const highest = [...revisions.values()].at(-1) ?? 0n;
  const equal = [...revisions.keys()].findLast((revision) => semanticEqual(templateOf(revision), owner.template));
  if (equal && revisions.get(equal) === highest) return { revision: equal, collisions };
  if (equal) return { revision: await renumber(equal, nextNumber(highest), ctx), collisions };
  const { object } = owner;
  const data = { spec: { template: { ...owner.template, $patch: 'replace' } } };
  for (let count = collisions; ; count++) {
    const hash = owner.hash(data, count || undefined);
    const name = `${object.metadata.name}-${hash}`;
    const made = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        name,
        namespace: object.metadata.namespace,
        labels: { ...owner.template.metadata?.labels, [owner.hashLabel]: hash },
        annotations: owner.annotations,
        ownerReferences: [controllerRef(object, owner.apiVersion, owner.kind)],
      },
      data,
    };
    try {
      return { revision: await createNumbered(made, nextNumber(highest), ctx), collisions: count };
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
      const existing = await unlessGone(ctx.client.get(REVISIONS, object.metadata.namespace ?? '', name));
      if (existing && semanticEqual(templateOf(existing), owner.template)) {
        return { revision: existing, collisions: count };
      }
    }
  }
}

/** Deletes the oldest revisions that nothing uses, beyond the history limit. @param used names, or hashes of names */
export async function trimHistory(
  owner: RevisionedOwner,
  revisions: RevisionHistory,
  used: (revision: ControllerRevision) => boolean,
  ctx: Context,
): Promise<void> {
  const limit = owner.object.spec?.revisionHistoryLimit ?? 10;
  const unused = [...revisions.keys()].filter((revision) => !used(revision));
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit))) {
    await unlessGone(ctx.client.delete(REVISIONS, metadata.namespace ?? '', metadata.name));
  }
}
