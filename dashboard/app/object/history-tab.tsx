import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { useQuery } from '../server/use-query.ts';
import { CHANGE_FIELDS, isOfStatus, type Change } from '../changes/change.ts';
import { ChangeList, ONLY_STATUS } from '../changes/change-list.tsx';
import { Problem } from '../shared/problem.tsx';
import { Checkbox, Stack, Text } from '@mantine/core';
import { useState } from 'react';

const HISTORY = /* GraphQL */ `
  query History($resource: String!, $namespace: String, $name: String!) {
    history(resource: $resource, namespace: $namespace, name: $name, first: 100) {
      items {
        ${CHANGE_FIELDS}
      }
    }
  }
`;

/** Who changed what of an object, and the way back. Asked again at each change. */
export function HistoryTab({ kind, place, version }: { kind: Kind; place: Place; version: string | undefined }) {
  const [status, setStatus] = useState(false);
  const { data, error, loading } = useQuery<{ history: { items: readonly Change[] } | null }>(
    HISTORY,
    { resource: kind.resource, ...place },
    version,
  );
  if (error) return <Problem error={error} />;
  if (!data) return <Text c="dimmed">{loading ? 'loading' : 'There is none.'}</Text>;
  const all = data.history?.items ?? [];
  const shown = status ? all : all.filter((each) => !isOfStatus(each));
  return (
    <Stack>
      <Checkbox
        label="What controllers noted in its status, too"
        checked={status}
        onChange={(event) => setStatus(event.currentTarget.checked)}
      />
      <ChangeList changes={shown} named={false} none={all.length > shown.length ? ONLY_STATUS : undefined} />
    </Stack>
  );
}
