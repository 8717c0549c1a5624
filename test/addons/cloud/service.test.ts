import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LoadBalancerStatus } from '../../../schema/types.ts';
import { serviceController } from '../../../src/addons/cloud/controllers/service.ts';
import type { LoadBalancers } from '../../../src/addons/cloud/provider.ts';
import type { Cluster } from '../../support/cluster.ts';
import { balancedService, said, startCloud } from './support.ts';

const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** A cloud that writes down what it is asked for. */
class Cloud implements LoadBalancers {
  readonly loadBalancerClass = 'test/own';
  readonly calls: string[] = [];
  fails = false;
  private readonly there = new Map<string, LoadBalancerStatus>();

  get: LoadBalancers['get'] = ({ metadata }) => Promise.resolve(this.there.get(metadata.name));
  ensure: LoadBalancers['ensure'] = ({ metadata }, nodes) =>
    this.call(`ensure ${metadata.name} ${names(nodes)}`).then(() => {
      const status = { ingress: [{ ip: '192.0.2.1', ipMode: 'Proxy' }] };
      this.there.set(metadata.name, status);
      return status;
    });
  update: LoadBalancers['update'] = ({ metadata }, nodes) => this.call(`update ${metadata.name} ${names(nodes)}`);
  delete: LoadBalancers['delete'] = ({ metadata }) =>
    this.call(`delete ${metadata.name}`).then(() => void this.there.delete(metadata.name));

  private call(text: string): Promise<void> {
    this.calls.push(text);
    return this.fails ? Promise.reject(new Error('out of order')) : Promise.resolve();
  }
}
const names = (nodes: readonly { metadata: { name: string } }[]): string =>
  nodes
    .map(({ metadata }) => metadata.name)
    .sort()
    .join('+');

