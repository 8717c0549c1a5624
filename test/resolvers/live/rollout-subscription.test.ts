import { expect, test } from 'vitest';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import { FakeApi } from '../../support/fake-api.ts';

test('a rollout is followed until it is over', async () => {
  const cluster = await FakeApi.open();
  const container = { name: 'c', image: 'i' };
  await cluster.give({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'a', name: 'w' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'w' } },
      template: { metadata: { labels: { app: 'w' } }, spec: { containers: [container] } },
    },
  });
  const results = cluster.connect().subscribe({
    query: 'subscription { deploymentRolloutStatus(namespace: "a", name: "w") { message done failed } }',
  });
  const next = async (): Promise<unknown> => {
    const { value } = (await results.next()) as { value: GraphQLResult | undefined };
    return value?.data?.['deploymentRolloutStatus'];
  };
  expect(await next()).toEqual({
    message: 'Waiting for deployment spec update to be observed...',
    done: false,
    failed: false,
  });
  const status = { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  await cluster.client.patch('deployments.apps', 'a', 'w', { status }, { subresource: 'status' });
  expect(await next()).toEqual({ message: 'deployment "w" successfully rolled out', done: true, failed: false });
  expect((await results.next()).done).toBe(true);
  const none = cluster
    .connect()
    .subscribe({ query: 'subscription { deploymentRolloutStatus(namespace: "a", name: "none") { message } }' });
  expect(((await none.next()) as { value: GraphQLResult }).value.errors?.[0]).toMatchObject({
    extensions: { code: 404 },
  });
  await cluster.close();
});
