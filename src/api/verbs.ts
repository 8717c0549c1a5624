import { audited, auditedWatch, authorizeRead, recordWatch, selectedName, tellAnswer } from './audit/calls.ts';
import type { AuditEvent } from './audit/contract.ts';
import { shownList } from './audit/shown.ts';
import { impersonate } from './authentication/impersonate.ts';
import { bundle } from './bundle/bundle.ts';
import { connect } from './connect.ts';
import type { Api, ListAnswer, RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { deleteCollection } from './delete-collection.ts';
import { checkEndpoint } from './endpoint.ts';
import { turnToBegin } from './fairness/turns.ts';
import { get } from './get.ts';
import { resolveAsOf } from './history/as-of.ts';
import { changes, history } from './history/changes.ts';
import { undo } from './history/undo.ts';
import { list } from './list.ts';
import { ownVerbs } from './own-verbs.ts';
import { translateStoreError } from './store-errors.ts';
import { watch } from './watch.ts';
import { writeVerbs } from './write-verbs.ts';

/** Every verb with the store's errors translated, and told to the audit log. */
export function verbs(core: Core): Omit<Api, 'noteDefinition'> {
  const { auditor } = core;
  const guard =
    <A extends unknown[], R>(run: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      try {
        return await run(...args);
      } catch (error) {
        throw translateStoreError(error);
      }
    };
  /** A verb on a target that has it: versions that will go are warned about, whatever comes of it. */
  const on = <A extends unknown[], R>(
    verb: string,
    run: (ctx: RequestContext, target: Target, ...args: A) => Promise<R>,
    tell: (event: AuditEvent, result: R) => void,
    /** the one object that the arguments say it is about */
    nameOf: (...args: A) => string = () => '',
  ) => {
    const guarded = guard((ctx: RequestContext, target: Target, ...args: A) => {
      checkEndpoint(core, ctx, verb, target);
      return run(ctx, target, ...args);
    });
    return (ctx: RequestContext, target: Target, ...args: A): Promise<R> => {
      if (target.kind.deprecation) ctx.warn(target.kind.deprecation);
      return audited(
        auditor,
        verb,
        ctx,
        target,
        (own) => guarded(own, target, ...args),
        tell,
        () => nameOf(...args),
      );
    };
  };
  /** A verb that writes one object: many that come at once begin a few in a turn of the loop. */
  const writing =
    <A extends unknown[], R>(run: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      const turn = turnToBegin();
      return turn ? turn.then(() => run(...args)) : run(...args);
    };
  return {
    registry: core.registry,
    store: core.store,
    auditor,
    logs: core.logs,
    converted: (...asked) => core.conversions.converted(...asked),
    get: on('get', (ctx, target, options) => (ownVerbs(target)?.get ?? get)(core, ctx, target, options), tellAnswer),
    list: on(
      'list',
      (ctx, target, options) => (ownVerbs(target)?.list ?? list)(core, ctx, target, options),
      tellList,
      (options) => selectedName(options.fieldSelector),
    ),
    watch: (ctx, target, options, sink) => {
      if (target.kind.deprecation) ctx.warn(target.kind.deprecation);
      return auditedWatch(
        auditor,
        ctx,
        target,
        options,
        sink,
        guard((own, to) => {
          checkEndpoint(core, own, 'watch', target);
          return watch(core, own, target, options, to);
        }),
      );
    },
    create: on(
      'create',
      writing((ctx, target, body, options) => writeVerbs.create(core, ctx, target, body, options)),
      tellAnswer,
    ),
    update: on(
      'update',
      writing((ctx, target, body, options) => writeVerbs.update(core, ctx, target, body, options)),
      tellAnswer,
    ),
    patch: on(
      'patch',
      writing((ctx, target, type, input, options) => writeVerbs.patch(core, ctx, target, type, input, options)),
      tellAnswer,
    ),
    delete: on(
      'delete',
      writing((ctx, target, options) => writeVerbs.delete(core, ctx, target, options)),
      tellAnswer,
    ),
    deleteCollection: on(
      'deletecollection',
      (ctx, target, options, how) => deleteCollection(core, ctx, target, options, how),
      tellList,
    ),
    // its steps are told to the audit log one by one
    bundle: guard((ctx, steps, options) => bundle(core, ctx, steps, options)),
    history: on(
      'get',
      (ctx, target, filter, page) => history(core, ctx, target, filter, page),
      (event) => event.answered({ code: 200 }),
    ),
    changes: guard((ctx, within, filter, page) => changes(core, ctx, within, filter, page)),
    // what it writes is told as that of a bundle
    undo: guard((ctx, what, options) => undo(core, ctx, what, options)),
    resolveAsOf: guard((text) => resolveAsOf(core, text)),
    // the stream's own way through rest/ says how it ended
    connect: on(
      'connect',
      (ctx, target, request) => connect(core, ctx, target, request),
      () => undefined,
    ),
    locate: (host, port) => core.destinations.locate(host, port),
    authorize: (user, attributes) => core.authorizer.decide(user, attributes),
    hold: (ctx, rights, onLost) => core.standing.hold(ctx, rights, onLost),
    bodies: core.bodies,
    openStream: (ctx) => core.openStreams.open(ctx),
    recordWatch: (ctx, attributes, refusal) => recordWatch(core, ctx, attributes, refusal),
    rightsVersion: (user) => core.authorizer.rightsVersion(user),
    authorizeRead: (ctx, attributes) => authorizeRead(core, ctx, attributes),
    authenticate: guard((credentials) => core.authenticator.authenticate(credentials)),
    isInTokenFile: (digest) => core.authenticator.isInTokenFile(digest),
    loginProviders: () => core.authenticator.loginProviders,
    impersonate: (user, headers) => impersonate(core.authorizer, user, headers),
  };
}

const tellList = (event: AuditEvent, list: ListAnswer): void => event.answered({ code: 200 }, shownList(list));
