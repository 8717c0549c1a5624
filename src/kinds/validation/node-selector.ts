import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../../schema/types.ts';
import { forbidden, invalid, required, type FieldError, type Path } from '../../meta/field.ts';
import { isLabelValue } from '../../meta/names.ts';
import type { Parts } from '../../meta/object.ts';
import { validateLabelName } from './labels.ts';
import { dnsSubdomainName } from './names.ts';

/** core/v1 NodeSelector, as affinity of pods and of volumes has it. */
type Errors = FieldError[];

export interface NodeSelectorRules {
  /** objects from before values were checked may keep theirs */
  allowInvalidValues?: boolean;
}

export function validateNodeSelector(selector: Parts<NodeSelector>, at: Path, rules: NodeSelectorRules = {}): Errors {
  const terms = at.child('nodeSelectorTerms');
  if (!selector.nodeSelectorTerms?.length) return [required(terms, 'must have at least one node selector term')];
  return selector.nodeSelectorTerms.flatMap((term, i) => validateNodeSelectorTerm(term, terms.index(i), rules));
}

export function validateNodeSelectorTerm(
  term: Parts<NodeSelectorTerm>,
  at: Path,
  rules: NodeSelectorRules = {},
): Errors {
  const errors: Errors = [];
  term.matchExpressions?.forEach((one, i) =>
    errors.push(...validateRequirement(one, at.child('matchExpressions').index(i), rules)),
  );
  term.matchFields?.forEach((one, i) =>
    errors.push(...validateFieldRequirement(one, at.child('matchFields').index(i))),
  );
  return errors;
}

function validateRequirement(
  { key, operator, values = [] }: Parts<NodeSelectorRequirement>,
  at: Path,
  rules: NodeSelectorRules,
): Errors {
  const errors: Errors = [];
  const here = at.child('values');
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.push(required(here, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length)
        errors.push(forbidden(here, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      break;
    case 'Gt':
    case 'Lt':
      if (values.length !== 1)
        errors.push(required(here, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      break;
    default:
      errors.push(invalid(at.child('operator'), operator ?? '', 'not a valid selector operator'));
  }
  errors.push(...validateLabelName(key ?? '', at.child('key')));
  if (!rules.allowInvalidValues)
    values.forEach((value, i) => errors.push(...isLabelValue(value).map((why) => invalid(here.index(i), value, why))));
  return errors;
}

/** Only a node's name can be asked for. */
function validateFieldRequirement({ key, operator, values = [] }: Parts<NodeSelectorRequirement>, at: Path): Errors {
  const errors: Errors = [];
  if (operator !== 'In' && operator !== 'NotIn')
    errors.push(invalid(at.child('operator'), operator ?? '', 'not a valid selector operator'));
  else if (values.length !== 1) {
    errors.push(
      required(at.child('values'), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
    );
  }
  if (key !== 'metadata.name')
    return [...errors, invalid(at.child('key'), key ?? '', 'not a valid field selector key')];
  values.forEach((value, i) =>
    errors.push(...dnsSubdomainName(value, false).map((why) => invalid(at.child('values').index(i), value, why))),
  );
  return errors;
}

/** Labels of nodes that have a newer name, and what is said of them. */
const DEPRECATED_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/** What is said of a label's key; undefined where nothing is. */
export const deprecatedNodeLabel = (key: string): string | undefined =>
  Object.hasOwn(DEPRECATED_LABELS, key) ? DEPRECATED_LABELS[key] : undefined;

/** Warnings for a term's expressions; with `checkValues` also for values that no label can have. */
export function nodeSelectorTermWarnings(term: Parts<NodeSelectorTerm>, at: Path, checkValues: boolean): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key = '', values = [] }, i) => {
    const here = at.child('matchExpressions').index(i);
    const said = deprecatedNodeLabel(key);
    const bad = (value: string, j: number): string[] =>
      isLabelValue(value).map((why) => `${here.child('values').index(j)}: ${value} is invalid, ${why}`);
    return [
      ...(said === undefined ? [] : [`${here.child('key')}: ${key} is ${said}`]),
      ...(checkValues ? values.flatMap(bad) : []),
    ];
  });
}
