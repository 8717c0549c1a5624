import { Text } from '@mantine/core';

/** How many of a list are not shown: its YAML has them. */
export const AndMore = ({ all, shown }: { all: number; shown: number }) =>
  all > shown && (
    <Text size="sm" c="dimmed">
      and {all - shown} more, which its YAML has
    </Text>
  );
