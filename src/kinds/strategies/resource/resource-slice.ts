import type { ResourcePool, ResourceSlice, ResourceSliceSpec } from '../../../../schema/types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { validateNodeSelector } from '../../validation/node-selector.ts';
import { validateImmutable } from '../../validation/values.ts';
import { validateCsiDriverName } from '../core/volume-sources.ts';
import { poolNameErrors, uniqueErrors } from './bounds.ts';
import { deviceErrors } from './devices.ts';
import { since } from '../../cells.ts';

const SPEC = Path.root('spec');
const MAX_DEVICES = 128;
const ONE_PLACE = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required';

/** Fields of a device that belong to features which are off in 1.35: partitions, taints, binding conditions, shared use. */
const OFF = [
  'consumesCounters',
  'nodeName',
  'nodeSelector',
  'allNodes',
  'taints',
  'bindsToNode',
  'bindingConditions',
  'bindingFailureConditions',
  'allowMultipleAllocations',
] as const;

function dropFields({ spec }: Unchecked<ResourceSlice>): void {
  if (!spec) return;
  delete spec.sharedCounters;
  delete spec.perDeviceNodeSelection;
  for (const device of spec.devices ?? []) {
    for (const field of OFF) delete device[field];
    for (const capacity of Object.values(device.capacity ?? {})) delete capacity.requestPolicy;
  }
}

function poolErrors({ name, generation = 0, resourceSliceCount: count = 0 }: Parts<ResourcePool>): FieldError[] {
  const at = SPEC.child('pool');
  return [
    ...poolNameErrors(name, at.child('name')),
    ...(count > 0 ? [] : [invalid(at.child('resourceSliceCount'), count, 'must be greater than zero')]),
    ...(generation >= 0 ? [] : [invalid(at.child('generation'), generation, 'must be greater than or equal to zero')]),
  ];
}

/** Devices are of one node, of those that a term selects, or of all. */
function placeErrors({ nodeName, nodeSelector, allNodes }: Parts<ResourceSliceSpec>): FieldError[] {
  const errors: FieldError[] = [];
  const given: string[] = [];
  const at = SPEC.child('nodeName');
  if (nodeName === '') errors.push(invalid(at, nodeName, 'must be either unset or set to a non-empty string'));
  else if (nodeName !== undefined) {
    given.push('`nodeName`');
    for (const why of dnsSubdomainName(nodeName, false)) errors.push(invalid(at, nodeName, why));
  }
  if (nodeSelector) {
    given.push('`nodeSelector`');
    errors.push(...validateNodeSelector(nodeSelector, SPEC.child('nodeSelector')));
    const terms = nodeSelector.nodeSelectorTerms ?? [];
    if (terms.length !== 1)
      errors.push(
        invalid(SPEC.child('nodeSelector', 'nodeSelectorTerms'), terms, 'must have exactly one node selector term'),
      );
  }
  if (allNodes) given.push('`allNodes`');
  else if (allNodes === false)
    errors.push(invalid(SPEC.child('allNodes'), allNodes, 'must be either unset or set to true'));
  if (given.length === 0) errors.push(required(SPEC, ONE_PLACE));
  if (given.length > 1)
    errors.push(invalid(SPEC, `{${given.join(', ')}}`, `${ONE_PLACE}, but multiple fields are set`));
  return errors;
}

/** resource.k8s.io/v1 ResourceSlice: a driver's devices, or a part of them. */
export const resourceSliceStrategy: Strategy<ResourceSlice> = {
  prepareForCreate: dropFields,
  prepareForUpdate: dropFields,
  validate: ({ spec = {} }) => [
    ...validateCsiDriverName(spec.driver, SPEC.child('driver')),
    ...poolErrors(spec.pool ?? {}),
    ...placeErrors(spec),
    ...uniqueErrors(spec.devices, MAX_DEVICES, deviceErrors, (device) => device.name ?? '', SPEC.child('devices')),
  ],
  validateUpdate: ({ spec = {} }, { spec: old = {} }) => [
    ...validateImmutable(spec.pool?.name, old.pool?.name, SPEC.child('pool', 'name')),
    ...validateImmutable(spec.driver, old.driver, SPEC.child('driver')),
    ...validateImmutable(spec.nodeName, old.nodeName, SPEC.child('nodeName')),
  ],
  fields: ({ spec }) => ({ 'spec.nodeName': spec?.nodeName ?? '', 'spec.driver': spec?.driver ?? '' }),
  relations: [
    {
      field: 'node',
      to: 'nodes',
      back: 'resourceSlices',
      form: 'name',
      name: ({ spec }) => spec?.nodeName,
    },
  ],
  cells,
  returnsDeleted: true,
  unknownFieldLabel: (label) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${label}`,
};

function cells({ metadata, spec }: Unchecked<ResourceSlice>, now: number): Cell[] {
  return [
    metadata.name,
    spec?.nodeName ?? '',
    spec?.driver ?? '',
    spec?.pool?.name ?? '',
    since(metadata.creationTimestamp, now),
  ];
}
