import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeviceRequest } from '../../schema/types.ts';
import { isStatusError } from '../../src/meta/status.ts';
import { allocated, exactly } from '../support/devices.ts';
import { FakeApi } from '../support/fake-api.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';
const NEEDS =
  'admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace';
const REQUESTS: DeviceRequest[] = [exactly('r'), exactly('all', { allocationMode: 'All', adminAccess: true })];

let fake: FakeApi;
beforeAll(async () => void (fake = await FakeApi.open()));
afterAll(() => fake.close());

const refusal = (write: Promise<unknown>): Promise<string> =>
  write.then(
    () => '',
    (error: unknown) => (isStatusError(error) ? error.message : Promise.reject(error as Error)),
  );
const mark = (value: string | null) =>
  fake.client.patch('namespaces', '', 'a', { metadata: { labels: { 'resource.kubernetes.io/admin-access': value } } });
const claim = (name: string, requests = REQUESTS) => ({
  apiVersion: 'resource.k8s.io/v1',
  kind: 'ResourceClaim',
  metadata: { name, namespace: 'a' },
  spec: { devices: { requests } },
});
const template = { ...claim('t'), kind: 'ResourceClaimTemplate', spec: { spec: claim('t').spec } };

it.each([
  ['a claim', claim('c')],
  ['a template', template],
])('%s has access to what others use in a namespace that an administrator has marked', async (_, object) => {
  const name = object.metadata.name;
  for (const value of [null, 'yes']) {
    await mark(value);
    expect(await refusal(fake.give(object))).toBe(
      `${object.kind}.resource.k8s.io "${name}" is invalid: spec.devices.requests[1].adminAccess: Forbidden: ${NEEDS}`,
    );
  }
  await mark('true');
  expect(await refusal(fake.give(object))).toBe('');
  await mark(null);
  // what is asked for is fixed, and stays when the mark goes
  await fake.edit(
    object.kind === 'ResourceClaim' ? CLAIMS : 'resourceclaimtemplates.resource.k8s.io',
    'a',
    name,
    (it) => {
      it.metadata.labels = { kept: 'yes' };
    },
  );
});

it('and so has what is allocated to a claim', async () => {
  await mark(null);
  await fake.give(claim('d', [exactly('r')]));
  const allocation = allocated('n1', 'g0');
  allocation.devices!.results![0]!.adminAccess = true;
  const allocate = () => fake.client.patch(CLAIMS, 'a', 'd', { status: { allocation } }, { subresource: 'status' });
  expect(await refusal(allocate())).toContain(`status.allocation.devices.results[0].adminAccess: Forbidden: ${NEEDS}`);
  await mark('true');
  expect(await refusal(allocate())).toBe('');
  await mark(null);
  const status = { reservedFor: [{ resource: 'pods', name: 'p', uid: 'p' }] };
  expect(await refusal(fake.client.patch(CLAIMS, 'a', 'd', { status }, { subresource: 'status' }))).toBe('');
});
