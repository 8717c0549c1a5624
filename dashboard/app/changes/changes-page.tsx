import { Group, Stack, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { namespacesIn } from '../search-params.ts';
import { Problem } from '../shared/problem.tsx';
import { useListable } from '../shell/navigation.tsx';
import { ChangeList } from './change-list.tsx';
import { useChanges } from './use-changes.ts';

/** Who changed what, everywhere that one may look. */
export function ChangesPage() {
  const [user, setUser] = useState('');
  const [kind, setKind] = useState('');
  const [by] = useDebouncedValue(user.trim(), 300);
  const [of] = useDebouncedValue(kind.trim(), 300);
  const { ns } = useSearch({ strict: false });
  const listable = useListable(useMemo(() => namespacesIn(ns === undefined ? {} : { ns }), [ns]));
  const { data, error } = useChanges(listable, { user: by, kind: of, first: 100 });
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2} size="h3">
          Changes
        </Title>
        <Group>
          <TextInput
            size="xs"
            aria-label="User"
            placeholder="by user"
            value={user}
            onChange={(event) => setUser(event.currentTarget.value)}
          />
          <TextInput
            size="xs"
            aria-label="Kind"
            placeholder="of deployments.apps"
            value={kind}
            onChange={(event) => setKind(event.currentTarget.value)}
          />
        </Group>
      </Group>
      <Problem error={error} />
      {data && <ChangeList changes={data} named />}
    </Stack>
  );
}
