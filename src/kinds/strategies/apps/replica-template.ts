import type { LabelSelector, PodTemplateSpec } from '../../../../schema/types.ts';
import { invalid, Path, type FieldError } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import {
  isUsable,
  shownSelector,
  validateAlwaysRestarts,
  validateMatches,
  validatePodTemplateSpec,
  validateSelector,
  type Templated,
} from '../pod-template.ts';

const SELECTOR = Path.root('spec').child('selector');
const TEMPLATE = Path.root('spec').child('template');

/** Selector and template of a Deployment or ReplicaSet. `empty`: what is said of a selector that selects nothing. */
export function validateReplicaTemplate(
  spec: { selector?: Parts<LabelSelector>; template?: Parts<PodTemplateSpec> },
  empty: string,
  sent: Templated | undefined,
): FieldError[] {
  const errors = validateSelector(spec.selector, SELECTOR, empty);
  if (!isUsable(spec.selector, SELECTOR))
    return [...errors, invalid(SELECTOR, shownSelector(spec.selector), 'invalid label selector')];
  return [
    ...errors,
    ...validateMatches(spec.selector, spec.template, TEMPLATE, sent),
    ...validatePodTemplateSpec(spec.template, TEMPLATE),
    ...validateAlwaysRestarts(spec.template, TEMPLATE, 'ReplicaSet'),
  ];
}