describe('the load balancer of a Service', () => {
  let cluster: Cluster;
  let cloud: Cloud;
  beforeEach(async () => {
    cloud = new Cloud();
    cluster = await startCloud(serviceController(cloud));
    await cluster.addNodes('n1', 'n2');
    await cluster.advance(1);
    cloud.calls.length = 0;
  });
  afterEach(() => cluster.stop());

  const service = () => cluster.client.get('services', 'a', 's');
  const edit = async (change: (object: Record<string, any>) => void): Promise<string[]> => {
    cloud.calls.length = 0;
    await cluster.api.edit('services', 'a', 's', change);
    await cluster.advance(1);
    return cloud.calls;
  };
  const give = async (spec: object = {}, metadata: object = {}): Promise<string[]> => {
    await cluster.give(balancedService(spec, metadata));
    await cluster.advance(1);
    return cloud.calls;
  };

  test('is made, and the Service says where it is and waits for its end', async () => {
    expect(await give()).toEqual(['ensure s n1+n2']);
    const { metadata, status } = await service();
    expect(metadata.finalizers).toEqual([FINALIZER]);
    expect(status?.loadBalancer?.ingress).toEqual([{ ip: '192.0.2.1', ipMode: 'Proxy' }]);
    expect(await said(cluster)).toEqual([
      'Normal EnsuringLoadBalancer Service Ensuring load balancer',
      'Normal EnsuredLoadBalancer Service Ensured load balancer',
    ]);
  });

  test.each([
    ['another type', { type: 'NodePort' }, []],
    ['the class of somebody else (ServiceSpec.loadBalancerClass)', { loadBalancerClass: 'test/other' }, []],
    ['its own class', { loadBalancerClass: 'test/own' }, ['ensure s n1+n2']],
  ])('with %s', async (_, spec, calls) => expect(await give(spec)).toEqual(calls));

  test.each<[string, (object: Record<string, any>) => void, string[]]>([
    ['a port', ({ spec }) => (spec.ports[0].port = 81), ['ensure s n1+n2']],
    ['a source range', ({ spec }) => (spec.loadBalancerSourceRanges = ['192.0.2.0/24']), ['ensure s n1+n2']],
    ['affinity', ({ spec }) => (spec.sessionAffinity = 'ClientIP'), ['ensure s n1+n2']],
    ['the traffic policy', ({ spec }) => (spec.externalTrafficPolicy = 'Local'), ['ensure s n1+n2']],
    ['an annotation', ({ metadata }) => (metadata.annotations = { a: 'b' }), ['ensure s n1+n2']],
    ['an external address', ({ spec }) => (spec.externalIPs = ['192.0.2.9']), ['ensure s n1+n2']],
    [
      'an address that is asked for (ServiceSpec.loadBalancerIP)',
      ({ spec }) => (spec.loadBalancerIP = '192.0.2.9'),
      ['ensure s n1+n2'],
    ],
    ['a label', ({ metadata }) => (metadata.labels = { a: 'b' }), []],
    ['the selector', ({ spec }) => (spec.selector = { a: 'b' }), []],
    ['the type', ({ spec }) => (spec.type = 'ClusterIP'), ['delete s']],
  ])('after a change of %s', async (_, change, calls) => {
    await give();
    expect(await edit(change)).toEqual(calls);
  });

  test('goes with the type: no finalizer, no status', async () => {
    await give();
    await edit(({ spec }) => (spec['type'] = 'ClusterIP'));
    const { metadata, status } = await service();
    expect(metadata.finalizers).toBeUndefined();
    expect(status?.loadBalancer?.ingress).toBeUndefined();
    expect((await said(cluster)).slice(-2)).toEqual([
      'Normal DeletingLoadBalancer Service Deleting load balancer',
      'Normal DeletedLoadBalancer Service Deleted load balancer',
    ]);
  });

  test('is gone before the Service is', async () => {
    await give();
    cloud.fails = true;
    await cluster.client.delete('services', 'a', 's');
    await cluster.advance(1);
    expect((await service()).metadata.finalizers).toEqual([FINALIZER]);
    expect(await said(cluster)).toContain(
      'Warning SyncLoadBalancerFailed Service Error syncing load balancer: failed to delete load balancer: out of order',
    );
    cloud.fails = false;
    await cluster.advance(5_000);
    await expect(service()).rejects.toMatchObject({ code: 404 });
  });

  test('that cannot be made is tried again after 5 seconds, then 10', async () => {
    cloud.fails = true;
    expect(await give()).toHaveLength(1);
    expect(await said(cluster)).toContain(
      'Warning SyncLoadBalancerFailed Service Error syncing load balancer: failed to ensure load balancer: out of order',
    );
    await cluster.advance(4_900);
    expect(cloud.calls).toHaveLength(1);
    await cluster.advance(200);
    expect(cloud.calls).toHaveLength(2);
    cloud.fails = false;
    await cluster.advance(9_900);
    expect(cloud.calls).toHaveLength(3);
    await cluster.advance(200);
    expect((await service()).status?.loadBalancer?.ingress).toHaveLength(1);
  });

  test.each<[string, (node: Record<string, any>) => void, string[]]>([
    ['excluded', ({ metadata }) => (metadata.labels = { [EXCLUDED]: '' }), ['update s n1']],
    ['excluded by the word false', ({ metadata }) => (metadata.labels = { [EXCLUDED]: 'false' }), []],
    ['known to the cloud', ({ spec }) => (spec.providerID = 'x://n2'), ['update s n1+n2']],
    ['cordoned', ({ spec }) => (spec.unschedulable = true), []],
    // Its load balancer is not told of the taint alone, so that connections may end.
    [
      'about to go',
      ({ spec }) => (spec.taints = [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }]),
      [],
    ],
  ])('when a node is %s', async (_, change, calls) => {
    await give();
    cloud.calls.length = 0;
    await cluster.api.edit('nodes', '', 'n2', change);
    await cluster.advance(1);
    expect(cloud.calls).toEqual(calls);
  });

  test('is told of nodes that come and go, and of none left', async () => {
    await give();
    await cluster.addNodes('n3');
    await cluster.advance(1);
    for (const name of ['n1', 'n2', 'n3']) await cluster.client.delete('nodes', '', name);
    await cluster.advance(1);
    expect(cloud.calls[1]).toBe('update s n1+n2+n3');
    expect(cloud.calls.at(-1)).toBe('update s ');
    const events = await said(cluster);
    expect(events).toContain('Normal UpdatedLoadBalancer Service Updated load balancer with new hosts');
    expect(events).toContain('Warning UnAvailableLoadBalancer Service There are no available nodes for LoadBalancer');
  });

  test('whose nodes cannot be changed is told so by an event, and again', async () => {
    await give();
    cloud.fails = true;
    await cluster.addNodes('n3');
    expect(await said(cluster)).toContain(
      'Warning UpdateLoadBalancerFailed Service Error updating load balancer with new hosts [n1 n2 n3] [node names limited, total number of nodes: 3], error: out of order',
    );
    cloud.fails = false;
    await cluster.advance(6_000);
    expect(cloud.calls.at(-1)).toBe('update s n1+n2+n3');
  });
});
