import { isDeepStrictEqual } from 'node:util';
import type { StorageClass, TopologySelectorTerm } from '../../../../schema/types.ts';
import { duplicate, forbidden, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateLabelName } from '../../validation/labels.ts';
import { deprecatedNodeLabel } from '../../validation/node-selector.ts';
import { validateImmutable, validateOptionalChoice } from '../../validation/values.ts';
import { parameterErrors, provisionerErrors } from './class-parameters.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { since } from '../../cells.ts';

const TOPOLOGIES = Path.root('allowedTopologies');
const RECLAIM_POLICIES = ['Delete', 'Retain'];
const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];

type TopologyTerm = Parts<TopologySelectorTerm>;

/** A term as a comparable text: its keys and the sets of their values. */
const signature = (term: TopologyTerm): string => {
  const sets = new Map(
    (term.matchLabelExpressions ?? []).map(({ key = '', values }) => [key, [...new Set(values ?? [])].sort()]),
  );
  return JSON.stringify([...sets].sort(([a], [b]) => (a < b ? -1 : 1)));
};

function termErrors(term: TopologyTerm, at: Path): FieldError[] {
  const keys = new Set<string>();
  return (term.matchLabelExpressions ?? []).flatMap(({ key = '', values: given }, i) => {
    const values = given ?? [];
    const here = at.child('matchLabelExpressions').index(i);
    const errors: FieldError[] = values.length ? [] : [required(here.child('values'))];
    const seen = new Set<string>();
    values.forEach((value, n) => {
      if (seen.has(value)) errors.push(duplicate(here.child('values').index(n), value));
      seen.add(value);
    });
    errors.push(...validateLabelName(key, here.child('key')));
    if (keys.has(key)) errors.push(duplicate(here.child('key'), key));
    keys.add(key);
    return errors;
  });
}

/** Errors of terms that are the same, which the original tells for each pair. */
const MAX_DUPLICATES = 1000;

/** Terms must differ. Each is compared with as many empty ones as there are terms, too (a quirk of the original): so none may be empty. */
function topologyErrors(terms: readonly TopologyTerm[]): FieldError[] {
  const known = new Map([[signature({}), terms.length]]);
  let left = MAX_DUPLICATES;
  return terms.flatMap((term, i) => {
    const at = TOPOLOGIES.index(i);
    const own = signature(term);
    const same = known.get(own) ?? 0;
    known.set(own, same + 1);
    const told = Math.min(same, left);
    left -= told;
    const error = duplicate(at.child('matchLabelExpressions'), '');
    return [...termErrors(term, at), ...Array.from({ length: told }, () => error)];
  });
}

/** storage.k8s.io/v1 StorageClass: what it says of new volumes is fixed. */
export const storageClassStrategy: Strategy<StorageClass> = {
  metadata: { whole: 1 },
  generation: false,
  defaults(object) {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  validate: (object) => [
    ...provisionerErrors(object.provisioner, Path.root('provisioner')),
    ...parameterErrors(object.parameters, true, Path.root('parameters')),
    ...validateOptionalChoice(object.reclaimPolicy, RECLAIM_POLICIES, Path.root('reclaimPolicy')),
    ...(BINDING_MODES.includes(object.volumeBindingMode ?? '')
      ? []
      : [notSupported(Path.root('volumeBindingMode'), object.volumeBindingMode, BINDING_MODES)]),
    ...topologyErrors(object.allowedTopologies ?? []),
  ],
  warnings: ({ allowedTopologies }) =>
    (allowedTopologies ?? []).flatMap((term, i) =>
      (term.matchLabelExpressions ?? []).flatMap(({ key = '' }, j) => {
        const said = deprecatedNodeLabel(key);
        const at = TOPOLOGIES.index(i).child('matchLabelExpressions').index(j).child('key');
        return said === undefined ? [] : [`${at}: ${key} is ${said}`];
      }),
    ),
  validateUpdate(object, old) {
    const fixed = (field: 'parameters' | 'provisioner' | 'reclaimPolicy'): FieldError[] =>
      isDeepStrictEqual(object[field] ?? null, old[field] ?? null)
        ? []
        : [forbidden(Path.root(field), `updates to ${field} are forbidden.`)];
    return [
      ...fixed('parameters'),
      ...fixed('provisioner'),
      ...fixed('reclaimPolicy'),
      ...validateImmutable(object.volumeBindingMode, old.volumeBindingMode, Path.root('volumeBindingMode')),
    ];
  },
  cells,
  returnsDeleted: true,
};

const DEFAULT_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

function cells(object: Unchecked<StorageClass>, now: number): Cell[] {
  const { metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion } = object;
  const isDefault = DEFAULT_CLASS.some((name) => metadata.annotations?.[name] === 'true');
  return [
    `${metadata.name}${isDefault ? ' (default)' : ''}`,
    provisioner ?? '',
    reclaimPolicy ?? 'Delete',
    volumeBindingMode ?? 'Immediate',
    allowVolumeExpansion ?? false,
    since(metadata.creationTimestamp, now),
  ];
}
