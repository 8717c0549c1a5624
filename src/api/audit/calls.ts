import { randomUUID } from 'node:crypto';
import type { Kind } from '../../kinds/kind.ts';
import { termsOf } from '../../meta/fields.ts';
import { attributesOf, forbiddenError, type ResourceAttributes } from '../authorization/attributes.ts';
import type { Answer, Attributes, Auditor, ListOptions, RequestContext, Target, WatchSink } from '../contract.ts';
import type { Core } from '../core.ts';
import type { Stored } from '../../store/contract.ts';
import { isStatusAnswer } from '../answer.ts';
import { UNRECORDED, type AuditEvent, type Origin } from './contract.ts';
import { annotateDecision } from './decision.ts';
import { shownAnswer } from './shown.ts';

/** Names the GraphQL operation that a call was part of: the Audit-ID of its request. */
const OPERATION = 'ku7s.io/operation';

/** Of a caller in this process. */
const within = (ctx: RequestContext): Omit<Origin, 'auditId'> => ({
  requestUri: '/graphql',
  sourceIps: [],
  userAgent: ctx.agent,
});

/**
 * The event of one call of a GraphQL operation: there a request is many calls, and each is recorded as the REST request
 * would be that does the same. Callers in this process are whom they say, since nobody stands behind them.
 */
export function beginCall(auditor: Auditor, ctx: RequestContext, attributes: Attributes): AuditEvent {
  const { origin, user, impersonator } = ctx;
  const acting = origin && impersonator;
  const event = auditor.begin(acting ? impersonator : user, attributes, () => ({
    ...(origin ?? within(ctx)),
    auditId: randomUUID(),
  }));
  if (event === UNRECORDED) return event;
  if (acting) event.actsFor(user);
  if (origin) event.annotate(OPERATION, origin.auditId);
  return event;
}

/** The one name that a field selector demands; ''. */
export function selectedName(fieldSelector: string | null | undefined): string {
  if (!fieldSelector?.includes('metadata.name')) return '';
  return (
    termsOf(fieldSelector).find(({ field, operator }) => field === 'metadata.name' && operator === '=')?.value ?? ''
  );
}

/** The context of a call with its event. */
export const contextWith = (ctx: RequestContext, audit: AuditEvent): RequestContext =>
  // its fields may be getters
  Object.defineProperty(Object.create(ctx) as RequestContext, 'audit', { value: audit });

/**
 * Runs a call and tells the audit log how it went: the request's own event where the façade has begun one (REST, which
 * also ends it), else one of the call's own.
 * @param tell says to the event what came of it
 * @param nameOf of a collection: the one object that it is asked for
 */
export async function audited<R>(
  auditor: Auditor,
  verb: string,
  ctx: RequestContext,
  target: Target,
  run: (ctx: RequestContext) => Promise<R>,
  tell: (event: AuditEvent, result: R) => void,
  nameOf: () => string,
): Promise<R> {
  const { audit } = ctx;
  const about = (): ResourceAttributes => attributesOf(verb, target, target.name || nameOf());
  const event = audit ?? (auditor.enabled ? beginCall(auditor, ctx, about()) : UNRECORDED);
  if (event === UNRECORDED) return run(ctx);
  deprecated(event, target.kind);
  try {
    const result = await run(audit ? ctx : contextWith(ctx, event));
    tell(event, result);
    return result;
  } catch (error) {
    event.failed(error);
    throw error;
  } finally {
    if (!audit) event.complete();
  }
}

/** The same for a watch, whose event has a beginning and an end. */
export async function auditedWatch(
  auditor: Auditor,
  ctx: RequestContext,
  target: Target,
  { fieldSelector }: ListOptions,
  sink: WatchSink,
  run: (ctx: RequestContext, sink: WatchSink) => Promise<() => void>,
): Promise<() => void> {
  if (ctx.audit) {
    deprecated(ctx.audit, target.kind);
    return run(ctx, sink);
  }
  if (!auditor.enabled) return run(ctx, sink);
  const name = target.name || selectedName(fieldSelector);
  const event = beginCall(auditor, ctx, attributesOf('watch', { ...target, name }));
  if (event === UNRECORDED) return run(ctx, sink);
  deprecated(event, target.kind);
  try {
    const stop = await run(contextWith(ctx, event), {
      ...(sink.onInitial && { onInitial: (items: readonly Stored[]) => sink.onInitial?.(items) }),
      onEvents: (events) => sink.onEvents(events),
      onBookmark: (revision, end) => sink.onBookmark(revision, end),
      ...(sink.onProgress && { onProgress: (revision: number) => sink.onProgress?.(revision) }),
      onEnd(error) {
        event.complete();
        sink.onEnd(error);
      },
    });
    event.started(200);
    return () => {
      stop();
      event.complete();
    };
  } catch (error) {
    event.failed(error);
    event.complete();
    throw error;
  }
}

/** Tells an event what one object's verb has answered. */
export const tellAnswer = (event: AuditEvent, answer: Answer): void => {
  const { code } = answer;
  event.answered(isStatusAnswer(answer) ? { ...answer.object, code } : { code }, shownAnswer(answer));
};

export function deprecated(event: AuditEvent, { deprecation }: Pick<Kind, 'deprecation'>): void {
  if (!deprecation) return;
  event.annotate('k8s.io/deprecated', 'true');
  const removed = /unavailable in v(\d+\.\d+)\+/.exec(deprecation)?.[1];
  if (removed) event.annotate('k8s.io/removed-release', removed);
}

/** Decides on a read that a façade does by itself, and records it. */
export function authorizeRead(
  { authorizer, auditor }: Pick<Core, 'authorizer' | 'auditor'>,
  ctx: RequestContext,
  attributes: ResourceAttributes,
): { allowed: boolean; reason: string } {
  const decision = authorizer.decide(ctx.user, attributes);
  if (!auditor.enabled) return decision;
  const event = beginCall(auditor, ctx, attributes);
  if (event === UNRECORDED) return decision;
  annotateDecision(event, decision);
  if (decision.allowed) event.answered({ code: 200 });
  else event.failed(forbiddenError(ctx.user, attributes, decision.reason));
  event.complete();
  return decision;
}

/** One who reads a watch, or is refused it. */
export function recordWatch(
  { authorizer, auditor, registry }: Pick<Core, 'authorizer' | 'auditor' | 'registry'>,
  ctx: RequestContext,
  attributes: Attributes,
  refusal: unknown,
): () => void {
  const event = auditor.enabled ? beginCall(auditor, ctx, attributes) : UNRECORDED;
  if (event !== UNRECORDED) {
    annotateDecision(event, authorizer.decide(ctx.user, attributes));
    const kind =
      'resource' in attributes && registry.byResource(attributes.group, attributes.version ?? '', attributes.resource);
    if (kind) deprecated(event, kind);
  }
  if (refusal === undefined) event.started(200);
  else {
    event.failed(refusal);
    event.complete();
  }
  return () => event.complete();
}
