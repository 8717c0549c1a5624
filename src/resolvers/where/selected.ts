import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';
import type { OperationContext } from '../context.ts';
import { selectOptions, type SelectArguments } from '../targets.ts';
import { compileWhere } from './compile-where.ts';
import { filtered } from './filtered.ts';
import type { ListSource } from './list-source.ts';
import { outcomeOf } from './outcome.ts';

/** All objects of a source that selectors and `where` take, by namespace and name. Throws what the source throws first; 400. */
export async function selected(
  { budget }: Pick<OperationContext, 'budget'>,
  kind: Kind,
  args: SelectArguments & { where?: unknown },
  source: ListSource,
  revision?: string,
): Promise<{ items: readonly Stored[]; revision: number }> {
  const { where } = args;
  const compiled = outcomeOf(() => (where === null || where === undefined ? undefined : compileWhere(kind, where)));
  const filter = 'value' in compiled ? compiled.value : undefined;
  const list = await source({
    ...selectOptions(args),
    ...(filter?.having && { having: filter.having }),
    ...(revision !== undefined && { revision }),
  });
  if (!('value' in compiled)) throw compiled.error;
  return filter ? { ...list, items: await filtered(kind, list.items, filter, budget) } : list;
}
