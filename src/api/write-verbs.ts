import type { Answer, BundleStep, RequestContext, WriteOptions } from './contract.ts';
import type { Core } from './core.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { ownVerbs } from './own-verbs.ts';
import { patch } from './patch.ts';
import { APPLY_PATCH } from './patch-body.ts';
import { update } from './update.ts';

/** The verbs that write one object, each as its endpoint has it: what a call does, and a step of a bundle. */
export const writeVerbs: {
  create: typeof create;
  update: typeof update;
  patch: typeof patch;
  delete: typeof remove;
} = {
  create: (core, ctx, target, body, options) => (ownVerbs(target)?.create ?? create)(core, ctx, target, body, options),
  update: (core, ctx, target, body, options) => (ownVerbs(target)?.update ?? update)(core, ctx, target, body, options),
  patch: (core, ctx, target, type, input, options) =>
    (ownVerbs(target)?.patch ?? patch)(core, ctx, target, type, input, options),
  delete: remove,
};

/** The verb that authorisation and the audit log know a step by. */
export const verbOf = ({ verb }: BundleStep): 'create' | 'update' | 'patch' | 'delete' =>
  verb === 'apply' ? 'patch' : verb;

/** Does what a step says. `common` holds where the step says nothing else. */
export function writeStep(core: Core, ctx: RequestContext, step: BundleStep, common: WriteOptions): Promise<Answer> {
  const { target } = step;
  if (step.verb === 'delete') return writeVerbs.delete(core, ctx, target, step.options ?? {});
  const options = { ...common, ...step.options };
  if (step.verb === 'apply') return writeVerbs.patch(core, ctx, target, APPLY_PATCH, step.body, options);
  if (step.verb === 'patch') return writeVerbs.patch(core, ctx, target, step.patchType, step.body, options);
  return writeVerbs[step.verb](core, ctx, target, step.body, options);
}
