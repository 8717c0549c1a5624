import { isDeepStrictEqual } from 'node:util';
import type { ClusterRoleBinding, RbacSubject, RoleBinding, RoleRef } from '../../../../schema/types.ts';
import { invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import type { Relation } from '../../relation.ts';
import { dnsSubdomainName, pathSegmentName } from '../../validation/names.ts';
import { GROUP, rbacStrategy } from './names.ts';
import { since } from '../../cells.ts';

/** Bindings of both kinds have the same fields. */
type Binding = Unchecked<ClusterRoleBinding>;
const ROLE_REF = Path.root('roleRef');
const SUBJECTS = Path.root('subjects');

/** A reference as Go prints the internal struct, which has no JSON names. */
const internalRef = (ref: Parts<RoleRef> = {}): unknown => ({
  APIGroup: ref.apiGroup ?? '',
  Kind: ref.kind ?? '',
  Name: ref.name ?? '',
});

function defaults(object: Binding): void {
  if (object.roleRef) object.roleRef.apiGroup ||= GROUP;
  for (const subject of object.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= GROUP;
    // A subject of the core group has none in the answer either.
    if (subject.apiGroup === '') delete subject.apiGroup;
  }
}

function roleRefErrors(ref: Parts<RoleRef>, kinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (ref.apiGroup !== GROUP) errors.push(notSupported(ROLE_REF.child('apiGroup'), ref.apiGroup ?? '', [GROUP]));
  if (!kinds.includes(ref.kind ?? '')) errors.push(notSupported(ROLE_REF.child('kind'), ref.kind ?? '', kinds));
  const at = ROLE_REF.child('name');
  if (!ref.name) errors.push(required(at));
  else for (const why of pathSegmentName(ref.name, false)) errors.push(invalid(at, ref.name, why));
  return errors;
}

function subjectErrors(
  { kind = '', apiGroup = '', name, namespace }: Parts<RbacSubject>,
  at: Path,
  namespaced: boolean,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(at.child('name')));
  switch (kind) {
    case 'ServiceAccount':
      if (name) for (const why of dnsSubdomainName(name, false)) errors.push(invalid(at.child('name'), name, why));
      if (apiGroup) errors.push(notSupported(at.child('apiGroup'), apiGroup, ['']));
      if (!namespaced && !namespace) errors.push(required(at.child('namespace')));
      break;
    case 'User':
    case 'Group':
      if (apiGroup !== GROUP) errors.push(notSupported(at.child('apiGroup'), apiGroup, [GROUP]));
      break;
    default:
      errors.push(notSupported(at.child('kind'), kind, ['ServiceAccount', 'User', 'Group']));
  }
  return errors;
}

/**
 * A role and those who have it.
 * @param roles kinds that roleRef may name
 * @param namespaced a service account without a namespace is one of the binding's own
 */
export function bindingStrategy(roles: readonly string[], namespaced: boolean): Strategy<ClusterRoleBinding> {
  const validate = (object: Binding): FieldError[] => [
    ...roleRefErrors(object.roleRef ?? {}, roles),
    ...(object.subjects ?? []).flatMap((subject, i) => subjectErrors(subject, SUBJECTS.index(i), namespaced)),
  ];
  const change = (object: Binding, old: Binding): FieldError[] =>
    isDeepStrictEqual(internalRef(object.roleRef), internalRef(old.roleRef))
      ? []
      : [invalid(ROLE_REF, internalRef(object.roleRef), 'cannot change roleRef')];
  return { ...rbacStrategy(validate, change), defaults, cells, relations: relationsOf(namespaced) };
}

function relationsOf(namespaced: boolean): Relation<ClusterRoleBinding>[] {
  const back = namespaced ? 'roleBindings' : 'clusterRoleBindings';
  const clusterRoles = `clusterroles.${GROUP}`;
  return [
    {
      field: 'role',
      description: 'What it gives.',
      to: namespaced ? [`roles.${GROUP}`, clusterRoles] : [clusterRoles],
      back,
      form: 'reference',
      references({ metadata, roleRef }) {
        const { apiGroup: apiVersion, kind, name } = roleRef ?? {};
        return [{ apiVersion, kind, name, ...(kind === 'Role' && { namespace: metadata.namespace }) }];
      },
    },
    {
      field: 'serviceAccounts',
      description: 'Accounts that it gives it to.',
      to: ['serviceaccounts'],
      back,
      form: 'reference',
      many: true,
      elsewhere: true,
      references: ({ metadata, subjects }) =>
        (subjects ?? []).flatMap(({ kind, name, namespace = metadata.namespace }) =>
          kind === 'ServiceAccount' ? [{ kind, name, namespace }] : [],
        ),
    },
  ];
}

function cells({ metadata, roleRef, subjects }: Unchecked<RoleBinding>, now: number): Cell[] {
  const namesOf = (kind: string): string =>
    (subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
      .join(', ');
  return [
    metadata.name,
    `${roleRef?.kind}/${roleRef?.name}`,
    since(metadata.creationTimestamp, now),
    namesOf('User'),
    namesOf('Group'),
    namesOf('ServiceAccount'),
  ];
}
