import { impersonate } from './authentication/impersonate.ts';
import { connect } from './connect.ts';
import type { Api } from './contract.ts';
import type { Core } from './core.ts';
import { create } from './create.ts';
import { deleteCollection } from './delete-collection.ts';
import { remove } from './delete.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { translateStoreError } from './store-errors.ts';
import { bind } from './subresources/binding.ts';
import { evict } from './subresources/eviction.ts';
import { getScale, patchScale, updateScale } from './subresources/scale.ts';
import { requestToken } from './subresources/token.ts';
import { update } from './update.ts';
import { getComponent, isComponentStatus, listComponents } from './virtual/component-status.ts';
import { createVirtual, isQuestion } from './virtual/create-virtual.ts';
import { watch } from './watch.ts';

/** What is created at a subresource, and not as an object of its own. */
const creations: Readonly<Record<string, typeof create>> = {
  'bindings/': bind,
  'pods/binding': bind,
  'pods/eviction': evict,
  'serviceaccounts/token': requestToken,
};

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
  return {
    registry: core.registry,
    store: core.store,
    get: guard((ctx, target, options) => {
      if (target.subresource === 'scale') return getScale(core, ctx, target, options);
      return isComponentStatus(target) ? getComponent(core, ctx, target) : get(core, ctx, target, options);
    }),
    list: guard((ctx, target, options) => (isComponentStatus(target) ? listComponents(core, ctx, target) : list(core, ctx, target, options))),
    watch: guard((ctx, target, options, sink) => watch(core, ctx, target, options, sink)),
    create: guard((ctx, target, body, options) => {
      if (isQuestion(target)) return createVirtual(core, ctx, target, body, options);
      const special = target.kind.group === '' ? creations[`${target.kind.resource}/${target.subresource}`] : undefined;
      return (special ?? create)(core, ctx, target, body, options);
    }),
    update: guard((ctx, target, body, options) => (target.subresource === 'scale' ? updateScale : update)(core, ctx, target, body, options)),
    patch: guard((ctx, target, type, input, options) => (target.subresource === 'scale' ? patchScale : patch)(core, ctx, target, type, input, options)),
    delete: guard((ctx, target, options) => remove(core, ctx, target, options)),
    deleteCollection: guard((ctx, target, options, how) => deleteCollection(core, ctx, target, options, how)),
    connect: guard((ctx, target, query) => connect(core, ctx, target, query)),
    authorize: (user, attributes) => core.authorizer.decide(user, attributes),
    authenticate: guard((credentials) => core.authenticator.authenticate(credentials)),
    impersonate: (user, headers) => impersonate(core.authorizer, user, headers),
  };
}
