import { impersonate } from './authentication/impersonate.ts';
import { connect } from './connect.ts';
import type { Api, RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { create } from './create.ts';
import { deleteCollection } from './delete-collection.ts';
import { remove } from './delete.ts';
import { checkEndpoint } from './endpoint.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { ownVerbs } from './own-verbs.ts';
import { patch } from './patch.ts';
import { translateStoreError } from './store-errors.ts';
import { update } from './update.ts';
import { watch } from './watch.ts';

/** Every verb with the store's errors translated. */
export function verbs(core: Core): Api {
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
  ) =>
    guard((ctx: RequestContext, target: Target, ...args: A) => {
      checkEndpoint(core, ctx, verb, target);
      if (target.kind.deprecation) ctx.warn(target.kind.deprecation);
      return run(ctx, target, ...args);
    });
  return {
    registry: core.registry,
    store: core.store,
    get: on('get', (ctx, target, options) => (ownVerbs(target)?.get ?? get)(core, ctx, target, options)),
    list: on('list', (ctx, target, options) => (ownVerbs(target)?.list ?? list)(core, ctx, target, options)),
    watch: on('watch', (ctx, target, options, sink) => watch(core, ctx, target, options, sink)),
    create: on('create', (ctx, target, body, options) =>
      (ownVerbs(target)?.create ?? create)(core, ctx, target, body, options),
    ),
    update: on('update', (ctx, target, body, options) =>
      (ownVerbs(target)?.update ?? update)(core, ctx, target, body, options),
    ),
    patch: on('patch', (ctx, target, type, input, options) =>
      (ownVerbs(target)?.patch ?? patch)(core, ctx, target, type, input, options),
    ),
    delete: on('delete', (ctx, target, options) => remove(core, ctx, target, options)),
    deleteCollection: on('deletecollection', (ctx, target, options, how) =>
      deleteCollection(core, ctx, target, options, how),
    ),
    connect: on('connect', (ctx, target, request) => connect(core, ctx, target, request)),
    locate: (host, port) => core.destinations.locate(host, port),
    authorize: (user, attributes) => core.authorizer.decide(user, attributes),
    hold: (ctx, rights, onLost) => core.standing.hold(ctx, rights, onLost),
    authenticate: guard((credentials) => core.authenticator.authenticate(credentials)),
    impersonate: (user, headers) => impersonate(core.authorizer, user, headers),
  };
}
