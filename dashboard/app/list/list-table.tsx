import { useGo, usePageAddress } from '../shared/page-link.tsx';
import { Checkbox, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { Kind } from '../server/kind.ts';
import { objectPath, type Row } from '../server/objects.ts';
import type { ListColumn } from './columns.ts';
import { ListRow } from './list-row.tsx';

const ROW_HEIGHT = 34;

interface Props {
  kind: Kind;
  columns: readonly ListColumn[];
  rows: readonly Row[];
  loading: boolean;
  /** it is not known which rows there are */
  failed: boolean;
  sort: string | undefined;
  onSort(sort: string | undefined): void;
  /** uids */
  chosen: ReadonlySet<string>;
  onChoose(chosen: ReadonlySet<string>): void;
  /** called when the end of the rows comes near; undefined: there are no more */
  onEnd: (() => void) | undefined;
}

/** A table of which only the rows in sight are made. Arrow keys go about in it, Enter opens, Space chooses. */
export function ListTable({ kind, columns, rows, loading, failed, sort, onSort, chosen, onChoose, onEnd }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const open = useGo();
  const [active, setActive] = useState(0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
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
  const openRow = (index: number): void => {
    const row = rows[index];
    if (row) open(objectPath(kind.resource, row.metadata));
  };
  // what rows are given stays the same, so that they do
  const acts = useRef({ toggle, openRow });
  useEffect(() => {
    acts.current = { toggle, openRow };
  });
  const onToggle = useCallback((uid: string) => acts.current.toggle(uid), []);
  const onOpen = useCallback((index: number) => acts.current.openRow(index), []);
  const address = usePageAddress();
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
    else if (event.key === 'Enter' && event.target === event.currentTarget) openRow(active);
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
          return (
            <ListRow
              // elements are not used again for other rows: a click that begins on one does not end on another
              key={row.metadata.uid}
              {...{ row, columns, index, start, onToggle, onOpen }}
              chosen={chosen.has(row.metadata.uid)}
              active={index === active}
              href={address(objectPath(kind.resource, row.metadata))}
            />
          );
        })}
      </div>
      {!loading && !failed && rows.length === 0 && (
        <Text c="dimmed" ta="center" p="xl">
          There are none here.
        </Text>
      )}
    </div>
  );
}

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
