import type { Scale } from '../../../schema/types.ts';
import type { KubeObject, Unchecked } from '../../meta/object.ts';
import { count, since } from '../../kinds/cells.ts';
import type { Cell } from '../../kinds/kind.ts';
import type { ColumnDefinition } from '../../kinds/table-columns.ts';

const column = (name: string, type: string, description: string): ColumnDefinition => ({
  name,
  type,
  format: '',
  description,
  priority: 0,
});

/** A Scale is no resource of its own, so its columns are in no kind: autoscaling/v1, of any resource that scales. */
export const SCALE_COLUMNS: readonly ColumnDefinition[] = [
  column('Name', 'string', 'Name of what is scaled.'),
  column('Desired', 'integer', 'Replicas that are wanted.'),
  column('Available', 'integer', 'Replicas that there are.'),
  column('Age', 'string', 'Time since what is scaled was made.'),
];

export const isScale = (object: KubeObject): boolean =>
  object.kind === 'Scale' && object.apiVersion === 'autoscaling/v1';

export const scaleCells = ({ metadata, spec, status }: Unchecked<Scale>, now: number): Cell[] => [
  metadata.name,
  count(spec?.replicas),
  count(status?.replicas),
  since(metadata.creationTimestamp, now),
];
