import type { BundleStep, Target, WriteOptions } from '../../api/contract.ts';
import type { Kind } from '../../kinds/kind.ts';
import { badRequest, StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import type { OperationContext } from '../context.ts';
import { selectOptions } from '../targets.ts';
import { compileWhere } from '../where/compile-where.ts';
import { filtered } from '../where/filtered.ts';
import { collection, type NamespaceArguments } from '../where/list-source.ts';
import { bundleObject, isOvertaken, type BundleObject, type BundleResult } from './bundle-result.ts';

/** Which objects, and how many of them there have to be. */
export interface ManyArguments extends NamespaceArguments {
  where?: unknown;
  expectCount?: number | null | undefined;
}

/** Times that the objects are looked for anew because others write them meanwhile. */
const MAX_ATTEMPTS = 5;

/**
 * One write of each object that is selected, all of them or none, as they are when they are written: each step is to be
 * refused where its object has changed since it was selected, and then they are selected anew. Lists as the caller may.
 * Throws 400 where nothing says which, 409 where they are not as many as was said.
 */
export async function writeMany(
  context: OperationContext,
  kind: Kind,
  args: ManyArguments,
  stepOf: (target: Target, stored: Stored) => BundleStep,
  gone: BundleObject['gone'],
  options: WriteOptions,
): Promise<BundleResult> {
  if (!args.where && !args.labelSelector && !args.fieldSelector && typeof args.expectCount !== 'number')
    throw badRequest(
      'say which objects are meant (where, labelSelector, fieldSelector), or how many there are (expectCount)',
    );
  for (let attempt = 1; ; attempt++) {
    const found = await select(context, kind, args);
    if (typeof args.expectCount === 'number' && found.length !== args.expectCount)
      throw new StatusError({
        message: `expected ${args.expectCount} objects, found ${found.length}: nothing is written`,
        reason: 'Conflict',
        code: 409,
      });
    const targets = found.map(({ namespace, name }): Target => ({ kind, namespace, name, subresource: '' }));
    const steps = targets.map((target, i) => stepOf(target, found[i]!));
    const done = await context.api.bundle(context.request, steps, options);
    if (attempt < MAX_ATTEMPTS && isOvertaken(done)) continue;
    return {
      revisions: done.revisions,
      refused: done.refused,
      objects: targets.map((target, i) => bundleObject(target, gone, done.steps[i]!)),
    };
  }
}

async function select(context: OperationContext, kind: Kind, args: ManyArguments): Promise<readonly Stored[]> {
  const filter = args.where ? compileWhere(kind, args.where) : undefined;
  const source = collection(context, kind, args);
  const { items } = await source({ ...selectOptions(args), ...(filter?.having && { having: filter.having }) });
  return filter ? filtered(kind, items, filter, context.budget) : items;
}
