import { Anchor, Stack, Text, Title } from '@mantine/core';

export const NotFound = () => (
  <Stack p="md">
    <Title order={2}>There is no such page</Title>
    <Text>
      <Anchor href="/dashboard" underline="always">
        The overview
      </Anchor>{' '}
      is a good place to begin.
    </Text>
  </Stack>
);
