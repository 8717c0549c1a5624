import type { Kind } from '../../kinds/kind.ts';
import descriptions from '../../../schema/column-descriptions.json' with { type: 'json' };
import type { ColumnDefinition } from './printer.ts';

const byResource = descriptions as Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What most resources say of a column of this name (Name, Age, Containers …), for those that no recording has. */
const common = new Map<string, string>();
const counts = new Map<string, Map<string, number>>();
for (const columns of Object.values(byResource)) {
  for (const [name, text] of Object.entries(columns)) {
    const seen = counts.get(name) ?? new Map<string, number>();
    counts.set(name, seen.set(text, (seen.get(text) ?? 0) + 1));
  }
}
for (const [name, seen] of counts) {
  const [text, times] = [...seen].sort((a, b) => b[1] - a[1])[0];
  if (times > 1) common.set(name, text);
}

const made = new WeakMap<Kind, readonly ColumnDefinition[]>();
const describe = (id: string, name: string): string => byResource[id]?.[name] ?? common.get(name) ?? '';

/** Columns of what is no resource, such as a Scale. */
const OTHER: readonly ColumnDefinition[] = [
  { name: 'Name', type: 'string', format: 'name', description: describe('', 'Name'), priority: 0 },
  { name: 'Created At', type: 'date', format: '', description: describe('', 'Created At'), priority: 0 },
];

/** Column definitions of a kind, as a Table has them. Key order is that of meta/v1 TableColumnDefinition. */
export function columnsOf(kind: Kind | undefined): readonly ColumnDefinition[] {
  if (!kind || kind.columns.length === 0) return OTHER;
  let columns = made.get(kind);
  if (!columns) {
    const id = [kind.group, kind.version, kind.resource].filter(Boolean).join('/');
    columns = kind.columns.map(({ name, type, format, priority, description }) => ({
      name,
      type,
      format,
      description: description || (name === 'Name' || !kind.custom ? describe(id, name) : ''),
      priority,
    }));
    made.set(kind, columns);
  }
  return columns;
}
