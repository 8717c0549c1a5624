import type { ControllerRevision } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import type { New } from '../meta/object.ts';

const RESOURCE = 'controllerrevisions.apps';

/**
 * The numbers of revisions are integers of 64 bits, and objects come and go as JSON, which its readers take as doubles:
 * one beyond 2^53 is read out of text, and written as a literal, which GraphQL has exactly.
 */
const READ = `query Revision($namespace: String!, $name: String!) {
  controllerRevision(namespace: $namespace, name: $name) { yaml }
}`;
const rewrite = (number: bigint): string => `mutation ($namespace: String!, $name: String!) {
  patchObject(resource: "${RESOURCE}", namespace: $namespace, name: $name, type: MERGE, patch: { revision: ${number} },
    managedFields: false)
}`;
const create = (number: bigint): string => `mutation ($namespace: String!, $metadata: JSON!, $data: JSON!) {
  createObject(resource: "${RESOURCE}", namespace: $namespace, managedFields: false,
    object: { apiVersion: "apps/v1", kind: "ControllerRevision", metadata: $metadata, data: $data, revision: ${number} })
}`;

const isSafe = (number: bigint): boolean => Number.isSafeInteger(Number(number));

/** The number of a revision, exactly; of one that is gone, what is known of it. */
async function numberOf({ metadata, revision }: ControllerRevision, ctx: Context): Promise<bigint> {
  if (Number.isSafeInteger(revision)) return BigInt(revision);
  const { namespace, name } = metadata;
  const read = ctx.client.query<{ controllerRevision: { yaml: string } | null }>(READ, { namespace, name });
  const text = /^revision: (-?\d+)$/m.exec((await unlessGone(read))?.controllerRevision?.yaml ?? '')?.[1];
  return BigInt(text ?? revision);
}

/** The numbers of revisions, exactly. */
export async function numbersOf(
  revisions: readonly ControllerRevision[],
  ctx: Context,
): Promise<Map<ControllerRevision, bigint>> {
  const numbers = new Map<ControllerRevision, bigint>();
  for (const revision of revisions) numbers.set(revision, await numberOf(revision, ctx));
  return numbers;
}

/** The number after the highest: as Go counts, beyond the last one comes the first, which the API refuses. */
export const nextNumber = (highest: bigint): bigint => BigInt.asIntN(64, highest + 1n);

/** Gives a revision another number. */
export async function renumber(
  revision: ControllerRevision,
  number: bigint,
  { client }: Context,
): Promise<ControllerRevision> {
  if (isSafe(number)) return client.update(RESOURCE, { ...revision, revision: Number(number) });
  const { namespace, name } = revision.metadata;
  const { patchObject } = await client.query<{ patchObject: ControllerRevision }>(rewrite(number), { namespace, name });
  return patchObject;
}

/** Creates a revision of a number. */
export async function createNumbered(
  made: Omit<New<ControllerRevision>, 'revision'> & Pick<ControllerRevision, 'data'>,
  number: bigint,
  { client }: Context,
): Promise<ControllerRevision> {
  if (isSafe(number)) return client.create(RESOURCE, { ...made, revision: Number(number) });
  const { metadata, data } = made;
  const variables = { namespace: metadata.namespace, metadata, data };
  return (await client.query<{ createObject: ControllerRevision }>(create(number), variables)).createObject;
}
