import { repeatedAt } from '../../validation/repeated.ts';
import type { ObjectMeta, ParamRef, ValidatingAdmissionPolicyBinding } from '../../../../schema/types.ts';
import { printSelector } from '../../../go/print-selector.ts';
import { duplicate, forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isPathSegmentName } from '../../../meta/names.ts';
import type { Cell, Strategy } from '../../kind.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { validateLabelSelector } from '../../validation/labels.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { defaultMatch, matchResourcesErrors } from './match-resources.ts';
import { since, UNSET } from '../../cells.ts';

const SPEC = Path.root('spec');
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const NOT_FOUND_ACTIONS = ['Deny', 'Allow'];
const EXCLUSIVE = 'name and selector are mutually exclusive';

/** Parameters are one object by name, or those that a selector finds. */
export function paramRefErrors(ref: Parts<ParamRef> | undefined, at: Path): FieldError[] {
  if (!ref) return [];
  const { name = '', selector, parameterNotFoundAction: action } = ref;
  const errors: FieldError[] = name ? isPathSegmentName(name).map((why) => invalid(at.child('name'), name, why)) : [];
  if (name && selector) errors.push(forbidden(at.child('name'), EXCLUSIVE));
  errors.push(...validateLabelSelector(selector, at.child('selector')));
  if (name && selector) errors.push(forbidden(at.child('selector'), EXCLUSIVE));
  if (!name && !selector) errors.push(required(at, 'one of name or selector must be specified'));
  if (!action) errors.push(required(at.child('parameterNotFoundAction')));
  else if (!NOT_FOUND_ACTIONS.includes(action))
    errors.push(notSupported(at.child('parameterNotFoundAction'), action, NOT_FOUND_ACTIONS));
  return errors;
}

export function policyNameErrors(name: string): FieldError[] {
  const at = SPEC.child('policyName');
  return name ? dnsSubdomainName(name, false).map((why) => invalid(at, name, why)) : [required(at)];
}

function actionErrors(actions: readonly string[], at: Path): FieldError[] {
  const repeated = repeatedAt(actions);
  const errors = actions.flatMap((action, i) => [
    ...(ACTIONS.includes(action) ? [] : [notSupported(at.index(i), action, ACTIONS)]),
    ...(repeated.has(i) ? [duplicate(at.index(i), action)] : []),
  ]);
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const why =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)';
    errors.push(invalid(at, actions, why));
  }
  return actions.length ? errors : [...errors, required(at, 'at least one validation action is required')];
}

/** admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding */
export const validatingAdmissionPolicyBindingStrategy: Strategy<ValidatingAdmissionPolicyBinding> = {
  metadata: { whole: 1, update: false, finalizers: 'any' },
  unconditionalUpdate: false,
  defaults({ spec }) {
    if (spec?.matchResources) defaultMatch(spec.matchResources);
  },
  validate({ spec = {} }) {
    return [
      ...policyNameErrors(spec.policyName ?? ''),
      ...paramRefErrors(spec.paramRef, SPEC.child('paramRef')),
      // spelt so by Kubernetes
      ...matchResourcesErrors(spec.matchResources, SPEC.child('matchResouces')),
      ...actionErrors(spec.validationActions ?? [], SPEC.child('validationActions')),
    ];
  },
  relations: [
    {
      field: 'policy',
      to: 'validatingadmissionpolicies.admissionregistration.k8s.io',
      back: 'bindings',
      form: 'name',
      name: ({ spec }) => spec?.policyName,
    },
  ],
  cells,
};

/** Of a binding of either kind of policy. */
export function cells(
  { metadata, spec }: Unchecked<{ metadata: ObjectMeta; spec?: { paramRef?: ParamRef; policyName?: string } }>,
  now: number,
): Cell[] {
  const ref = spec?.paramRef;
  // whether parameters have a namespace cannot be told from here
  const params = ref?.name
    ? `${ref.namespace || '*'}/${ref.name}`
    : ref?.selector
      ? printSelector(ref.selector)
      : UNSET;
  return [metadata.name, spec?.policyName ?? '', params, since(metadata.creationTimestamp, now)];
}
