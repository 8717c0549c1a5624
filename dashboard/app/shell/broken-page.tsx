import { Button, Group, Stack, Title } from '@mantine/core';
import { Problem } from '../shared/problem.tsx';

/** In place of a page, or a part of it, that has failed: what is around it stays. */
export const BrokenPage = ({ error, reset }: { error: unknown; reset(): void }) => (
  <Stack>
    <Title order={2} size="h3">
      This cannot be shown
    </Title>
    <Problem error={error} />
    <Group>
      <Button onClick={reset}>Try again</Button>
      <Button variant="default" onClick={() => globalThis.location.reload()}>
        Load everything again
      </Button>
    </Group>
  </Stack>
);
