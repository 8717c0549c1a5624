import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextStage, type SimulatedFacts } from '../../src/nodes/runtimes/simulated/stages.ts';
import { createSimulatedNodes, type SimulatedNodes, type SimulatedNodesOptions } from '../../src/nodes/simulated.ts';
import { nth } from '../support/faulty-transport.ts';
import { serviceUnavailable } from '../../src/meta/status.ts';
import { NodeApi } from './node-api.ts';

const facts: SimulatedFacts = { phase: 'Pending', deleting: false, released: false, job: false, initDone: true };

describe('a stage of a simulated pod', () => {
  it.each([
    [{}, 'run'],
    [{ initDone: false }, 'initialize'],
    [{ phase: 'Running' }, undefined],
    [{ phase: 'Running', job: true }, 'complete'],
    [{ phase: 'Succeeded', job: true }, undefined],
    [{ deleting: true }, 'delete'],
    [{ phase: 'Running', job: true, deleting: true }, 'delete'],
    [{ deleting: true, released: true }, undefined],
  ] as const)('of %j is %s', (change, stage) => {
    expect(nextStage({ ...facts, ...change })?.name).toBe(stage);
  });
});

describe('simulated nodes', () => {
  let cluster: NodeApi;
  let nodes: SimulatedNodes | undefined;
  beforeEach(async () => void (cluster = await NodeApi.open()));
  afterEach(async () => {
    await nodes?.stop();
    await cluster.close();
  });
  const start = async (options: Partial<SimulatedNodesOptions> = {}): Promise<void> => {
    nodes = createSimulatedNodes({
      count: 2,
      client: cluster.client,
      informers: cluster.informers,
      clock: cluster.clock,
      random: () => 0.5,
      log: () => undefined,
      ...options,
    });
    cluster.informers.start();
    const started = nodes.start();
    await cluster.clock.advance(0);
    await cluster.clock.advance(8000);
    await started;
  };
  const spec = { nodeName: 'node-2', containers: [{ name: 'c', image: 'nginx' }] };
  const pod = async (name: string) => (await cluster.find('pods', 'a', name))!;
  const renewal = async () => (await cluster.find('leases.coordination.k8s.io', 'kube-node-lease', 'node-1'))!.spec;

  it('register with their zones and what they have', async () => {
    await start({ count: 3, zones: ['zone-a', 'zone-b'] });
    const all = await cluster.api.list('nodes');
    expect(all.map((node) => node.metadata.labels!['topology.kubernetes.io/zone'])).toEqual([
      'zone-a',
      'zone-b',
      'zone-a',
    ]);
    expect(all[2]!.status.allocatable).toEqual({ cpu: '32', memory: '64Gi', pods: '110' });
  });

  it('register again until the API takes them', async () => {
    const refused = () => serviceUnavailable('not yet');
    cluster.api.transport.before = nth(
      1,
      ({ verb, resource }) => verb === 'create' && resource === 'nodes',
      refused,
      3,
    );
    await start({ count: 1 });
    expect(await cluster.find('nodes', '', 'node-1')).toBeDefined();
  });

  it('take a pod through its life within a second, and delete it when they are told', async () => {
    await start();
    await cluster.addPod('web', spec);
    await cluster.clock.advance(1000);
    expect((await pod('web')).status).toMatchObject({
      phase: 'Running',
      podIP: expect.stringMatching(/^10\./),
      containerStatuses: [{ ready: true, started: true, state: { running: {} } }],
    });
    await cluster.deletePod('web', 30);
    await cluster.clock.advance(1000);
    expect(await cluster.find('pods', 'a', 'web')).toBeUndefined();
  });

  it("end a Job's pod by themselves", async () => {
    await start();
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true };
    await cluster.addPod('job', { ...spec, restartPolicy: 'Never' }, { metadata: { ownerReferences: [owner] } });
    await cluster.clock.advance(2000);
    expect((await pod('job')).status).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
    });
  });

  it('go on with the pods of a process before them, whose addresses they leave alone', async () => {
    await start({ random: () => 0 });
    const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'j', controller: true };
    const options = { metadata: { ownerReferences: [owner] } };
    await cluster.addPod('first', spec);
    await cluster.addPod('job', { ...spec, restartPolicy: 'Never' }, options);
    for (let i = 0; (await pod('job')).status.phase !== 'Running' && i < 100; i++) await cluster.clock.advance(10);
    const { podIP } = (await pod('job')).status;
    await nodes!.stop();
    await start();
    await cluster.addPod('later', spec);
    await cluster.clock.advance(3000);
    expect((await pod('job')).status).toMatchObject({ phase: 'Succeeded', podIP });
    const all = await Promise.all(['first', 'job', 'later'].map(async (name) => (await pod(name)).status.podIP));
    expect(new Set(all).size).toBe(3);
  });

  it('finish init containers before the pod runs', async () => {
    await start({ random: () => 0 });
    await cluster.addPod('init', { ...spec, initContainers: [{ name: 'i', image: 'busybox' }] });
    await cluster.clock.advance(150);
    expect((await pod('init')).status).toMatchObject({
      phase: 'Pending',
      initContainerStatuses: [{ state: { terminated: { exitCode: 0 } } }],
    });
    await cluster.clock.advance(1000);
    expect((await pod('init')).status.phase).toBe('Running');
  });

  it('go on with a pod whose status could not be written', async () => {
    await start();
    const refused = () => serviceUnavailable('not now');
    cluster.api.transport.before = nth(1, ({ resource }) => resource === 'pods/status', refused, 2);
    await cluster.addPod('late', spec);
    await cluster.clock.advance(5000);
    expect((await pod('late')).status.phase).toBe('Running');
  });

  it('leave the pods of other nodes alone', async () => {
    await start();
    await cluster.addPod('foreign', { ...spec, nodeName: 'elsewhere' });
    await cluster.clock.advance(5000);
    expect((await pod('foreign')).status.phase).toBe('Pending');
  });

  it('renew their leases every ten seconds', async () => {
    await start();
    await cluster.clock.advance(10_000);
    const before = (await renewal()).renewTime;
    await cluster.clock.advance(20_000);
    expect(Date.parse((await renewal()).renewTime) - Date.parse(before)).toBe(20_000);
  });
});
