import { normalizeObject } from '../../kinds/normalize.ts';
import { objectAnswer } from '../answer.ts';
import type { Answer, Body, RequestContext, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import type { create } from '../create.ts';
import { checkWriteOptions } from '../options.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { applyDefaults } from '../write/defaults.ts';
import { admissionRequest, operationOf } from '../write/operation.ts';
import { ownershipOf } from '../write/ownership.ts';
import { checkPlace, readBody } from '../write/read-body.ts';
import type { Asked, Question } from './question.ts';

/** What the system alone sets, and sets on no question. */
const SYSTEM_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
] as const;

/** The create of a kind whose objects are questions. */
export const ask =
  (question: Question): typeof create =>
  (...asked) =>
    answer(question, ...asked);

/** Answers 201 with the object and its status. */
async function answer(
  question: Question,
  core: Core,
  ctx: RequestContext,
  target: Target,
  body: Body,
  options: WriteOptions,
): Promise<Answer> {
  core.authorizer.require(ctx, 'create', target);
  checkWriteOptions('CreateOptions', options);
  const { kind } = target;
  const op = operationOf(core, ctx, target, 'create', options);
  const object = readBody(ctx, kind, body, options.fieldValidation);
  checkPlace(target, object);
  for (const field of SYSTEM_FIELDS) delete object.metadata[field];
  applyDefaults(kind, object);
  updateManagedFields({
    ...ownershipOf(core.registry, kind, ''),
    live: undefined,
    object,
    manager: op.by.manager,
    now: op.now,
  });
  const request = admissionRequest(op, 'CREATE', object, undefined);
  const asked: Asked = { core, ctx, target, object };
  await core.admission.admit(request);
  question.check?.(asked);
  await core.admission.validate(request);
  await question.answer(asked);
  return objectAnswer(kind, normalizeObject(kind.schema, object, false), 201);
}
