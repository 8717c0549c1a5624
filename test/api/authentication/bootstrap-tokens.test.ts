import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestApi } from '../support.ts';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
  await api.create('namespaces', { metadata: { name: 'kube-system' } }, '').catch(() => undefined);
});
afterAll(() => api.close());

test.each([
  ['kube-system', 'aaaaaa', {}],
  ['kube-system', 'bbbbbb', { 'auth-extra-groups': 'system:masters' }],
  ['kube-system', 'cccccc', { 'auth-extra-groups': 'system:bootstrappers:x' }],
  ['kube-system', 'dddddd', { expiration: '2020-01-01T00:00:00Z' }],
  ['t', 'eeeeee', {}],
])('the token of a Secret in %s (%s) signs nobody in', async (namespace, id, more) => {
  await api.create(
    'secrets',
    {
      metadata: { name: `bootstrap-token-${id}` },
      type: 'bootstrap.kubernetes.io/token',
      stringData: {
        'token-id': id,
        'token-secret': '0123456789abcdef',
        'usage-bootstrap-authentication': 'true',
        ...more,
      },
    },
    namespace,
  );
  expect(await api.api.authenticate({ token: `${id}.0123456789abcdef` })).toBeUndefined();
});
