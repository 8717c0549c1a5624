import { isDeepStrictEqual } from 'node:util';
import { invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import type { Strategy } from '../kind.ts';
import { pathSegmentName } from '../validation/names.ts';

/** rbac.authorization.k8s.io/v1; who may grant what is the pipeline's matter. */
const GROUP = 'rbac.authorization.k8s.io';
interface Rule {
  verbs?: string[];
  apiGroups?: string[];
  resources?: string[];
  nonResourceURLs?: string[];
}

function rules(list: Rule[] | undefined, namespaced: boolean): FieldError[] {
  return (list ?? []).flatMap((rule, i) => {
    const at = Path.root('rules').index(i);
    const errors: FieldError[] = [];
    if (!rule.verbs?.length) errors.push(required(at.child('verbs'), 'verbs must contain at least one value'));
    if (rule.nonResourceURLs?.length) {
      if (namespaced) errors.push(invalid(at.child('nonResourceURLs'), rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
      if (rule.apiGroups?.length || rule.resources?.length)
        errors.push(invalid(at.child('nonResourceURLs'), rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
      return errors;
    }
    if (!rule.apiGroups?.length) errors.push(required(at.child('apiGroups'), 'resource rules must supply at least one api group'));
    if (!rule.resources?.length) errors.push(required(at.child('resources'), 'resource rules must supply at least one resource'));
    return errors;
  });
}

export const roleStrategy: Strategy = { name: pathSegmentName, validate: (object) => rules(object.rules, true), generation: false };
export const clusterRoleStrategy: Strategy = { name: pathSegmentName, validate: (object) => rules(object.rules, false), generation: false };

interface Subject {
  kind?: string;
  apiGroup?: string;
  name?: string;
  namespace?: string;
}

/** A reference as Go prints the internal struct, which has no JSON names. */
const internalRef = (ref: { apiGroup?: string; kind?: string; name?: string } = {}): unknown => ({ APIGroup: ref.apiGroup ?? '', Kind: ref.kind ?? '', Name: ref.name ?? '' });

function binding(roles: readonly string[], namespaced: boolean): Strategy {
  return {
    name: pathSegmentName,
    generation: false,
    defaults(object) {
      if (object.roleRef) object.roleRef.apiGroup ||= GROUP;
      for (const subject of (object.subjects ?? []) as Subject[]) {
        if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= GROUP;
        if (subject.kind === 'ServiceAccount') subject.apiGroup ??= '';
        // A subject of the old core form without a group has none in the answer either.
        if (subject.apiGroup === '') delete subject.apiGroup;
      }
    },
    validate(object) {
      const at = Path.root('roleRef');
      const errors: FieldError[] = [];
      if (object.roleRef?.apiGroup !== GROUP) errors.push(notSupported(at.child('apiGroup'), object.roleRef?.apiGroup ?? '', [GROUP]));
      if (!roles.includes(object.roleRef?.kind)) errors.push(notSupported(at.child('kind'), object.roleRef?.kind ?? '', roles));
      if (!object.roleRef?.name) errors.push(required(at.child('name')));
      else errors.push(...pathSegmentName(object.roleRef.name, false).map((m) => invalid(at.child('name'), object.roleRef.name, m)));
      ((object.subjects ?? []) as Subject[]).forEach((subject, i) => errors.push(...subjectErrors(subject, Path.root('subjects').index(i), namespaced)));
      return errors;
    },
    validateUpdate: (object, old) =>
      isDeepStrictEqual(object.roleRef, old.roleRef) ? [] : [invalid(Path.root('roleRef'), internalRef(object.roleRef), 'cannot change roleRef')],
  };
}

function subjectErrors(subject: Subject, at: Path, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!subject.name) errors.push(required(at.child('name')));
  switch (subject.kind) {
    case 'ServiceAccount':
      if (subject.apiGroup) errors.push(notSupported(at.child('apiGroup'), subject.apiGroup, ['']));
      if (!namespaced && !subject.namespace) errors.push(required(at.child('namespace')));
      break;
    case 'User':
    case 'Group':
      if (subject.apiGroup !== GROUP) errors.push(notSupported(at.child('apiGroup'), subject.apiGroup ?? '', [GROUP]));
      break;
    default:
      errors.push(notSupported(at.child('kind'), subject.kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

export const roleBindingStrategy = binding(['Role', 'ClusterRole'], true);
export const clusterRoleBindingStrategy = binding(['ClusterRole'], false);
