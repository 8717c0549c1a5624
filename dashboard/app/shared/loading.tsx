import { Text } from '@mantine/core';

/** Where something is to come. */
export const Loading = () => <Text c="dimmed">loading</Text>;
