import { expect, it } from 'vitest';
import { KnownResources } from '../../src/reconcilers/known-resources.ts';

it('asks what the API serves once in half a minute, and sooner for a kind that was not there', async () => {
  let asked = 0;
  let served = [{ kind: 'Deployment', group: 'apps', resource: 'deployments.apps' }];
  let now = 0;
  const client: any = {
    resources() {
      asked++;
      return served.length ? Promise.resolve(served) : Promise.reject(new Error('away'));
    },
  };
  const ctx: any = { client, clock: { now: () => now } };
  const resources = new KnownResources();
  const find = async (kind: string) => (await resources.find(kind, 'apps', ctx))?.resource;
  expect(await Promise.all(['Deployment', 'Deployment', 'Scaled'].map(find))).toEqual([
    'deployments.apps',
    'deployments.apps',
    undefined,
  ]);
  expect(asked).toBe(1);
  served = [...served, { kind: 'Scaled', group: 'apps', resource: 'scaleds.apps' }];
  now = 999;
  expect([await find('Scaled'), asked]).toEqual([undefined, 1]);
  now = 1000;
  expect([await find('Scaled'), asked]).toEqual(['scaleds.apps', 2]);
  now = 30_999;
  expect([await find('Scaled'), asked]).toEqual(['scaleds.apps', 2]);
  now = 31_000;
  served = [];
  await expect(find('Scaled')).rejects.toThrow('away');
  served = [{ kind: 'Scaled', group: 'apps', resource: 'others.apps' }];
  expect(await find('Scaled')).toBe('others.apps');
});
