import { invalid, required, type FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import { badRequest, invalidObject } from '../../meta/status.ts';
import type { Attributes, User } from '../contract.ts';
import type { Question } from './create-virtual.ts';

const GROUP = 'authorization.k8s.io';

interface Spec {
  resourceAttributes?: { verb?: string; group?: string; version?: string; resource?: string; subresource?: string; namespace?: string; name?: string };
  nonResourceAttributes?: { verb?: string; path?: string };
  user?: string;
  uid?: string;
  groups?: string[];
  extra?: Record<string, string[]>;
}

function attributesOf({ resourceAttributes: r, nonResourceAttributes: n }: Spec): Attributes {
  if (!r) return { verb: n?.verb ?? '', path: n?.path ?? '' };
  const { verb = '', group = '', version = '*', resource = '', subresource = '', namespace = '', name = '' } = r;
  return { verb, group, version, resource, subresource, namespace, name };
}

function check(kind: string, object: KubeObject, needsUser: boolean): void {
  const spec = (object['spec'] ?? {}) as Spec;
  const errors: FieldError[] = [];
  const both = 'cannot be specified in combination with resourceAttributes';
  if (spec.resourceAttributes && spec.nonResourceAttributes) errors.push(invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, both));
  if (!spec.resourceAttributes && !spec.nonResourceAttributes) {
    errors.push(invalid('spec.resourceAttributes', spec.resourceAttributes ?? null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  }
  if (needsUser && !spec.user && !spec.groups?.length) errors.push(invalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified'));
  if (object.metadata.name) errors.push(invalid('metadata', object.metadata, 'must be empty'));
  if (errors.length) throw invalidObject({ group: GROUP, kind }, '', errors);
}

const userOf = (spec: Spec): User => ({
  name: spec.user ?? '',
  ...(spec.uid && { uid: spec.uid }),
  groups: spec.groups ?? [],
  ...(spec.extra && { extra: spec.extra }),
});

const status = (decision: { allowed: boolean; reason: string }): unknown => ({
  allowed: decision.allowed,
  ...(decision.reason && { reason: decision.reason }),
});

export const selfSubjectAccessReview: Question = (core, ctx, _target, object) => {
  check('SelfSubjectAccessReview', object, false);
  object['status'] = status(core.authorizer.decide(ctx.user, attributesOf(object['spec'])));
};

export const subjectAccessReview: Question = (core, _ctx, _target, object) => {
  check('SubjectAccessReview', object, true);
  object['status'] = status(core.authorizer.decide(userOf(object['spec']), attributesOf(object['spec'])));
};

export const localSubjectAccessReview: Question = (core, _ctx, target, object) => {
  check('LocalSubjectAccessReview', object, true);
  const spec = object['spec'] as Spec;
  if (spec.nonResourceAttributes) {
    throw invalidObject({ group: GROUP, kind: 'LocalSubjectAccessReview' }, '', [invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'disallowed on this kind of request')]);
  }
  if (!spec.resourceAttributes) throw invalidObject({ group: GROUP, kind: 'LocalSubjectAccessReview' }, '', [required('spec.resourceAttributes')]);
  if (spec.resourceAttributes.namespace !== target.namespace) {
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${target.namespace}`);
  }
  object['status'] = status(core.authorizer.decide(userOf(spec), attributesOf(spec)));
};
