import type { Outcome } from '../../store/contract.ts';
import type { Operation } from './operation.ts';

/** The same commit, as a part of the request's trace if it has one. @param verb `Create`, `Update`, `Delete` */
export function traced({ ctx, target }: Operation, verb: string, commit: Promise<Outcome>): Promise<Outcome> {
  const end = ctx.trace?.begin(`${verb} postgres`, { resource: target.kind.storage.key });
  if (end) commit.then(() => end(), end);
  return commit;
}
