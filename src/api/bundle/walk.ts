import { isStatusError, type StatusError } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import { contextWith } from '../audit/calls.ts';
import type { AuditEvent } from '../audit/contract.ts';
import type { Answer, BundleStep, RequestContext, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { checkEndpoint } from '../endpoint.ts';
import { translateStoreError } from '../store-errors.ts';
import { keyOf } from '../target.ts';
import { verbOf, writeStep } from '../write-verbs.ts';
import { Pace } from '../write/pace.ts';
import { StoreUnavailable } from '../../store/contract.ts';

/** How a step went against the staged store. */
export interface Walked {
  before: Stored | undefined;
  after: Stored | undefined;
  answer: Answer | undefined;
  refusal: StatusError | undefined;
  warnings: string[];
}

/**
 * Every step on the way that a single write goes, in their order, also behind one that is refused: whoever made the
 * bundle is told of all that is wrong with it. Throws what is not the steps' fault.
 * @param core its store is staged
 */
export async function walk(
  core: Core,
  ctx: RequestContext,
  steps: readonly BundleStep[],
  options: WriteOptions,
  events: readonly AuditEvent[],
  checkSize: () => void,
): Promise<Walked[]> {
  const pace = new Pace();
  const walked: Walked[] = [];
  for (const [i, step] of steps.entries()) {
    if (pace.due) await pace.turn();
    ctx.signal?.throwIfAborted();
    walked.push(await take(core, ctx, step, options, events[i]!));
    checkSize();
  }
  return walked;
}

async function take(
  core: Core,
  ctx: RequestContext,
  step: BundleStep,
  options: WriteOptions,
  event: AuditEvent,
): Promise<Walked> {
  const { target } = step;
  const warnings: string[] = [];
  const own = Object.defineProperty(contextWith(ctx, event), 'warn', {
    value: (text: string) => void (warnings.includes(text) || warnings.push(text)),
  });
  if (target.kind.deprecation) own.warn(target.kind.deprecation);
  const before = target.name ? core.store.get(keyOf(target)) : undefined;
  try {
    checkEndpoint(core, own, verbOf(step), target);
    const answer = await writeStep(core, own, step, options);
    const name = target.name || (answer.kind ? answer.object.metadata.name : '');
    const after = core.store.get(keyOf(target, name));
    return { before, after, answer, refusal: undefined, warnings };
  } catch (error) {
    const refusal = error instanceof StoreUnavailable ? error : translateStoreError(error);
    if (!isStatusError(refusal)) throw error;
    return { before, after: before, answer: undefined, refusal, warnings };
  }
}
