import type { KubeObject } from '../meta/object.ts';
import type { ObjectAnswer, Body, RequestContext, Target, WriteOptions } from './contract.ts';
import type { Core } from './core.ts';
import { checkWriteOptions } from './options.ts';
import { operationOf } from './write/operation.ts';
import { checkPlace, readBodySteps } from './write/read-body.ts';
import { replace, uidConflict } from './write/replace.ts';

/** A whole object in the place of the one that is there (or of none, where the kind allows it). */
export async function update(
  core: Core,
  ctx: RequestContext,
  target: Target,
  body: Body,
  options: WriteOptions,
): Promise<ObjectAnswer> {
  core.authorizer.require(ctx, 'update', target);
  checkWriteOptions('UpdateOptions', options);
  const { kind } = target;
  const op = operationOf(core, ctx, target, target.subresource || 'update', options);
  const read = async (fieldValidation: string | undefined): Promise<KubeObject> => {
    const object = await op.pace.run(readBodySteps(ctx, kind, body, fieldValidation));
    checkPlace(target, object);
    return object;
  };
  let sent: KubeObject | undefined = await read(options.fieldValidation);
  const createMissing = !target.subresource && kind.storage.strategy.createOnUpdate === true;
  return replace(op, {
    createMissing,
    checksUid: true,
    async next(live) {
      // a second attempt begins with what came in; its warnings have been given
      const object = sent ?? (await read('Ignore'));
      sent = undefined;
      if (live) return object;
      // a PUT that names a uid means an object that was there
      if (object.metadata.uid) throw uidConflict(target, object.metadata.uid, '');
      core.authorizer.require(ctx, 'create', target);
      delete (object.metadata as Partial<typeof object.metadata>).resourceVersion;
      return object;
    },
  });
}
