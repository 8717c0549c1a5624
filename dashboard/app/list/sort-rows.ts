import type { Cell, Row } from '../server/objects.ts';
import type { ListColumn } from './columns.ts';

const words = new Intl.Collator(undefined, { numeric: true });

/** Rows by a column; what is empty comes last either way. */
export function sortRows(rows: readonly Row[], { value }: ListColumn, direction: 'ASC' | 'DESC'): Row[] {
  const sign = direction === 'ASC' ? 1 : -1;
  return rows
    .map((row) => ({ row, cell: value(row) }))
    .sort((a, b) => {
      if (isEmpty(a.cell) || isEmpty(b.cell)) return Number(isEmpty(a.cell)) - Number(isEmpty(b.cell));
      return sign * compare(a.cell, b.cell);
    })
    .map(({ row }) => row);
}

const isEmpty = (cell: Cell): boolean => cell === null || cell === '' || cell === '<none>';

// most of thousands of rows have the same word
const compare = (a: Cell, b: Cell): number =>
  a === b ? 0 : typeof a === 'number' && typeof b === 'number' ? a - b : words.compare(String(a), String(b));
