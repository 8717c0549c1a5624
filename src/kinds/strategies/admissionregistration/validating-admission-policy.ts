import type { AuditAnnotation, ValidatingAdmissionPolicy, Validation } from '../../../../schema/types.ts';
import { duplicate, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Steps } from '../../../meta/steps.ts';
import { admissionVariables, compileFor } from '../../cel/admission.ts';
import { validateLabelName } from '../../validation/labels.ts';
import { isolatedStatus, withStatus } from '../status-split.ts';
import { expressionErrors } from './match-conditions.ts';
import {
  defaultPolicy,
  keepsConditions,
  matchErrors,
  policyCells,
  SPEC,
  variableErrors,
  type Scope,
} from './policy-parts.ts';
import { FAILURE_POLICIES } from './match-resources.ts';

type Policy = Unchecked<ValidatingAdmissionPolicy>;
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const MAX_ANNOTATIONS = 20;
/** bytes of an annotation's expression */
const MAX_VALUE_EXPRESSION = 5 * 1024;
const hasLineBreak = (text: string): boolean => /[\n\r]/.test(text);

function messageErrors({ message = '' }: Parts<Validation>, at: Path): FieldError[] {
  if (message !== '' && message.trim() === '') return [invalid(at, message, 'must be non-empty if specified')];
  return hasLineBreak(message.trim()) ? [invalid(at, message, 'must not contain line breaks')] : [];
}

function* validationErrors(validation: Parts<Validation>, scope: Scope, at: Path): Steps<FieldError[]> {
  const { expression = '', messageExpression = '', reason } = validation;
  const errors: FieldError[] = [];
  if (expression.trim() === '') errors.push(required(at.child('expression'), 'expression is not specified'));
  else errors.push(...(yield* expressionErrors(expression, scope(true), ['bool'], at.child('expression'))));
  const here = at.child('messageExpression');
  if (messageExpression.trim() !== '') {
    yield;
    errors.push(...(yield* expressionErrors(messageExpression, scope(false), ['string'], here)));
  } else if (messageExpression !== '') errors.push(invalid(here, messageExpression, 'must be non-empty if specified'));
  errors.push(...messageErrors(validation, at.child('message')));
  if (reason !== undefined && !REASONS.includes(reason)) errors.push(notSupported(at.child('reason'), reason, REASONS));
  return errors;
}

function* annotationErrors(
  annotations: readonly Parts<AuditAnnotation>[],
  policy: string,
  scope: Scope,
): Steps<FieldError[]> {
  const at = SPEC.child('auditAnnotations');
  const errors: FieldError[] = [];
  if (annotations.length > MAX_ANNOTATIONS)
    errors.push(invalid(at, annotations, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`));
  const keys = new Set<string>();
  for (const [i, { key = '', valueExpression = '' }] of annotations.entries()) {
    const here = at.index(i);
    if (policy) errors.push(...validateLabelName(`${policy}/${key}`, here.child('key')));
    else errors.push(invalid(here.child('key'), key, 'requires metadata.name be non-empty'));
    const text = valueExpression.trim();
    const value = here.child('valueExpression');
    if (text === '') errors.push(required(value, 'valueExpression is not specified'));
    else if (Buffer.byteLength(text) > MAX_VALUE_EXPRESSION)
      errors.push(required(value, `must not exceed ${MAX_VALUE_EXPRESSION} bytes in length`));
    else {
      const compiled = yield* compileFor(text, scope(true), ['string', 'null_type']);
      if ('error' in compiled) errors.push(invalid(value, valueExpression, compiled.error));
    }
    if (keys.has(key)) errors.push(duplicate(here.child('key'), key));
    keys.add(key);
    yield;
  }
  return errors;
}

/** Gives way after each expression. */
function* policyErrors(object: Policy, skipConditions: boolean): Steps<FieldError[]> {
  const { spec = {} } = object;
  const errors: FieldError[] = [];
  const policy = spec.failurePolicy ?? '';
  if (!FAILURE_POLICIES.includes(policy))
    errors.push(notSupported(SPEC.child('failurePolicy'), policy, FAILURE_POLICIES));
  errors.push(...(yield* matchErrors(spec, skipConditions)));
  const withParams = Boolean(spec.paramKind);
  const scope: Scope = spec.variables?.length
    ? yield* variableErrors(spec.variables, withParams, errors)
    : (withAuthorizer) => admissionVariables(withParams, withAuthorizer);
  const { validations = [], auditAnnotations: annotations = [] } = spec;
  if (validations.length === 0 && annotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item';
    return [...errors, required(SPEC.child('validations'), why), required(SPEC.child('auditAnnotations'), why)];
  }
  for (const [i, validation] of validations.entries()) {
    errors.push(...(yield* validationErrors(validation, scope, SPEC.child('validations').index(i))));
    yield;
  }
  return [...errors, ...(yield* annotationErrors(annotations, object.metadata.name ?? '', scope))];
}

function warningErrors({ status }: Policy): FieldError[] {
  const at = Path.root('status').child('typeChecking', 'expressionWarnings');
  return (status?.typeChecking?.expressionWarnings ?? []).flatMap(({ fieldRef, warning }, i) => [
    ...(warning ? [] : [required(at.index(i).child('warning'))]),
    ...(fieldRef?.trim() ? [] : [required(at.index(i).child('fieldRef'))]),
  ]);
}

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy */
export const validatingAdmissionPolicyStrategy = withStatus<ValidatingAdmissionPolicy>({
  metadata: { whole: 1, update: false, finalizers: 'any' },
  unconditionalUpdate: false,
  defaults: defaultPolicy,
  validateSteps: (policy, old) => policyErrors(policy, keepsConditions(policy, old)),
  subresources: { status: { ...isolatedStatus, metadata: { update: false }, validateUpdate: warningErrors } },
  cells: (policy, now) => policyCells(policy, policy.spec?.validations, now),
});
