import { afterEach, describe, expect, it } from 'vitest';
import { endpoints } from '../../src/reconcilers/endpoints.ts';
import { endpointslice } from '../../src/reconcilers/endpointslice.ts';
import { endpointslicemirroring } from '../../src/reconcilers/endpointslicemirroring.ts';
import { planSlices } from '../../src/reconcilers/slice-plan.ts';
import { startCluster, type Cluster } from '../support/cluster.ts';

const pod = (name: string) => ({
  metadata: { name, namespace: 'a', labels: { app: 'a' } },
  spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'x', ports: [{ name: 'http', containerPort: 8080 }] }] },
});
const service = (spec: Record<string, unknown> = {}) => ({
  metadata: { name: 'svc', namespace: 'a' },
  spec: {
    selector: { app: 'a' },
    ipFamilies: ['IPv4'],
    ports: [{ name: 'web', port: 80, targetPort: 'http', protocol: 'TCP' }],
    ...spec,
  },
});

describe('endpoints of services', () => {
  let cluster: Cluster;
  afterEach(() => cluster.stop());
  const start = async () => (cluster = await startCluster([endpoints, endpointslice(), endpointslicemirroring]));
  const slices = () => cluster.list('endpointslices.discovery.k8s.io');

  it('follow the pods of ServiceSpec.selector and their readiness, at ServicePort.targetPort', async () => {
    await start();
    await cluster.put('nodes', { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z' } } });
    await cluster.put('services', service());
    await cluster.put('pods', pod('p'));
    await cluster.runPods();
    await cluster.advance(10);
    const [slice] = await slices();
    expect(slice!['endpoints']).toMatchObject([
      {
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'n1',
        zone: 'z',
        targetRef: { kind: 'Pod', name: 'p' },
      },
    ]);
    expect(slice!['ports']).toEqual([{ name: 'web', protocol: 'TCP', port: 8080 }]);
    expect(slice!.metadata.labels).toEqual({
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': 'svc',
    });
    await cluster.edit('pods', 'a', 'p', (object) => (object['status'].conditions[0].status = 'False'), 'status');
    await cluster.advance(10);
    expect((await slices())[0]!['endpoints'][0].conditions).toEqual({
      ready: false,
      serving: false,
      terminating: false,
    });
    expect((await cluster.list('endpoints'))[0]!['subsets']).toMatchObject([
      { notReadyAddresses: [{ nodeName: 'n1' }], ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] },
    ]);
    expect(cluster.logs).toEqual([]);
  });

  it('are published before they are ready where the service says so, with what its ports speak (ServicePort.appProtocol)', async () => {
    await start();
    const ports = [{ name: 'web', port: 80, targetPort: 'http', protocol: 'TCP', appProtocol: 'kubernetes.io/h2c' }];
    await cluster.put('services', service({ publishNotReadyAddresses: true, ports }));
    await cluster.put('pods', pod('p'));
    await cluster.runPods();
    await cluster.edit('pods', 'a', 'p', (object) => (object['status'].conditions[0].status = 'False'), 'status');
    await cluster.advance(10);
    const [slice] = await slices();
    expect(slice!['endpoints'][0].conditions).toMatchObject({ ready: true, serving: false });
    expect(slice!['ports']).toMatchObject([{ appProtocol: 'kubernetes.io/h2c' }]);
    expect((await cluster.list('endpoints'))[0]!['subsets']).toMatchObject([
      { addresses: [{ nodeName: 'n1' }], ports: [{ appProtocol: 'kubernetes.io/h2c' }] },
    ]);
  });

  it('have hints while their service asks for them (ServiceSpec.trafficDistribution)', async () => {
    await start();
    for (const [name, zone] of [
      ['n1', 'a'],
      ['n2', 'b'],
    ] as const)
      await cluster.addNodes({ metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } } });
    await cluster.put('services', service());
    await cluster.put('pods', pod('p1'));
    await cluster.put('pods', { ...pod('p2'), spec: { ...pod('p2').spec, nodeName: 'n2' } });
    await cluster.runPods();
    const annotate = async (mode: string | null, trafficDistribution: string | null) => {
      const metadata = { annotations: { 'service.kubernetes.io/topology-mode': mode } };
      await cluster.client.patch(
        'services',
        'a',
        'svc',
        { metadata, spec: { trafficDistribution } },
        { type: 'merge' },
      );
      await cluster.advance(10);
      return (await slices()).flatMap((slice) => slice['endpoints'].map((one: { hints?: unknown }) => one.hints));
    };
    const zones = [{ forZones: [{ name: 'a' }] }, { forZones: [{ name: 'b' }] }];
    expect(await annotate('Auto', null)).toEqual(zones);
    expect(await annotate(null, null)).toEqual([undefined, undefined]);
    expect(await annotate(null, 'PreferSameZone')).toEqual(zones);
    expect(await annotate(null, 'PreferSameNode')).toEqual([
      { forZones: [{ name: 'a' }], forNodes: [{ name: 'n1' }] },
      { forZones: [{ name: 'b' }], forNodes: [{ name: 'n2' }] },
    ]);
    await cluster.client.delete('nodes', '', 'n2');
    expect(await annotate('Auto', null)).toEqual([undefined, undefined]);
    expect(await cluster.events()).toEqual([
      'Normal TopologyAwareHintsEnabled Service Topology Aware Hints has been enabled, addressType: IPv4',
      'Warning TopologyAwareHintsDisabled Service Topology Aware Hints has been disabled, addressType: IPv4',
      'Warning TopologyAwareHintsDisabled Service Insufficient Node information: allocatable CPU or zone not specified on one or more nodes, addressType: IPv4',
    ]);
  });

  it('are an empty slice where a service has no pods', async () => {
    await start();
    await cluster.put('services', service());
    await cluster.advance(10);
    expect((await slices()).map((slice) => slice['endpoints'])).toEqual([null]);
  });

  it('are mirrored from endpoints that were written by hand', async () => {
    await start();
    await cluster.put('services', service({ selector: undefined }));
    await cluster.put('endpoints', {
      metadata: { name: 'svc', namespace: 'a' },
      subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 8080, protocol: 'TCP' }] }],
    });
    await cluster.advance(10);
    expect(await slices()).toMatchObject([
      {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.1.2.3'], conditions: { ready: true } }],
        ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      },
    ]);
    await cluster.client.delete('endpoints', 'a', 'svc');
    await cluster.advance(10);
    expect(await slices()).toEqual([]);
  });
});

describe('slices', () => {
  const endpoint = (n: number) => ({ addresses: [`10.0.0.${n}`], conditions: { ready: true } });
  it('hold no more than their size', () => {
    const plan = planSlices(
      'IPv4',
      [{ ports: [], endpoints: Array.from({ length: 250 }, (_, n) => endpoint(n)) }],
      [],
      {},
      100,
    );
    expect(plan.create.map(({ endpoints: list }) => list.length)).toEqual([100, 100, 50]);
  });
  it('stay as they are when nothing changed', () => {
    const existing = {
      metadata: { name: 's', labels: { a: 'b' } },
      addressType: 'IPv4',
      ports: [],
      endpoints: [endpoint(1)],
    } as never;
    expect(planSlices('IPv4', [{ ports: [], endpoints: [endpoint(1)] }], [existing], { a: 'b' }, 100)).toEqual({
      create: [],
      update: [],
      remove: [],
    });
  });
});
