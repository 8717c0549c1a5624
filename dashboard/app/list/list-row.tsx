import { Text } from '@mantine/core';
import { memo, type MouseEvent } from 'react';
import type { Cell, Row } from '../server/objects.ts';
import { Age } from '../shared/age.tsx';
import { legible } from '../shared/legible.ts';
import { Status } from '../shared/status.tsx';
import type { ListColumn } from './columns.ts';

interface Props {
  row: Row;
  columns: readonly ListColumn[];
  index: number;
  /** px from the beginning of the rows */
  start: number;
  chosen: boolean;
  active: boolean;
  /** of the object's page */
  href: string;
  /** the same function at each render, as the one below */
  onToggle(uid: string): void;
  onOpen(index: number): void;
}

/**
 * One row of a list. It is drawn anew only when something of it changes, and made of what a browser has by itself: when
 * one scrolls, dozens come with each frame.
 */
export const ListRow = memo(function ListRow({
  row,
  columns,
  index,
  start,
  chosen,
  active,
  href,
  onToggle,
  onOpen,
}: Props) {
  const { uid, name, deletionTimestamp } = row.metadata;
  const open = (event: MouseEvent): void => {
    // a new tab or window is the browser's to open
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    onOpen(index);
  };
  return (
    <div
      id={`row-${uid}`}
      className="list-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={chosen}
      data-active={active}
      data-leaving={deletionTimestamp !== null}
      style={{ transform: `translateY(${start}px)` }}
    >
      <div className="list-cell" role="gridcell">
        <input
          type="checkbox"
          className="list-check"
          aria-label={`Choose ${legible(name)}`}
          checked={chosen}
          onChange={() => onToggle(uid)}
          tabIndex={-1}
        />
      </div>
      {columns.map((column, place) => (
        <div
          key={column.id}
          className="list-cell"
          role="gridcell"
          style={{ width: column.width }}
          title={titleOf(column.value(row))}
        >
          {place === 0 && column.id === 'Name' ? (
            <a href={href} tabIndex={-1} onClick={open}>
              {legible(name)}
            </a>
          ) : (
            <Shown column={column} row={row} />
          )}
        </div>
      ))}
    </div>
  );
});

const titleOf = (cell: Cell): string | undefined => (typeof cell === 'string' && cell.length > 15 ? cell : undefined);

/** Headings of columns whose cells are words of a status. */
const STATUS = new Set(['Status', 'Reason', 'Type', 'Conditions', 'Ready']);

function Shown({ column, row }: { column: ListColumn; row: Row }) {
  const cell = column.value(row);
  if (column.isAge) return <Age since={row.metadata.creationTimestamp} />;
  if (cell === null || cell === '<none>' || cell === '')
    return (
      <Text span inherit c="dimmed">
        –
      </Text>
    );
  if (typeof cell === 'string' && STATUS.has(column.heading) && /^[A-Z][A-Za-z,:]*$/.test(cell))
    return <Status word={cell} />;
  return <>{String(cell)}</>;
}
