import type { Column } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';

export type Cell = string | number | bigint | boolean | null;

/** Makes the cells of one object, in the order of its kind's columns. `now` in ms since the epoch. */
export type Printer = (object: KubeObject, now: number) => Cell[];

export type ColumnDefinition = Pick<Column, 'name' | 'type' | 'format' | 'description' | 'priority'>;
