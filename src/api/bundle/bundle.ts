import { parseGroupResource } from '../../meta/gvk.ts';
import { badRequest, conflict, MODIFIED, requestEntityTooLarge, StatusError } from '../../meta/status.ts';
import type { Stored, Write } from '../../store/contract.ts';
import { beginCall, deprecated, tellAnswer } from '../audit/calls.ts';
import { UNRECORDED, type AuditEvent } from '../audit/contract.ts';
import { attributesOf } from '../authorization/attributes.ts';
import type { BundleAnswer, BundleStep, RequestContext, StepAnswer, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { withChangeSet } from '../history/change-set.ts';
import { checkWriteOptions, isDryRun } from '../options.ts';
import { verbOf } from '../write-verbs.ts';
import { settle } from './settle.ts';
import { StagedStore, textOf } from './staged-store.ts';
import { walk } from './walk.ts';

/** Steps of one bundle. */
const MAX_STEPS = 1_000;
/** Bytes that one bundle may write: what one statement carries without making others wait for long. */
const MAX_BYTES = 16 << 20;
/** Times that a bundle is tried when others write its objects meanwhile. */
const MAX_ATTEMPTS = 8;

/** @see Api.bundle */
export async function bundle(
  core: Core,
  ctx: RequestContext,
  steps: readonly BundleStep[],
  options: WriteOptions,
): Promise<BundleAnswer> {
  checkWriteOptions('UpdateOptions', options);
  if (steps.length > MAX_STEPS)
    throw requestEntityTooLarge(`a bundle has at most ${MAX_STEPS} steps, this one has ${steps.length}`);
  if (steps.some((step) => isDryRun(step.options ?? {}) && !isDryRun(options)))
    throw badRequest('a dry run is one of the whole bundle, not of a step');
  const own = withChangeSet(ctx);
  const events = steps.map((step) => begin(core, own, step));
  try {
    const answer = await attempts(core, own, steps, options, events);
    tell(steps, answer, events);
    return answer;
  } catch (error) {
    for (const event of events) event.failed(error);
    throw error;
  } finally {
    for (const event of events) event.complete();
  }
}

async function attempts(
  core: Core,
  ctx: RequestContext,
  steps: readonly BundleStep[],
  options: WriteOptions,
  events: readonly AuditEvent[],
): Promise<BundleAnswer> {
  for (let attempt = 1; ; attempt++) {
    const done = await once(core, ctx, steps, options, events);
    if ('answer' in done) return done.answer;
    const { resource, name } = done.lost;
    if (attempt === MAX_ATTEMPTS) throw conflict(parseGroupResource(resource), name, MODIFIED);
  }
}

/** One attempt; `lost`: what another was faster at. */
async function once(
  core: Core,
  ctx: RequestContext,
  steps: readonly BundleStep[],
  options: WriteOptions,
  events: readonly AuditEvent[],
): Promise<{ answer: BundleAnswer } | { lost: Write }> {
  const staged = new StagedStore(core.store);
  const { services, letGo } = core.services.within(staged);
  const rehearsal = isDryRun(options);
  const checkSize = (): void => {
    if (staged.bytes > MAX_BYTES) throw requestEntityTooLarge(`a bundle writes at most ${MAX_BYTES} bytes`);
  };
  try {
    const own: Core = { ...core, store: staged, services, rehearsal };
    // the steps write, each of them, to what is staged
    const common: WriteOptions = { ...options, dryRun: undefined };
    const plain = steps.map((step) => ({
      ...step,
      ...(step.options && { options: { ...step.options, dryRun: undefined } }),
    }));
    const walked = await walk(own, ctx, plain, common, events, checkSize);
    const refused = walked.some(({ refusal }) => refusal !== undefined);
    const writes = refused || rehearsal ? [] : staged.writes();
    const done = await core.store.commitAll(writes);
    if (!done.ok) return { lost: writes[done.index]! };
    const byKey = new Map(done.stored.map((one) => [textOf(one), one]));
    const settled = steps.map((step, i) =>
      settle({ step, walked: walked[i]! }, staged, (key) => byKey.get(textOf(key)), core.conversions),
    );
    return { answer: answerOf(await Promise.all(settled), done.stored, refused) };
  } finally {
    letGo();
  }
}

function answerOf(steps: StepAnswer[], stored: readonly Stored[], refused: boolean): BundleAnswer {
  const [first, last] = [stored[0], stored.at(-1)];
  return { revisions: first && last && { first: first.revision, last: last.revision }, refused, steps };
}

/** The event of a step, as of the call that does the same alone. */
function begin({ auditor }: Core, ctx: RequestContext, step: BundleStep): AuditEvent {
  if (!auditor.enabled) return UNRECORDED;
  const event = beginCall(auditor, ctx, attributesOf(verbOf(step), step.target, step.target.name));
  deprecated(event, step.target.kind);
  return event;
}

function tell(steps: readonly BundleStep[], answer: BundleAnswer, events: readonly AuditEvent[]): void {
  const first = answer.steps.findIndex(({ refusal }) => refusal);
  for (const [i, { refusal, answer: own }] of answer.steps.entries()) {
    const event = events[i]!;
    if (refusal) event.failed(refusal);
    else if (first >= 0) event.failed(undone(first, steps.length));
    else if (own) tellAnswer(event, own);
  }
}

/** What becomes of a step that nothing is wrong with. */
const undone = (refused: number, count: number): StatusError =>
  new StatusError({
    message: `nothing is written: step ${refused + 1} of the ${count} of its bundle is refused`,
    reason: 'Conflict',
    code: 409,
  });
