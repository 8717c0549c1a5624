import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from '../../../../../schema/types.ts';
import { invalid, required, type FieldError, type Path } from '../../../../meta/field.ts';
import { isDns1123Label, isQualifiedName } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { validateLabelSelector } from '../../../validation/labels.ts';
import { validateNodeSelector, validateNodeSelectorTerm } from '../../../validation/node-selector.ts';
import { addReasons } from '../../../validation/report.ts';
import { addLabelKeys } from './label-keys.ts';

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** core/v1 validateAffinity. */
export function addAffinity(errors: FieldError[], affinity: Parts<Affinity> | undefined, at: Path): void {
  if (!affinity) return;
  if (affinity.nodeAffinity) addNodeAffinity(errors, affinity.nodeAffinity, at.child('nodeAffinity'));
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const)
    if (affinity[kind]) addPodAffinity(errors, affinity[kind], at.child(kind));
}

function addWeight(errors: FieldError[], weight: number | undefined, at: Path): void {
  if (!weight || weight < 0 || weight > 100)
    errors.push(invalid(at.child('weight'), weight ?? 0, 'must be in the range 1-100'));
}

function addNodeAffinity(errors: FieldError[], affinity: Parts<NodeAffinity>, at: Path): void {
  const must = affinity[REQUIRED];
  if (must) errors.push(...validateNodeSelector(must, at.child(REQUIRED)));
  affinity[PREFERRED]?.forEach(({ weight, preference }, i) => {
    const here = at.child(PREFERRED).index(i);
    addWeight(errors, weight, here);
    // a preference may have values that no label can have: it is satisfied where there is one node only
    errors.push(...validateNodeSelectorTerm(preference ?? {}, here.child('preference'), { allowInvalidValues: true }));
  });
}

function addPodAffinity(errors: FieldError[], affinity: Parts<PodAffinity>, at: Path): void {
  affinity[REQUIRED]?.forEach((term, i) => addPodTerm(errors, term, at.child(REQUIRED).index(i)));
  affinity[PREFERRED]?.forEach(({ weight, podAffinityTerm }, i) => {
    const here = at.child(PREFERRED).index(i);
    addWeight(errors, weight, here);
    addPodTerm(errors, podAffinityTerm ?? {}, here.child('podAffinityTerm'));
  });
}

function addPodTerm(errors: FieldError[], term: Parts<PodAffinityTerm>, at: Path): void {
  const { labelSelector, namespaceSelector, namespaces, topologyKey = '' } = term;
  errors.push(...validateLabelSelector(labelSelector, at.child('labelSelector')));
  errors.push(...validateLabelSelector(namespaceSelector, at.child('namespaceSelector')));
  for (const name of namespaces ?? []) addReasons(errors, isDns1123Label(name), name, at, 'namespace');
  addLabelKeys(errors, term.matchLabelKeys ?? [], term.mismatchLabelKeys ?? [], labelSelector, at);
  if (!topologyKey) errors.push(required(at.child('topologyKey'), 'can not be empty'));
  addReasons(errors, isQualifiedName(topologyKey), topologyKey, at, 'topologyKey');
}
