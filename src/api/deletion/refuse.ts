import { forbiddenRequest } from '../../meta/status.ts';
import type { DeleteOptions, Target } from '../contract.ts';
import { resourceOf } from '../target.ts';

/** Throws 403 for what the kind lets nobody delete by its name, whether or not it is there. */
export function refuseDeletion({ kind, name }: Target): void {
  const why = kind.storage.strategy.refusesDelete?.(name);
  if (why !== undefined) throw forbiddenRequest(resourceOf(kind), name, why);
}

/** Advice to who deletes without saying what becomes of the dependents. */
export function warnOfDeletion(ctx: { warn(text: string): void }, { kind }: Target, options: DeleteOptions): void {
  const { deletionWarning } = kind.storage.strategy;
  if (deletionWarning && options.propagationPolicy === undefined && options.orphanDependents === undefined)
    ctx.warn(deletionWarning);
}
