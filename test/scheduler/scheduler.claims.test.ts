import { afterEach, describe, expect, it } from 'vitest';
import { resourceclaim } from '../../src/reconcilers/resourceclaim.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';
import { allocated, claimsOf, device, DRIVER, exactly, selector, slice } from '../support/devices.ts';

const CLAIMS = 'resourceclaims.resource.k8s.io';
const node = (name: string) => ({
  metadata: { name },
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } },
});
const pod = (name: string, ...claims: string[]) => ({
  metadata: { name, namespace: 'a' },
  spec: {
    schedulerName: 'default-scheduler',
    containers: [{ name: 'c', image: 'x' }],
    resourceClaims: claimsOf(...claims),
  },
});
const requests = { requests: [exactly('r')] };

describe('scheduler', () => {
  let cluster: Cluster;
  afterEach(() => cluster.stop());
  async function start({ devices = ['g0'], nodes = ['n1'] } = {}): Promise<void> {
    cluster = await startCluster([resourceclaim()], { scheduler: true });
    for (const name of nodes) await cluster.addNodes(node(name));
    await cluster.put('deviceclasses.resource.k8s.io', {
      metadata: { name: 'gpu' },
      spec: { selectors: [selector(`device.driver == "${DRIVER}"`)] },
    });
    for (const nodeName of nodes) {
      const { spec } = slice(
        's',
        devices.map((name) => device(name)),
        { nodeName },
      );
      await cluster.put('resourceslices.resource.k8s.io', { metadata: { name: `s-${nodeName}` }, spec });
    }
  }
  const put = (name: string, devices: object = requests) =>
    cluster.put(CLAIMS, { metadata: { name, namespace: 'a' }, spec: { devices } });
  const placed = async () =>
    Object.fromEntries((await cluster.list('pods')).map((object) => [object.metadata.name, object['spec'].nodeName]));
  const uidOf = async (name: string) =>
    (await cluster.list('pods')).find(({ metadata }) => metadata.name === name)?.metadata.uid;
  const conditions = async () => (await cluster.list('pods'))[0]?.['status'].conditions;

  it('allocates a claim, reserves it for the pod, and binds that', async () => {
    await start();
    await put('c');
    await cluster.put('pods', pod('p', 'c'));
    await cluster.advance(10);
    expect(await placed()).toEqual({ p: 'n1' });
    const [claim] = await cluster.list(CLAIMS);
    expect(claim?.metadata.finalizers).toEqual(['resource.kubernetes.io/delete-protection']);
    expect(claim?.['status']).toEqual({
      allocation: allocated('n1', 'g0'),
      reservedFor: [{ resource: 'pods', name: 'p', uid: await uidOf('p') }],
    });
  });

  it('waits for what is made from a template', async () => {
    await start();
    await cluster.put('pods', pod('p', 't*'));
    await cluster.advance(3000);
    expect(await placed()).toEqual({ p: undefined });
    expect((await conditions()) ?? []).toEqual([]);
    await cluster.put('resourceclaimtemplates.resource.k8s.io', {
      metadata: { name: 't', namespace: 'a' },
      spec: { spec: { devices: requests } },
    });
    await cluster.advance(20_000);
    expect(await placed()).toEqual({ p: 'n1' });
  });

  it('gives a device to one claim at a time, and to the next when that is over', async () => {
    await start();
    for (const name of ['c', 'd']) await put(name);
    for (const name of ['c', 'd']) await cluster.put('pods', pod(`of-${name}`, name));
    await cluster.advance(10);
    expect(Object.values(await placed()).filter(Boolean)).toEqual(['n1']);
    const [first = ''] = Object.entries(await placed()).find(([, at]) => at) ?? [];
    const waiting = (await cluster.list('pods')).find(({ metadata }) => metadata.name !== first);
    expect(waiting?.['status'].conditions).toMatchObject([
      {
        reason: 'Unschedulable',
        message:
          '0/1 nodes are available: 1 cannot allocate all claims. still not schedulable, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
      },
    ]);
    await cluster.client.delete('pods', 'a', first, { gracePeriodSeconds: 0 });
    await cluster.advance(20_000);
    expect(Object.values(await placed())).toEqual(['n1']);
  });

  it('lets two pods use one claim, both where its device is', async () => {
    await start({ nodes: ['n1', 'n2'] });
    await put('c');
    for (const name of ['p', 'q']) await cluster.put('pods', pod(name, 'c'));
    await cluster.advance(5000);
    const at = Object.values(await placed());
    expect(at[0]).toBe(at[1]);
    expect((await cluster.list(CLAIMS))[0]?.['status'].reservedFor).toHaveLength(2);
  });

  it('says what is wrong with a claim, and tries again', async () => {
    await start();
    await put('c', { requests: [exactly('r', { selectors: [selector('device.attributes["x"].y')] })] });
    await cluster.put('pods', pod('p', 'c'));
    await cluster.advance(10);
    const message =
      'running "DynamicResources" filter plugin: claim a/c: selector #0: CEL runtime error: no such key: y';
    expect(await conditions()).toMatchObject([{ reason: 'SchedulerError', message }]);
    expect(await cluster.events()).toContain(`Warning FailedScheduling Pod ${message}`);
  });

  it('takes devices away that nobody uses where the pod cannot go', async () => {
    await start({ nodes: ['n1', 'n2'] });
    await put('c');
    await cluster.edit(
      CLAIMS,
      'a',
      'c',
      (object) => (object['status'] = { allocation: allocated('n2', 'g0') }),
      'status',
    );
    await cluster.put('pods', { ...pod('p', 'c'), spec: { ...pod('p', 'c').spec, nodeSelector: { on: 'n1' } } });
    await cluster.edit('nodes', '', 'n1', (object) => (object.metadata.labels = { on: 'n1' }));
    await cluster.advance(30_000);
    expect(await placed()).toEqual({ p: 'n1' });
  });
});
