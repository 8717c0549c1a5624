import { stringifyExact } from '../../go/json-numbers.ts';
import { humanDuration } from '../../meta/duration.ts';
import { compileJsonPath, type Looks } from '../../meta/json-path.ts';
import type { KubeObject } from '../../meta/object.ts';
import { isTime } from '../../meta/time.ts';
import { MAX_VALUES } from '../body-bounds.ts';
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

/** Values that are looked at for the cells of one row: as many as two objects may have. Beyond it cells are empty. */
const MOST_LOOKS = 2 * MAX_VALUES;
/** Text of one row, from which on cells are empty: each column could show the whole object. */
const MOST_TEXT = 256 * 1024;

/** The function that makes the cells of a row; paths are compiled once. */
export function customCells(columns: readonly Column[]): (object: KubeObject, now: number) => Cell[] {
  const paths = columns.slice(1).map((c) => ({ type: c.type, find: compileJsonPath(c.jsonPath ?? '') }));
  return (object, now) => {
    const looks: Looks = { left: MOST_LOOKS };
    let text = 0;
    const own = paths.map(({ type, find }) => {
      if (text > MOST_TEXT) return null;
      const cell = cellOf(type, find(object, looks), now);
      if (typeof cell === 'string') text += cell.length;
      return cell;
    });
    return [object.metadata.name, ...own];
  };
}
