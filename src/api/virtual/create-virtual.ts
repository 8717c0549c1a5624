import { normalizeObject } from '../../kinds/normalize.ts';
import { objectAnswer } from '../answer.ts';
import type { Answer, Body, RequestContext, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { checkWriteOptions } from '../options.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { applyDefaults } from '../write/defaults.ts';
import { admissionRequest, operationOf } from '../write/operation.ts';
import { ownershipOf } from '../write/ownership.ts';
import { checkPlace, readBody } from '../write/read-body.ts';
import type { Asked, Question } from './question.ts';
import { localSubjectAccessReview, selfSubjectAccessReview, subjectAccessReview } from './access-reviews.ts';
import { selfSubjectReview } from './self-subject-review.ts';
import { selfSubjectRulesReview } from './rules-review.ts';
import { tokenReview } from './token-review.ts';

/** What the system alone sets, and sets on no question. */
const SYSTEM_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
] as const;

const questions: Readonly<Record<string, Question>> = {
  'selfsubjectaccessreviews.authorization.k8s.io': selfSubjectAccessReview,
  'subjectaccessreviews.authorization.k8s.io': subjectAccessReview,
  'localsubjectaccessreviews.authorization.k8s.io': localSubjectAccessReview,
  'selfsubjectrulesreviews.authorization.k8s.io': selfSubjectRulesReview,
  'selfsubjectreviews.authentication.k8s.io': selfSubjectReview,
  'tokenreviews.authentication.k8s.io': tokenReview,
};

export const isQuestion = (target: Target): boolean => target.kind.storage.key in questions;

/** Answers 201 with the object and its status. */
export async function createVirtual(
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
  const question = questions[kind.storage.key]!;
  await core.admission.admit(request);
  question.check?.(asked);
  await core.admission.validate(request);
  await question.answer(asked);
  return objectAnswer(kind, normalizeObject(kind.schema, object, false), 201);
}
