import { normalizeObject } from '../../kinds/normalize.ts';
import { invalid, Path, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import { invalidObject } from '../../meta/status.ts';
import type { Attributes, Target, User } from '../contract.ts';
import type { Question } from './question.ts';
import { fieldTermsOf, selectorErrors, selectorProblems, type ResourceAttributes } from './review-selectors.ts';

const SPEC = Path.root('spec');

interface Spec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: { verb?: string; path?: string };
  user?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}
const specOf = (object: KubeObject): Spec => (object['spec'] ?? {}) as Spec;

function attributesOf({ resourceAttributes: r, nonResourceAttributes: n }: Spec): Attributes {
  if (!r) return { verb: n?.verb ?? '', path: n?.path ?? '' };
  const { verb = '', group = '', version = '*', resource = '', subresource = '', namespace = '', name = '' } = r;
  const attributes = { verb, group, version, resource, subresource, namespace, name };
  const fieldSelector = fieldTermsOf(r.fieldSelector);
  return fieldSelector.length ? { ...attributes, fieldSelector } : attributes;
}

/** As Go prints the internal struct, which has no JSON names. */
const internalNonResource = ({ path = '', verb = '' }: NonNullable<Spec['nonResourceAttributes']>): unknown => ({
  Path: path,
  Verb: verb,
});

/** A question is about a resource or a path, and of somebody. */
function specErrors(
  { resourceAttributes, nonResourceAttributes, user, groups }: Spec,
  needsUser: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  if (resourceAttributes && nonResourceAttributes) {
    const why = 'cannot be specified in combination with resourceAttributes';
    errors.push(invalid(SPEC.child('nonResourceAttributes'), internalNonResource(nonResourceAttributes), why));
  }
  const at = SPEC.child('resourceAttributes');
  if (!resourceAttributes && !nonResourceAttributes) {
    errors.push(invalid(at, null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  }
  if (needsUser && !user && !groups?.length)
    errors.push(invalid(SPEC.child('user'), user ?? '', 'at least one of user or group must be specified'));
  return [...errors, ...selectorErrors(resourceAttributes, at)];
}

/** It is no object that could have a name. */
function metadataErrors(target: Target, object: KubeObject, why: string): FieldError[] {
  const given = Object.keys(object.metadata).filter(
    (key) => key !== 'managedFields' && !(key === 'namespace' && target.namespace),
  );
  return given.length ? [invalid('metadata', normalizeObject(target.kind.schema, object, false).metadata, why)] : [];
}

/** The kind of an internal object is empty, and so is what the error says of it. */
function refuse(group: string, errors: FieldError[]): void {
  if (errors.length) throw invalidObject({ group, kind: '' }, '', errors);
}

const userOf = (spec: Spec): User => ({
  name: spec.user ?? '',
  ...(spec.uid && { uid: spec.uid }),
  groups: spec.groups ?? [],
  ...(spec.extra && { extra: spec.extra }),
});

function status(decision: { allowed: boolean; reason: string }, { resourceAttributes }: Spec): unknown {
  const problems = selectorProblems(resourceAttributes);
  return {
    allowed: decision.allowed,
    ...(decision.reason && { reason: decision.reason }),
    ...(problems.length > 0 && { evaluationError: problems.join('; ') }),
  };
}

/** May I? */
export const selfSubjectAccessReview: Question = {
  check: ({ target, object }) =>
    refuse(target.kind.group, [
      ...specErrors(specOf(object), false),
      ...metadataErrors(target, object, 'must be empty'),
    ]),
  answer({ core, ctx, object }) {
    const spec = specOf(object);
    object['status'] = status(core.authorizer.decide(ctx.user, attributesOf(spec)), spec);
  },
};

/** May somebody? */
export const subjectAccessReview: Question = {
  check: ({ target, object }) =>
    refuse(target.kind.group, [
      ...specErrors(specOf(object), true),
      ...metadataErrors(target, object, 'must be empty'),
    ]),
  answer({ core, object }) {
    const spec = specOf(object);
    object['status'] = status(core.authorizer.decide(userOf(spec), attributesOf(spec)), spec);
  },
};

/** May somebody, in this namespace? */
export const localSubjectAccessReview: Question = {
  check({ target, object }) {
    const spec = specOf(object);
    const errors = [...specErrors(spec, true), ...metadataErrors(target, object, 'must be empty except for namespace')];
    const namespace = spec.resourceAttributes?.namespace ?? '';
    if (spec.resourceAttributes && namespace !== target.namespace) {
      errors.push(invalid(SPEC.child('resourceAttributes', 'namespace'), namespace, 'must match metadata.namespace'));
    }
    if (spec.nonResourceAttributes) {
      const value = internalNonResource(spec.nonResourceAttributes);
      errors.push(invalid(SPEC.child('nonResourceAttributes'), value, 'disallowed on this kind of request'));
    }
    refuse(target.kind.group, errors);
  },
  answer: subjectAccessReview.answer,
};
