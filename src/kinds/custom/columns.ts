import { stringifyExact } from '../../go/json-numbers.ts';
import { humanDuration } from '../../meta/duration.ts';
import { compileJsonPath } from '../../meta/json-path.ts';
import type { KubeObject } from '../../meta/object.ts';
import { isTime } from '../../meta/time.ts';
import { columnDescription } from '../descriptions.ts';
import type { Cell, Column } from '../kind.ts';

export interface PrinterColumn {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
}

const AGE: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description: columnDescription('', 'Age'),
  jsonPath: '.metadata.creationTimestamp',
};
const NAME: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: columnDescription('', 'Name'),
  priority: 0,
};

/** Columns of a custom resource: its name, then what the definition says, an age where it says nothing. */
export function customColumns(columns: readonly PrinterColumn[] | undefined): Column[] {
  const own = (columns?.length ? columns : [AGE]).map((c) => ({
    name: c.name,
    type: c.type,
    format: c.format ?? '',
    description: c.description || `Custom resource definition column (in JSONPath format): ${c.jsonPath}`,
    priority: c.priority ?? 0,
    jsonPath: c.jsonPath,
  }));
  return [NAME, ...own];
}

function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? value : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return isTime(value) ? humanDuration(now - Date.parse(value)) : '<invalid>';
    default:
      return typeof value === 'object' ? stringifyExact(value) : String(value);
  }
}

/** The function that makes the cells of a row; paths are compiled once. */
export function customCells(columns: readonly Column[]): (object: KubeObject, now: number) => Cell[] {
  const paths = columns.slice(1).map((c) => ({ type: c.type, find: compileJsonPath(c.jsonPath ?? '') }));
  return (object, now) => [object.metadata.name, ...paths.map(({ type, find }) => cellOf(type, find(object)[0], now))];
}
