import type { Kind, StrategyContext } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import { formatTime } from '../../meta/time.ts';
import type { Author } from '../../store/contract.ts';
import type { AdmissionOperation, AdmissionRequest, Shown } from '../admission/plugin.ts';
import type { RequestContext, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';
import { isDryRun } from '../options.ts';
import type { KubeObject } from '../../meta/object.ts';
import { Pace } from './pace.ts';

/** One writing request: who, what, when, under which options. */
export interface Operation {
  core: Core;
  ctx: RequestContext;
  target: Target;
  /** as the history of the object says it; verb: create, update, patch, apply, delete */
  by: Author;
  dryRun: boolean;
  fieldValidation: string | undefined;
  /** RFC 3339, whole seconds */
  now: string;
  options: Record<string, unknown> | undefined;
  pace: Pace;
  /** how admission sees the object, where it is not as it is written */
  shown?: Shown | undefined;
}

export const operationOf = (
  core: Core,
  ctx: RequestContext,
  target: Target,
  verb: string,
  options: WriteOptions,
): Operation => ({
  core,
  ctx,
  target,
  by: authorOf(ctx, options.fieldManager || ctx.agent || 'unknown', verb),
  dryRun: isDryRun(options),
  fieldValidation: options.fieldValidation,
  now: formatTime(core.clock.now()),
  options: options as Record<string, unknown>,
  pace: new Pace(),
});

/** What history remembers of the caller. The address is that of the connection: what a header claims is anybody's word. */
function authorOf(
  { user, origin, facade, impersonator, changeSet }: RequestContext,
  manager: string,
  verb: string,
): Author {
  if (!origin) return { user: user.name, manager, verb, facade: 'loop', ...(changeSet && { changeSet }) };
  const client = origin.sourceIps.at(-1);
  return {
    user: user.name,
    manager,
    verb,
    facade: facade ?? 'rest',
    ...(client && { client }),
    ...(impersonator && { impersonator: impersonator.name }),
    ...(changeSet && { changeSet }),
  };
}

export const strategyContext = (op: Operation): StrategyContext => ({
  now: op.now,
  user: op.ctx.user.name,
  warn: (text) => op.ctx.warn(text),
  subresource: op.target.subresource,
  apiVersion: apiVersionOf(op.target.kind),
  namespaceLabels() {
    const found = op.core.store.get({ resource: 'namespaces', namespace: '', name: op.target.namespace });
    return found && objectAs('namespaces', found).metadata.labels;
  },
});

export const admissionRequest = (
  op: Operation,
  operation: AdmissionOperation,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
  body?: Kind,
): AdmissionRequest => ({
  store: op.core.store,
  destinations: op.core.destinations,
  webhooks: op.core.webhooks,
  registry: op.core.registry,
  authorizer: op.core.authorizer,
  ctx: op.ctx,
  target: op.target,
  body,
  shown: op.shown,
  operation,
  object,
  old,
  dryRun: op.dryRun || op.core.rehearsal === true,
  stores: !op.dryRun,
  now: op.now,
  options: op.options,
});
