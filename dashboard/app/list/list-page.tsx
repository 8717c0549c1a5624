import { Group, Stack, Text, Title } from '@mantine/core';
import { useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { facetOf } from '../kinds/all.ts';
import type { ListSearch } from '../search-params.ts';
import type { Kind } from '../server/kind.ts';
import { useCluster } from '../server/kinds.tsx';
import { useReach } from '../server/use-reach.ts';
import { NO_RIGHTS } from '../server/rights.ts';
import { useRights } from '../server/use-rights.ts';
import { useChangeSearch } from '../shared/page-link.tsx';
import { usePageTitle } from '../shared/use-page-title.ts';
import { Problem } from '../shared/problem.tsx';
import { useNamespaces } from '../shared/use-namespaces.ts';
import { NotFound } from '../shell/not-found.tsx';
import { pluralOf } from '../shell/navigation.tsx';
import { BulkActions } from './bulk-actions.tsx';
import { ColumnPicker } from './column-picker.tsx';
import { columnsOf, extraFields, isPath, type ListColumn } from './columns.ts';
import { FilterBox, useFilter } from './filter-box.tsx';
import { ListTable } from './list-table.tsx';
import { sortRows } from './sort-rows.ts';
import { useList } from './use-list.ts';

/** Rows that are followed at first, the most that the server follows for one list, and the most that it tells of the past. */
const FIRST = 1000;
const MOST = 10_000;
const MOST_PAST = 5000;

/** The list of one kind, whichever it is. */
export function ListPage() {
  const { resource = '' } = useParams({ strict: false });
  const kind = useCluster().kind(resource);
  if (!kind) return <NotFound />;
  return <List key={resource} kind={kind} />;
}

function List({ kind }: { kind: Kind }) {
  usePageTitle(pluralOf(kind));
  const search: ListSearch = useSearch({ strict: false });
  const set = useChangeSearch();

  const most = search.at === undefined ? MOST : MOST_PAST;
  const [wanted, setFirst] = useState(FIRST);
  const first = Math.min(wanted, most);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const namespaces = useNamespaces();
  const reach = useReach();
  const within = reach.of(kind);
  const picked = useMemo(() => (search.cols ? search.cols.split(',') : undefined), [search.cols]);
  const paths = useMemo(() => (picked ?? []).filter(isPath), [picked]);
  const all = useMemo(() => columnsOf(kind, paths), [kind, paths]);
  const columns = useMemo(() => {
    const shown = picked ? all.filter(({ id }) => picked.includes(id)) : all.filter(({ usual }) => usual);
    return namespaces.length === 1 && !picked ? shown.filter(({ id }) => id !== 'Namespace') : shown;
  }, [all, picked, namespaces]);

  const filter = useFilter(kind, search.q ?? '');
  const { column, direction } = sortOf(search.sort, all);
  const list = useList(kind, {
    within: filter.known ? within : undefined,
    labelSelector: filter.labelSelector,
    where: filter.where,
    orderBy: column?.orderBy && [column.orderBy(direction)],
    first,
    at: search.at,
    extra: useMemo(() => extraFields(paths), [paths]),
  });
  const rows = useMemo(
    () => (column && !column.orderBy ? sortRows(list.items, column, direction) : list.items),
    [list.items, column, direction],
  );
  // while a filter is wrong nothing is asked
  const loading = list.loading && filter.error === undefined;
  const failed = list.error !== undefined;
  const more = list.totalCount > rows.length && first < most && !list.loading;
  useEffect(() => setChosen(new Set()), [search.ns, search.q, search.at]);

  const rights = useRights(kind, within?.namespaces ?? namespaces) ?? NO_RIGHTS;
  const { actions } = facetOf(kind);
  return (
    <Stack gap="xs" h="calc(100vh - 52px - 2 * var(--mantine-spacing-md))">
      <Group justify="space-between">
        <Group gap="sm" align="baseline">
          <Title order={2} size="h3">
            {pluralOf(kind)}
          </Title>
          <Text c="dimmed" aria-live="polite">
            {loading
              ? 'loading'
              : failed
                ? ''
                : `${list.totalCount}${kind.namespaced && !namespaces.length ? ' in all namespaces' : ''}`}
          </Text>
        </Group>
        <ColumnPicker kind={kind} columns={all} shown={columns} onChange={(ids) => set({ cols: ids?.join(',') })} />
      </Group>
      <FilterBox kind={kind} text={search.q ?? ''} error={filter.error} onChange={(q) => set({ q: q || undefined })} />
      <Problem error={list.error} />
      {reach.known && !within && <Text role="status">You may not list these here.</Text>}
      {search.at === undefined && chosen.size > 0 && (
        <BulkActions
          kind={kind}
          rows={rows.filter(({ metadata }) => chosen.has(metadata.uid))}
          rights={rights}
          actions={actions}
          onDone={() => setChosen(new Set())}
        />
      )}
      {(within !== undefined || !reach.known) && (
        <ListTable
          kind={kind}
          columns={columns}
          rows={rows}
          loading={loading}
          failed={failed}
          sort={search.sort}
          onSort={(sort) => set({ sort })}
          chosen={chosen}
          onChoose={setChosen}
          onEnd={more ? () => setFirst(first * 2) : undefined}
        />
      )}
      {rows.length >= most && list.totalCount > rows.length && (
        <Text size="sm" c="dimmed">
          These are the first {rows.length} of {list.totalCount}: filter them to see others.
        </Text>
      )}
    </Stack>
  );
}

function sortOf(sort: string | undefined, columns: readonly ListColumn[]) {
  const id = sort?.replace(/^-/, '');
  return {
    column: columns.find((column) => column.id === id),
    direction: sort?.startsWith('-') ? ('DESC' as const) : ('ASC' as const),
  };
}
