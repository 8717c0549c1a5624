import type { Answer, Body, RequestContext, Target, WriteOptions } from './contract.ts';
import type { Core } from './core.ts';
import { checkWriteOptions } from './options.ts';
import { insert, nameTaken } from './write/insert.ts';
import { operationOf } from './write/operation.ts';
import { checkPlace, readBodySteps } from './write/read-body.ts';

/** A new object. Throws 409 AlreadyExists, 422 Invalid, 403. */
export async function create(
  core: Core,
  ctx: RequestContext,
  target: Target,
  body: Body,
  options: WriteOptions,
): Promise<Answer> {
  core.authorizer.require(ctx, 'create', target);
  checkWriteOptions('CreateOptions', options);
  const op = operationOf(core, ctx, target, 'create', options);
  const object = await op.pace.run(readBodySteps(ctx, target.kind, body, options.fieldValidation));
  checkPlace(target, object);
  const inserted = await insert(op, object);
  if ('taken' in inserted) throw nameTaken(target.kind, object, inserted.taken);
  return inserted.answer;
}
