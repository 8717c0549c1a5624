import { afterEach, describe, expect, test } from 'vitest';
import { cloudNodeController } from '../../../src/addons/cloud/controllers/cloud-node.ts';
import { cloudNodeLifecycleController } from '../../../src/addons/cloud/controllers/node-lifecycle.ts';
import { routeController } from '../../../src/addons/cloud/controllers/route.ts';
import type { InstanceMetadata, Instances, Route, Routes } from '../../../src/addons/cloud/provider.ts';
import type { Cluster } from '../../support/cluster.ts';
import { said, startCloud } from './support.ts';

const UNINITIALIZED = { key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' };
const SHUTDOWN = { key: 'node.cloudprovider.kubernetes.io/shutdown', effect: 'NoSchedule' };
const METADATA: InstanceMetadata = {
  providerID: 'test://n1',
  instanceType: 'large',
  zone: 'z1',
  region: 'r1',
  addresses: [
    { type: 'InternalIP', address: '192.0.2.1' },
    { type: 'InternalIP', address: '192.0.2.2' },
    { type: 'ExternalIP', address: '198.51.100.1' },
  ],
  labels: { 'cloud.example/rack': '7', 'node.kubernetes.io/rack': '7' },
};
let cluster: Cluster;
afterEach(() => cluster.stop());
const node = () => cluster.client.get('nodes', '', 'n1');

describe('a new node that waits for the cloud', () => {
  const instances: Instances = {
    exists: () => Promise.resolve(true),
    isShutdown: () => Promise.resolve(false),
    metadata: () => Promise.resolve(METADATA),
  };
  const add = async (metadata: object = {}, addresses: object[] = []): Promise<void> => {
    cluster = await startCloud(cloudNodeController(instances));
    const taints = [UNINITIALIZED, { key: 'mine', effect: 'NoSchedule' }];
    await cluster.addNodes({
      metadata: { name: 'n1', ...metadata },
      spec: { taints },
      status: { addresses },
    });
    await cluster.advance(1);
  };

  test('is told what the cloud knows of it', async () => {
    await add({}, [
      { type: 'Hostname', address: 'n1' },
      { type: 'InternalIP', address: '10.0.0.1' },
    ]);
    const { spec, metadata, status } = await node();
    expect(spec).toMatchObject({ providerID: 'test://n1', taints: [{ key: 'mine', effect: 'NoSchedule' }] });
    expect(metadata.labels).toEqual({
      'beta.kubernetes.io/instance-type': 'large',
      'node.kubernetes.io/instance-type': 'large',
      'failure-domain.beta.kubernetes.io/zone': 'z1',
      'topology.kubernetes.io/zone': 'z1',
      'failure-domain.beta.kubernetes.io/region': 'r1',
      'topology.kubernetes.io/region': 'r1',
      'cloud.example/rack': '7',
    });
    expect(status?.addresses).toEqual([...METADATA.addresses, { type: 'Hostname', address: 'n1' }]);
    expect(await said(cluster)).toContain('Normal Synced Node Node synced successfully');
  });

  test('keeps the address that its kubelet has chosen, of its type alone', async () => {
    await add({ annotations: { 'alpha.kubernetes.io/provided-node-ip': '192.0.2.2' } });
    expect((await node()).status?.addresses).toEqual([METADATA.addresses[1], METADATA.addresses[2]]);
  });

  test('waits on when the cloud does not know its address', async () => {
    await add({ annotations: { 'alpha.kubernetes.io/provided-node-ip': '203.0.113.9' } });
    expect((await node()).spec?.taints).toContainEqual(UNINITIALIZED);
    expect(cluster.logs.join('\n')).toContain('matches ip: 203.0.113.9');
  });

  test('has its labels of old names followed', async () => {
    await add();
    await cluster.api.edit('nodes', '', 'n1', ({ metadata }) => {
      metadata.labels!['failure-domain.beta.kubernetes.io/zone'] = 'z2';
      delete metadata.labels!['topology.kubernetes.io/region'];
    });
    await cluster.advance(1);
    expect((await node()).metadata.labels).toMatchObject({
      'topology.kubernetes.io/zone': 'z2',
      'topology.kubernetes.io/region': 'r1',
    });
  });
});

describe('a node that is not ready', () => {
  let exists: boolean;
  let isShutdown: boolean;
  const start = async (status: string): Promise<void> => {
    exists = true;
    isShutdown = false;
    cluster = await startCloud(
      cloudNodeLifecycleController({
        exists: () => Promise.resolve(exists),
        isShutdown: () => Promise.resolve(isShutdown),
        metadata: () => Promise.resolve(undefined),
      }),
    );
    await cluster.addNodes({ metadata: { name: 'n1' }, status: { conditions: [{ type: 'Ready', status }] } });
    await cluster.advance(1);
  };
  const taints = async () => (await node()).spec?.taints;

  test.each(['False', 'Unknown'])('(%s) and whose machine is gone is deleted', async (status) => {
    await start(status);
    await cluster.advance(20_000);
    expect((await node()).metadata.name).toBe('n1');
    exists = false;
    await cluster.advance(5_000);
    await expect(node()).rejects.toMatchObject({ code: 404 });
    expect(await said(cluster)).toContain(
      'Normal DeletingNode Node Deleting node n1 because it does not exist in the cloud provider',
    );
  });

  test('is asked about, and a ready one is not', async () => {
    await start('True');
    exists = false;
    await cluster.advance(20_000);
    expect((await node()).metadata.name).toBe('n1');
  });

  test('is tainted while its machine is shut down', async () => {
    await start('Unknown');
    isShutdown = true;
    await cluster.advance(10_000);
    expect(await taints()).toEqual([SHUTDOWN]);
    const ready = [{ type: 'Ready', status: 'True' }];
    await cluster.client.patch('nodes', '', 'n1', { status: { conditions: ready } }, { subresource: 'status' });
    await cluster.advance(5_000);
    expect(await taints()).toBeUndefined();
  });
});

describe('the routes of nodes', () => {
  let there: Route[];
  let fails: boolean;
  const routes: Routes = {
    list: () => Promise.resolve([...there]),
    create: (route) => (fails ? Promise.reject(new Error('full')) : Promise.resolve(void there.push(route))),
    delete: (route) => Promise.resolve(void (there = there.filter((each) => each !== route))),
  };
  const start = async (before: Route[] = [], doesFail = false): Promise<void> => {
    there = before;
    fails = doesFail;
    cluster = await startCloud(routeController(routes, ['10.244.0.0/16']));
    await cluster.addNodes({
      metadata: { name: 'n1' },
      spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'] },
    });
    await cluster.addNodes('n2');
    await cluster.advance(10_000);
  };
  const network = async (name: string) =>
    (await cluster.client.get('nodes', '', name)).status?.conditions?.find(({ type }) => type === 'NetworkUnavailable');

  test('are made, and the node says so', async () => {
    await start();
    expect(there).toEqual([{ targetNode: 'n1', destinationCIDR: '10.244.1.0/24' }]);
    expect(await network('n1')).toMatchObject({
      status: 'False',
      reason: 'RouteCreated',
      message: 'RouteController created a route',
    });
    expect(await network('n2')).toBeUndefined();
  });

  test('that cannot be made are said, until they can', async () => {
    await start([], true);
    expect(await network('n1')).toMatchObject({ status: 'True', reason: 'NoRouteCreated' });
    const { uid } = (await node()).metadata;
    expect((await said(cluster)).join('\n')).toContain(
      `Warning FailedToCreateRoute Node Could not create route ${uid} 10.244.1.0/24 for node n1 after `,
    );
    fails = false;
    await cluster.advance(10_000);
    expect(await network('n1')).toMatchObject({ status: 'False' });
  });

  test('of nodes that are gone go, and those of others stay', async () => {
    const mine = { targetNode: 'n1', destinationCIDR: '10.244.1.0/24' };
    const foreign = { targetNode: 'x', destinationCIDR: '192.0.2.0/24' };
    await start([
      mine,
      foreign,
      { targetNode: 'gone', destinationCIDR: '10.244.2.0/24' },
      { targetNode: 'n1', destinationCIDR: '10.244.3.0/24' },
      { targetNode: '', destinationCIDR: '10.244.4.0/24', blackhole: true },
    ]);
    expect(there).toHaveLength(2);
    expect(there).toEqual(expect.arrayContaining([mine, foreign]));
    await cluster.client.delete('nodes', '', 'n1');
    await cluster.advance(10_000);
    expect(there).toEqual([foreign]);
  });
});
