import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Addon } from '../../src/addons/addon.ts';
import type { Client } from '../../src/client/contract.ts';
import { runAddonLoops, runAddons } from '../../src/addons/run.ts';
import { eventually } from '../nodes/support.ts';
import { FakeApi } from '../support/fake-api.ts';
import { CLUSTER, addonOf, machineWith, uncertified } from './support.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
let api: FakeApi;
let said: string[];
beforeEach(async () => {
  api = await FakeApi.open();
  said = [];
});
afterEach(() => api.close());

const options = (...addons: Addon[]) => ({
  addons,
  cluster: CLUSTER,
  client: api.client,
  clock: api.clock,
  random: () => 0.5,
  log: (message: string, fields?: object) => void said.push(`${message} ${JSON.stringify(fields ?? {})}`),
  machine: machineWith(api.clock, ['192.0.2.7']),
  certify: uncertified,
});
const sliceOf = (name: string) => api.client.get(SLICES, 'kube-system', name).catch(() => undefined);

test('one that the machine cannot carry says so in one line, and the others go on', async () => {
  const unable = addonOf('unable', { serve: () => Promise.reject(new Error('needs a kernel module')) });
  let stopped = false;
  const able = addonOf('able', {
    serve: () =>
      Promise.resolve({
        service: 'able',
        ports: [{ name: 'https', protocol: 'TCP' as const, port: 7001 }],
        stop: () => Promise.resolve(void (stopped = true)),
      }),
  });
  const running = runAddons(options(unable, able));
  await eventually(() => sliceOf('able'));
  await eventually(() => said.length > 0);
  expect(said).toEqual(['add-on unable: not served {"error":"needs a kernel module"}']);
  expect((await api.client.get('services', 'kube-system', 'unable')).metadata.name).toBe('unable');
  await running.stop();
  expect(stopped).toBe(true);
  expect(await sliceOf('able')).toBeUndefined();
});

test('a server that is stopped before it listens is stopped when it does', async () => {
  let listen: () => void = () => undefined;
  let stopped = 0;
  const slow = addonOf('slow', {
    serve: async () => {
      await new Promise<void>((resolve) => (listen = resolve));
      return { service: 'slow', ports: [], stop: () => Promise.resolve(void stopped++) };
    },
  });
  let called = false;
  const { serve } = slow;
  slow.serve = (context) => {
    called = true;
    return serve!(context);
  };
  const running = runAddons(options(slow));
  await eventually(() => called);
  await running.stop();
  listen();
  await eventually(() => stopped === 1);
  expect(await sliceOf('slow')).toBeUndefined();
});

test('its server and its loops act as its account, with no more than its rights', async () => {
  const codes: number[] = [];
  const reading = {
    apiGroups: [''],
    resources: ['configmaps'],
    verbs: ['list', 'watch', 'patch'],
  };
  const RBAC = 'rbac.authorization.k8s.io';
  const addon = addonOf('acts', {
    roles: [
      {
        resource: 'clusterroles.rbac.authorization.k8s.io',
        object: { apiVersion: `${RBAC}/v1`, kind: 'ClusterRole', metadata: { name: 'acts' }, rules: [reading] },
      },
      {
        resource: 'clusterrolebindings.rbac.authorization.k8s.io',
        object: {
          apiVersion: `${RBAC}/v1`,
          kind: 'ClusterRoleBinding',
          metadata: { name: 'acts' },
          roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'acts' },
          subjects: [{ kind: 'ServiceAccount', name: 'acts', namespace: 'kube-system' }],
        },
      },
    ],
    loops: () => [
      {
        name: 'marks',
        watches: [{ resource: 'configmaps' }],
        async reconcile(key, ctx) {
          const [namespace = '', name = ''] = key.split('/');
          await ctx.client.patch('configmaps', namespace, name, { metadata: { labels: { marked: 'yes' } } });
        },
      },
    ],
    async serve({ client, informers }) {
      await informers.informer('configmaps').whenSynced();
      await client.list('secrets').catch((error: { code: number }) => codes.push(error.code));
      return { service: 'acts', ports: [], stop: () => Promise.resolve() };
    },
  });
  const acted: string[] = [];
  const client: Client = {
    ...api.client,
    as(user, manager) {
      acted.push(`${user} ${manager}`);
      return api.client.as(user, manager);
    },
  };
  const running = runAddons({ ...options(addon), client });
  await eventually(() => codes.length > 0);
  expect(codes).toEqual([403]);
  const loops = runAddonLoops({ ...options(addon), client });
  await loops.start();
  await api.give({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'a' } });
  await eventually(async () => (await api.client.get('configmaps', 'a', 'one')).metadata.labels);
  expect(new Set(acted)).toEqual(new Set(['system:serviceaccount:kube-system:acts addon-acts']));
  await loops.stop();
  await running.stop();
});

test('that its rights are on their way is no news, that it has none is', async () => {
  const addon = addonOf('early', {
    loops: () => [{ name: 'reads', watches: [{ resource: 'secrets' }], reconcile: () => Promise.resolve() }],
  });
  let now = api.clock.now();
  const clock = { ...api.clock, setTimeout: (run: () => void) => setTimeout(run, 0), now: () => (now += 100) };
  const refused: number[] = [];
  const loops = runAddonLoops({
    ...options(addon),
    clock: { ...clock, clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout) },
    log: (message) => void (/secrets is forbidden/.test(message) && refused.push(now)),
  });
  const begun = now;
  // caches that are never filled are never waited for to the end
  void loops.start();
  await eventually(() => refused.length > 0);
  expect(refused[0]! - begun).toBeGreaterThanOrEqual(10_000);
  await loops.stop();
});
