import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RemotePlace } from '../../src/api/contract.ts';
import type { Client } from '../../src/client/contract.ts';
import { notFound } from '../../src/meta/status.ts';
import { FakeApi } from '../support/fake-api.ts';

const ROOT = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/a';
const HPA = 'system:serviceaccount:kube-system:horizontal-pod-autoscaler';
let api: FakeApi;
let read: { user: string; place: RemotePlace }[];
const ask = async (path: string, client: Client = api.client): Promise<unknown> =>
  (await client.query<{ aggregated: unknown }>('query($path: String!) { aggregated(path: $path) }', { path }))
    .aggregated;

beforeEach(async () => {
  api = await FakeApi.open();
  read = [];
  api.api.remote = {
    read({ name }, place) {
      read.push({ user: name, place });
      if (place.version !== 'v1beta2') return Promise.resolve(undefined);
      if (place.name === 'none')
        return Promise.reject(notFound({ group: place.group, resource: place.resource }, 'none'));
      return Promise.resolve({ kind: 'MetricValueList', items: [] });
    },
  };
});
afterEach(() => api.close());

it('reads a subresource of what another server has, as the caller', async () => {
  const client = api.client.as(HPA);
  expect(await ask(`${ROOT}/pods/*/hits?labelSelector=app%3Dx`, client)).toEqual({
    kind: 'MetricValueList',
    items: [],
  });
  const place = { group: 'custom.metrics.k8s.io', version: 'v1beta2', resource: 'pods', namespace: 'a', name: '*' };
  expect(read).toEqual([{ user: HPA, place: { ...place, subresource: 'hits', query: { labelSelector: 'app=x' } } }]);
});

it.each([
  ['a list', `${ROOT}/queue.length`, { namespace: 'a', resource: 'queue.length', name: '', subresource: '' }],
  [
    'what is in no namespace',
    '/apis/x.io/v1beta2/nodes/n/hits',
    { namespace: '', resource: 'nodes', name: 'n', subresource: 'hits' },
  ],
  ['an encoded part', '/apis/x.io/v1beta2/a%20b', { namespace: '', resource: 'a b', name: '' }],
])('takes %s apart', async (_, path, place) => {
  await ask(path);
  expect(read[0]?.place).toMatchObject(place);
});

it('says with null that nobody serves the version, and passes on what the other server throws', async () => {
  expect(await ask('/apis/custom.metrics.k8s.io/v1/namespaces/a/pods/*/hits')).toBeNull();
  await expect(ask(`${ROOT}/pods/none/hits`)).rejects.toMatchObject({ code: 404 });
});

it('asks nobody for what the caller may not read', async () => {
  const other = api.client.as('system:serviceaccount:a:default');
  await expect(ask(`${ROOT}/pods/*/hits`, other)).rejects.toMatchObject({
    code: 403,
    message: expect.stringContaining('cannot get resource "pods/hits" in API group "custom.metrics.k8s.io"'),
  });
  expect(read).toEqual([]);
});

it.each([
  '/api/v1/namespaces/a/pods/p',
  '/apis/custom.metrics.k8s.io/v1beta2',
  `${ROOT}/pods/../../../../secrets`,
  `${ROOT}/pods/%2e%2e/hits`,
  `${ROOT}/pods/a%2fb/hits`,
  `${ROOT}/pods/%zz/hits`,
  `${ROOT}/pods/*/hits?watch=true`,
  `${ROOT}/pods/*/hits/more`,
  `${ROOT}/${'x'.repeat(9000)}`,
])('refuses %.60s', async (path) => {
  await expect(ask(path)).rejects.toMatchObject({ code: 400 });
  expect(read).toEqual([]);
});
