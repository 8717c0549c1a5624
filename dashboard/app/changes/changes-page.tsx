import { Group, Stack, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { namespacesIn } from '../search-params.ts';
import { useQuery } from '../server/use-query.ts';
import { useTick } from '../shared/tick.ts';
import { Problem } from '../shared/problem.tsx';
import { useListable } from '../shell/navigation.tsx';
import { quietKinds } from './quiet-kinds.ts';
import { CHANGE_FIELDS, ChangeList, type Change } from './change-list.tsx';

export const CHANGES = `query Changes($namespaces: [String!], $user: String, $kinds: [String!], $first: Int) {
  changes(namespaces: $namespaces, user: $user, kinds: $kinds, first: $first) {
    items {
        ${CHANGE_FIELDS}
    }
  }
}`;

/** Between two questions for what has changed, ms. */
export const CHANGES_MS = 2000;

/** Who changed what, everywhere that one may look. */
export function ChangesPage() {
  const [user, setUser] = useState('');
  const [kind, setKind] = useState('');
  const [by] = useDebouncedValue(user.trim(), 300);
  const [of] = useDebouncedValue(kind.trim(), 300);
  const namespaces = namespacesIn(useSearch({ strict: false }));
  const listable = useListable(namespaces);
  const quiet = useMemo(() => quietKinds(listable), [listable]);
  const { data, error } = useQuery<{ changes: { items: readonly Change[] } }>(
    CHANGES,
    { ...(namespaces.length > 0 && { namespaces }), ...(by && { user: by }), kinds: of ? [of] : quiet, first: 100 },
    useTick(CHANGES_MS),
  );
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
      {data && <ChangeList changes={data.changes.items} named />}
    </Stack>
  );
}
