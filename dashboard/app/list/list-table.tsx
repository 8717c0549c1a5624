import { PageLink, useGo } from '../shared/page-link.tsx';
import { Checkbox, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { Kind } from '../server/kind.ts';
import { objectPath, type Cell, type Row } from '../server/objects.ts';
import { Age } from '../shared/age.tsx';
import { Status } from '../shared/status.tsx';
import type { ListColumn } from './columns.ts';

const ROW_HEIGHT = 34;

interface Props {
  kind: Kind;
  columns: readonly ListColumn[];
  rows: readonly Row[];
  loading: boolean;
  sort: string | undefined;
  onSort(sort: string | undefined): void;
  /** uids */
  chosen: ReadonlySet<string>;
  onChoose(chosen: ReadonlySet<string>): void;
  /** called when the end of the rows comes near; undefined: there are no more */
  onEnd: (() => void) | undefined;
}

/** A table of which only the rows in sight are made. Arrow keys go about in it, Enter opens, Space chooses. */
export function ListTable({ kind, columns, rows, loading, sort, onSort, chosen, onChoose, onEnd }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const open = useGo();
  const [active, setActive] = useState(0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (onEnd && last >= rows.length - 50 && rows.length > 0) onEnd();
  }, [last, rows.length, onEnd]);

  const toggle = (uid: string): void => {
    const next = new Set(chosen);
    if (!next.delete(uid)) next.add(uid);
    onChoose(next);
  };
  const go = (to: number): void => {
    const place = Math.max(0, Math.min(rows.length - 1, to));
    setActive(place);
    virtual.scrollToIndex(place);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const row = rows[active];
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity }[
      event.key
    ];
    if (move !== undefined) go(active + move);
    else if (event.key === 'Enter' && row && event.target === event.currentTarget)
      open(objectPath(kind.resource, row.metadata));
    else if (event.key === ' ' && row && event.target === event.currentTarget) toggle(row.metadata.uid);
    else return;
    event.preventDefault();
  };
  const width = columns.reduce((sum, column) => sum + column.width, 36);
  return (
    <div
      ref={box}
      className="list"
      role="grid"
      aria-label={kind.kind}
      aria-rowcount={rows.length + 1}
      aria-busy={loading}
      tabIndex={0}
      aria-activedescendant={rows[active] && `row-${rows[active].metadata.uid}`}
      onKeyDown={onKeyDown}
    >
      <div className="list-head" role="row" style={{ minWidth: width }}>
        <div className="list-cell" role="columnheader">
          <Checkbox
            size="xs"
            aria-label="All rows"
            checked={rows.length > 0 && chosen.size === rows.length}
            indeterminate={chosen.size > 0 && chosen.size < rows.length}
            onChange={(event) =>
              onChoose(new Set(event.currentTarget.checked ? rows.map(({ metadata }) => metadata.uid) : []))
            }
          />
        </div>
        {columns.map((column) => (
          <Heading key={column.id} column={column} sort={sort} onSort={onSort} />
        ))}
      </div>
      <div className="list-rows" role="rowgroup" style={{ height: virtual.getTotalSize(), minWidth: width }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          if (!row) return null;
          const { uid, name, deletionTimestamp } = row.metadata;
          return (
            <div
              key={uid}
              id={`row-${uid}`}
              className="list-row"
              role="row"
              aria-rowindex={index + 2}
              aria-selected={chosen.has(uid)}
              data-active={index === active}
              data-leaving={deletionTimestamp !== null}
              style={{ transform: `translateY(${start}px)` }}
            >
              <div className="list-cell" role="gridcell">
                <Checkbox
                  size="xs"
                  aria-label={`Choose ${name}`}
                  checked={chosen.has(uid)}
                  onChange={() => toggle(uid)}
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
                  {place === 0 && column.heading === 'Name' ? (
                    <PageLink to={objectPath(kind.resource, row.metadata)} tabIndex={-1}>
                      {name}
                    </PageLink>
                  ) : (
                    <Shown column={column} row={row} />
                  )}
                </div>
              ))}
            </div>
          );
        })}
      </div>
      {!loading && rows.length === 0 && (
        <Text c="dimmed" ta="center" p="xl">
          There are none here.
        </Text>
      )}
    </div>
  );
}

const titleOf = (cell: Cell): string | undefined => (typeof cell === 'string' && cell.length > 15 ? cell : undefined);

function Heading({
  column: { id, heading, description, width },
  sort,
  onSort,
}: {
  column: ListColumn;
  sort: string | undefined;
  onSort(sort: string | undefined): void;
}) {
  const direction = sort === id ? 'ascending' : sort === `-${id}` ? 'descending' : 'none';
  const next = { none: id, ascending: `-${id}`, descending: undefined }[direction];
  return (
    <div className="list-cell" role="columnheader" aria-sort={direction} style={{ width }} title={description}>
      <button type="button" className="list-sort" onClick={() => onSort(next)}>
        {heading}
        {{ none: '', ascending: ' ↑', descending: ' ↓' }[direction]}
      </button>
    </div>
  );
}

/** Headings of columns whose cells are words of a status. */
const STATUS = new Set(['Status', 'Reason', 'Type', 'Conditions', 'Ready']);

function Shown({ column, row }: { column: ListColumn; row: Row }) {
  const cell = column.value(row);
  if (column.heading === 'Age') return <Age since={row.metadata.creationTimestamp} />;
  if (cell === null || cell === '<none>' || cell === '')
    return (
      <Text span c="dimmed">
        –
      </Text>
    );
  if (typeof cell === 'string' && STATUS.has(column.heading) && /^[A-Z][A-Za-z,:]*$/.test(cell))
    return <Status word={cell} />;
  return <>{String(cell)}</>;
}
