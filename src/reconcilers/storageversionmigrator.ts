import type { Condition } from '../../schema/types.ts';
import type { GroupResource, StorageVersionMigration } from '../../schema/optional-types.ts';
import type { ClientResource } from '../client/contract.ts';
import { conditionOf } from '../control/conditions.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { errorMessage } from '../meta/error-message.ts';
import { apiVersionOf, groupResourceName } from '../meta/gvk.ts';
import type { KubeObject } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import { formatTime, timeMs } from '../meta/time.ts';

/** The version whose being served makes the controller run. */
export const STORAGE_MIGRATION = 'storagemigration.k8s.io/v1beta1';
const MIGRATIONS = 'storageversionmigrations.storagemigration.k8s.io';
const MANAGER = 'storage-version-migrator-controller';
/** What a resource must be able to do. */
const VERBS = ['update', 'patch', 'list'];
/** A resource that is not there may be about to come: ms for which it is waited for, and between two looks. */
const PATIENCE = 60_000;
const AGAIN = 20_000;
/** What no object is: a list of these has only the version at which it was made. */
const NOTHING = 'metadata.name=';
/** Patches under way at once. */
const PARALLEL = 8;
/** Answers after which it is tried again from the start. */
const PASSING = new Set([429, 500, 503, 504]);

type State = 'Running' | 'Succeeded' | 'Failed';
const REASONS: Readonly<Record<State, string>> = {
  Running: 'StorageVersionMigrationInProgress',
  Succeeded: 'StorageVersionMigrationSucceeded',
  Failed: 'StorageVersionMigrationFailed',
};

/**
 * Writes every object of a resource anew that was last written before the migration began, by an apply that asks for
 * nothing: what is stored in another version than writes now is stored in that. What has been written is newer than the
 * beginning, so one that was interrupted goes on where it was. Source: kube-controller-manager's controller of this name.
 */
export const storageversionmigrator: Reconciler = {
  name: 'storage-version-migrator',
  watches: [{ resource: MIGRATIONS }],
  async reconcile(name, ctx) {
    const migration = ctx.informer(MIGRATIONS).get('', name);
    if (!migration || isTrue(migration, 'Succeeded') || isTrue(migration, 'Failed')) return;
    const { resource: wanted } = migration.spec;
    const resource = await find(wanted, ctx);
    if (!resource) {
      if (timeMs(migration.metadata.creationTimestamp) + PATIENCE > ctx.clock.now()) return { requeueAfter: AGAIN };
      const begun = migration.status?.resourceVersion !== undefined;
      return fail(migration, begun ? encountered('unable to obtain GVR from discovery') : UNKNOWN, ctx);
    }
    if (!VERBS.every((verb) => resource.verbs.includes(verb))) {
      const { group, version } = resource;
      const gvr = `${apiVersionOf({ group, version })}, Resource=${wanted.resource}`;
      return fail(migration, `resource "${gvr}" does not support discovery operations: [${VERBS.join(' ')}]`, ctx);
    }
    return migrate(migration, resource, ctx);
  },
};

const UNKNOWN = 'resource does not exist in discovery';
const encountered = (why: string): string => `migration encountered unhandled error: ${why}`;

const isTrue = ({ status }: StorageVersionMigration, type: State): boolean =>
  conditionOf(status?.conditions, type)?.status === 'True';

async function find({ group, resource }: GroupResource, ctx: Context): Promise<ClientResource | undefined> {
  const name = groupResourceName({ group, resource });
  return (await ctx.client.resources()).find((each) => each.resource === name);
}

async function migrate(migration: StorageVersionMigration, resource: ClientResource, ctx: Context): Promise<void> {
  const begun = migration.status?.resourceVersion;
  // a change of the status brings the key back
  if (begun === undefined) {
    const { resourceVersion } = await ctx.client.list(resource.resource, { fieldSelector: NOTHING });
    return write(migration, { ...migration.status, resourceVersion }, ctx);
  }
  if (!conditionOf(migration.status?.conditions, 'Running')) return say(migration, 'Running', '', ctx);
  const { items } = await ctx.client.list(resource.resource);
  const left = items.filter((item) => BigInt(item.metadata.resourceVersion ?? 0) <= BigInt(begun));
  let failed: unknown;
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item && failed === undefined && !ctx.signal.aborted; item = left.pop())
      await rewrite(item, resource, ctx).catch((error: unknown) => (failed ??= error));
  };
  // all of them end before it is tried again: what has been asked of the API stays bounded
  await Promise.all(Array.from({ length: Math.min(PARALLEL, left.length) }, worker));
  if (ctx.signal.aborted) return;
  if (failed === undefined) return say(migration, 'Succeeded', '', ctx);
  if (!isStatusError(failed) || PASSING.has(failed.code)) throw failed;
  return fail(migration, encountered(errorMessage(failed)), ctx);
}

/** What has been written, deleted or made anew meanwhile is a conflict: it needs nothing any more. */
async function rewrite({ metadata }: KubeObject, resource: ClientResource, ctx: Context): Promise<void> {
  const { namespace = '', name, uid, resourceVersion } = metadata;
  const { kind } = resource;
  const patch = { apiVersion: apiVersionOf(resource), kind, metadata: { uid, resourceVersion } };
  const options = { type: 'apply', fieldManager: MANAGER } as const;
  await ctx.client.patch(resource.resource, namespace, name, patch, options).catch((error: unknown) => {
    if (!isStatusError(error, 'Conflict')) throw error;
  });
}

/** The API takes no status without a version: of what never began it is the version at which it was given up. */
function fail(migration: StorageVersionMigration, message: string, ctx: Context): Promise<void> {
  const { metadata, status } = migration;
  const resourceVersion = status?.resourceVersion ?? metadata.resourceVersion;
  return say(
    { ...migration, status: { ...status, ...(resourceVersion && { resourceVersion }) } },
    'Failed',
    message,
    ctx,
  );
}

/** A condition that is there stays; one that ends the migration ends that it runs. */
function say(migration: StorageVersionMigration, type: State, message: string, ctx: Context): Promise<void> {
  const had = migration.status?.conditions ?? [];
  const ended = type !== 'Running';
  const others = had.map((one): Condition => (ended && one.type === 'Running' ? { ...one, status: 'False' } : one));
  const lastTransitionTime = formatTime(ctx.clock.now());
  const condition: Condition = { type, status: 'True', lastTransitionTime, reason: REASONS[type], message };
  return write(migration, { ...migration.status, conditions: [...others, condition] }, ctx);
}

async function write(
  migration: StorageVersionMigration,
  status: StorageVersionMigration['status'] & object,
  ctx: Context,
): Promise<void> {
  await unlessGone(ctx.client.update(MIGRATIONS, { ...migration, status }, 'status'));
}
