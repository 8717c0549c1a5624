import { Checkbox, Group, Stack, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useReach } from '../server/use-reach.ts';
import { usePageTitle } from '../shared/use-page-title.ts';
import { Problem } from '../shared/problem.tsx';
import { ChangeList, ONLY_STATUS } from './change-list.tsx';
import { useChanges } from './use-changes.ts';

/** Between two questions for what has changed, ms. */
const ASK_MS = 2_000;

/** Who changed what, everywhere that one may look. */
export function ChangesPage() {
  usePageTitle('Changes');
  const [user, setUser] = useState('');
  const [kind, setKind] = useState('');
  const [status, setStatus] = useState(false);
  const [by] = useDebouncedValue(user.trim(), 300);
  const [of] = useDebouncedValue(kind.trim(), 300);
  const { data, error, onlyStatus } = useChanges(useReach().listable, {
    user: by,
    kind: of,
    first: 100,
    every: ASK_MS,
    status,
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2} size="h3">
          Changes
        </Title>
        <Group>
          <Checkbox
            size="xs"
            label="Status too"
            title="What controllers noted in the status of something"
            checked={status}
            onChange={(event) => setStatus(event.currentTarget.checked)}
          />
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
      {data && <ChangeList changes={data} named none={onlyStatus ? ONLY_STATUS : undefined} />}
    </Stack>
  );
}
