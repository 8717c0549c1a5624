import { columnDescription } from './descriptions.ts';
import type { Column, Kind } from './kind.ts';

export type ColumnDefinition = Pick<Column, 'name' | 'type' | 'format' | 'description' | 'priority'>;

const made = new WeakMap<Kind, readonly ColumnDefinition[]>();

/** Columns of what is no resource, such as a Scale. */
const OTHER: readonly ColumnDefinition[] = [
  { name: 'Name', type: 'string', format: 'name', description: columnDescription('', 'Name'), priority: 0 },
  { name: 'Created At', type: 'date', format: '', description: columnDescription('', 'Created At'), priority: 0 },
];

/** Column definitions of a kind, as a Table has them. Key order is that of meta/v1 TableColumnDefinition. */
export function columnsOf(kind: Kind | undefined): readonly ColumnDefinition[] {
  if (!kind || kind.columns.length === 0) return OTHER;
  let columns = made.get(kind);
  if (!columns) {
    columns = kind.columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format,
      description,
      priority,
    }));
    made.set(kind, columns);
  }
  return columns;
}
