import { isDeepStrictEqual } from 'node:util';
import type { CSINode, CSINodeDriver } from '../../../../schema/types.ts';
import { duplicate, invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateLabelName } from '../../validation/labels.ts';
import { IMMUTABLE, validateNonNegative } from '../../validation/values.ts';
import { validateCsiDriverName } from '../core/volume-sources.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { since } from '../../cells.ts';

const DRIVERS = Path.root('spec').child('drivers');
/** bytes (KEP-1885 raised it from 192) */
const MAX_NODE_ID = 256;

type Driver = Parts<CSINodeDriver>;

function driverErrors(
  { name = '', nodeID, allocatable, topologyKeys }: Driver,
  at: Path,
  names: Set<string>,
): FieldError[] {
  const errors = validateCsiDriverName(name, at.child('name'));
  if (!nodeID) errors.push(required(at.child('nodeID')));
  else if (Buffer.byteLength(nodeID) > MAX_NODE_ID)
    errors.push(invalid(at.child('nodeID'), nodeID, `must be ${MAX_NODE_ID} characters or less`));
  errors.push(...validateNonNegative(allocatable?.count, at.child('allocatable', 'count')));
  if (names.has(name)) errors.push(duplicate(at.child('name'), name));
  names.add(name);
  const keys = new Set<string>();
  for (const key of topologyKeys ?? []) {
    if (key === '') errors.push(required(at));
    if (keys.has(key)) errors.push(duplicate(at, key));
    keys.add(key);
    errors.push(...validateLabelName(key, at));
  }
  return errors;
}

/** A driver without its limits as Go prints the internal struct. */
const fixedPart = ({ name = '', nodeID = '', topologyKeys }: Driver): unknown => ({
  Name: name,
  NodeID: nodeID,
  TopologyKeys: topologyKeys ?? null,
  Allocatable: null,
});

/** storage.k8s.io/v1 CSINode: drivers come and go; of one that stays only the limits change. */
export const csiNodeStrategy: Strategy<CSINode> = {
  metadata: { whole: 2, update: false },
  generation: false,
  unconditionalUpdate: false,
  validate({ spec }) {
    const names = new Set<string>();
    return (spec?.drivers ?? []).flatMap((driver, i) => driverErrors(driver, DRIVERS.index(i), names));
  },
  validateUpdate: (object, old) =>
    (old.spec?.drivers ?? []).flatMap((before) =>
      (object.spec?.drivers ?? [])
        .filter((now) => now.name === before.name && !isDeepStrictEqual(fixedPart(now), fixedPart(before)))
        .map((now) => invalid(DRIVERS, fixedPart(now), IMMUTABLE)),
    ),
  relations: [{ field: 'node', to: 'nodes', form: 'name', name: ({ metadata }) => metadata.name }],
  cells,
  returnsDeleted: true,
};

function cells({ metadata, spec }: Unchecked<CSINode>, now: number): Cell[] {
  return [metadata.name, spec?.drivers?.length ?? 0, since(metadata.creationTimestamp, now)];
}
