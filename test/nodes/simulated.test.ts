import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nextStage, waitMs, type SimulatedFacts } from '../../src/nodes/runtimes/simulated/stages.ts';
import { steeringOf } from '../../src/nodes/runtimes/simulated/steering.ts';
import { createSimulatedNodes, type SimulatedNodes, type SimulatedNodesOptions } from '../../src/nodes/simulated.ts';
import { nth } from '../support/faulty-transport.ts';
import { serviceUnavailable } from '../../src/meta/status.ts';
import { NodeApi } from './node-api.ts';

const META = { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' };
const steering = steeringOf({ metadata: { ...META } });
const facts: SimulatedFacts = {
  phase: 'Pending',
  deleting: false,
  released: false,
  awaited: false,
  ends: false,
  initDone: true,
  crashed: false,
  restarts: 0,
  held: false,
  joined: false,
  steering,
};

describe('a stage of a simulated pod', () => {
  it.each<[Partial<SimulatedFacts>, string | undefined]>([
    [{}, 'run'],
    [{ initDone: false }, 'initialize'],
    [{ phase: 'Running' }, undefined],
    [{ phase: 'Running', ends: true }, 'end'],
    [{ phase: 'Running', joined: true }, 'join'],
    [{ joined: true }, 'run'],
    [{ phase: 'Running', ends: true, crashed: true }, 'restart'],
    [{ phase: 'Running', ends: true, deadlineMs: 1 }, 'end'],
    [{ phase: 'Running', ends: true, deadlineMs: 0 }, 'expire'],
    [{ deadlineMs: -1 }, 'expire'],
    [{ steering: { ...steering, stuck: 'ErrImagePull' } }, 'hold'],
    [{ steering: { ...steering, stuck: 'ErrImagePull' }, held: true }, undefined],
    [{ phase: 'Succeeded', ends: true }, undefined],
    [{ deleting: true }, 'delete'],
    [{ phase: 'Running', ends: true, deleting: true }, 'delete'],
    [{ deleting: true, released: true }, undefined],
    [{ deleting: true, released: true, awaited: true }, 'delete'],
    [{ phase: 'Running', deleting: true, released: true, awaited: true }, 'delete'],
    [{ phase: 'Failed', deleting: true, released: true, awaited: true }, undefined],
  ])('of %j is %s', (change, stage) => {
    expect(nextStage({ ...facts, ...change })?.name).toBe(stage);
  });

  it.each([
    [{ restarts: 0 }, 500],
    [{ restarts: 1 }, 10_000],
    [{ restarts: 3 }, 40_000],
    [{ restarts: 50 }, 300_000],
    [{ restarts: 50, deadlineMs: 7 }, 7],
  ])('that starts containers again waits as the kubelet does: %j, %i ms', (change, ms) => {
    const crashed = { ...facts, phase: 'Running', crashed: true, ...change };
    expect(waitMs(crashed, nextStage(crashed), 0.5)).toBe(ms);
  });

  it('is steered by annotations that are numbers, and by no others', () => {
    const annotations = (values: Record<string, string>) =>
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`simulated.ku7s.io/${key}`, value]));
    const of = (values: Record<string, string>) =>
      steeringOf({ metadata: { ...META, annotations: annotations(values) } });
    const values = {
      'run-seconds': '1.5',
      'exit-code': '3',
      'exec-exit-code': '4',
      'failure-rate': '7',
      ready: 'false',
    };
    expect(of(values)).toEqual({
      runMs: 1500,
      exitCode: 3,
      execExitCode: 4,
      failureRate: 1,
      ready: false,
    });
    expect(of({ 'run-seconds': '-1', 'exit-code': 'x', 'failure-rate': '', ready: 'no' })).toEqual(steering);
  });
});

describe('simulated nodes', () => {
  let cluster: NodeApi;
  let nodes: SimulatedNodes | undefined;
  beforeEach(async () => void (cluster = await NodeApi.open()));
  afterEach(async () => {
    await inTime(nodes?.stop());
    await cluster.close();
  });
  /** Time passes until it is done, however long what is outside of this process takes (keys, ports). */
  const inTime = async (work: Promise<void> | undefined): Promise<void> => {
    let done = false;
    const all = Promise.resolve(work).finally(() => (done = true));
    all.catch(() => undefined);
    while (!done) {
      await cluster.clock.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return all;
  };
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
    await inTime(started);
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

  it('that come later answer where those of the beginning do', async () => {
    await start({ count: 1, kubelet: { ca: '', address: '127.0.0.1' } });
    await nodes!.add({ name: 'late', capacity: { cpu: '1', memory: '1Gi', pods: '5' }, zone: 'zone-a' });
    const [first, late] = [await cluster.find('nodes', '', 'node-1'), await cluster.find('nodes', '', 'late')];
    expect(late!.status.daemonEndpoints).toEqual(first!.status.daemonEndpoints);
    expect(late!.status.daemonEndpoints.kubeletEndpoint.Port).toBeGreaterThan(0);
    expect(late!.status.addresses).toContainEqual({ type: 'InternalDNS', address: '127.0.0.1' });
  });

  it('renew their leases while nobody signs the certificates of their kubelets', async () => {
    const count = 65;
    await start({ count, kubelet: { ca: '', address: '127.0.0.1' } });
    const port = (await cluster.find('nodes', '', 'node-1'))!.status.daemonEndpoints.kubeletEndpoint.Port as number;
    const sockets = Array.from({ length: count }, (_, n) =>
      connect({ host: '127.0.0.1', port, servername: `node-${n + 1}`, rejectUnauthorized: false }).on(
        'error',
        () => undefined,
      ),
    );
    const asked = () => cluster.api.list('certificatesigningrequests.certificates.k8s.io');
    await vi.waitFor(async () => expect((await asked()).length).toBeGreaterThanOrEqual(64), 15_000);
    const before = (await renewal()).renewTime;
    await cluster.clock.advance(30_000);
    expect((await renewal()).renewTime).not.toBe(before);
    for (const socket of sockets) socket.destroy();
    await inTime(nodes!.stop());
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

  it.each([
    ['at once', 0, 3000],
    ['with time to end', 30, 3000],
    ['before it runs', 0, 0],
  ])('say how a pod ended that somebody waits for, deleted %s', async (_how, grace, age) => {
    await start();
    await cluster.addPod('held', spec, { metadata: { finalizers: ['batch.kubernetes.io/job-tracking'] } });
    await cluster.clock.advance(age);
    await cluster.deletePod('held', grace);
    await cluster.clock.advance(1000);
    expect((await pod('held')).status.phase).toBe('Failed');
    expect((await pod('held')).metadata.deletionGracePeriodSeconds).toBe(0);
    await cluster.client.patch('pods', 'a', 'held', { metadata: { finalizers: null } });
    expect(await cluster.find('pods', 'a', 'held')).toBeUndefined();
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

  const annotated = (values: Record<string, string>) => ({
    metadata: {
      annotations: Object.fromEntries(Object.entries(values).map(([k, v]) => [`simulated.ku7s.io/${k}`, v])),
    },
  });

  it.each([
    ['Never', {}, 'Succeeded', 0],
    ['OnFailure', {}, 'Succeeded', 0],
    ['Never', { 'exit-code': '3' }, 'Failed', 3],
    ['Never', { 'failure-rate': '1' }, 'Failed', 1],
  ])('end a pod of policy %s and %j by themselves: %s', async (restartPolicy, values, phase, exitCode) => {
    await start();
    await cluster.addPod('bare', { ...spec, restartPolicy }, annotated(values));
    await cluster.clock.advance(3000);
    expect((await pod('bare')).status).toMatchObject({
      phase,
      containerStatuses: [{ state: { terminated: { exitCode } } }],
    });
  });

  it('start a container that fails again and again, later each time', async () => {
    await start({ random: () => 0 });
    await cluster.addPod('loop', spec, annotated({ 'run-seconds': '1', 'exit-code': '2' }));
    await cluster.clock.advance(4000);
    const once = (await pod('loop')).status;
    expect(once).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 1, ready: false }] });
    expect(once.containerStatuses[0]).toMatchObject({
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 2, reason: 'Error' } },
    });
    await cluster.clock.advance(60_000);
    expect((await pod('loop')).status.containerStatuses[0].restartCount).toBe(3);
  });

  it('hold up a pod, or keep it from being ready, where its annotations say so', async () => {
    await start();
    await cluster.addPod('stuck', spec, annotated({ stuck: 'ErrImagePull' }));
    await cluster.addPod('slow', spec, annotated({ ready: 'false' }));
    await cluster.clock.advance(3000);
    expect((await pod('stuck')).status).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }],
    });
    expect((await pod('slow')).status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: false }] });
  });

  it('begin an ephemeral container, and leave the others as they are', async () => {
    await start();
    await cluster.addPod('web', spec);
    await cluster.clock.advance(2000);
    const { containerStatuses } = (await pod('web')).status;
    const ephemeralContainers = [{ name: 'look', image: 'busybox' }];
    await cluster.client.patch(
      'pods',
      'a',
      'web',
      { spec: { ephemeralContainers } },
      { subresource: 'ephemeralcontainers', type: 'strategic' },
    );
    await cluster.clock.advance(1000);
    expect((await pod('web')).status).toMatchObject({
      phase: 'Running',
      containerStatuses,
      ephemeralContainerStatuses: [{ name: 'look', state: { running: {} } }],
    });
  });

  it('end a pod whose deadline is over', async () => {
    await start();
    await cluster.addPod('late', { ...spec, activeDeadlineSeconds: 5 });
    await cluster.clock.advance(2000);
    expect((await pod('late')).status.phase).toBe('Running');
    await cluster.clock.advance(6000);
    expect((await pod('late')).status).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  });

  it('reject a pod as a kubelet does, also one that comes at once with others', async () => {
    await start({ cpu: '2' });
    const asks = { ...spec, containers: [{ ...spec.containers[0], resources: { requests: { cpu: '1500m' } } }] };
    await cluster.addPod('one', asks);
    await cluster.addPod('two', asks);
    await cluster.addPod('three', { ...spec, nodeSelector: { disk: 'ssd' } });
    await cluster.clock.advance(3000);
    expect((await pod('one')).status.phase).toBe('Running');
    expect((await pod('two')).status).toMatchObject({
      phase: 'Failed',
      reason: 'OutOfcpu',
      message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 1500, used: 1500, capacity: 2000",
    });
    expect((await pod('three')).status).toMatchObject({ phase: 'Failed', reason: 'NodeAffinity' });
  });

  it('end pods for a critical one', async () => {
    await start({ cpu: '2' });
    const asks = { ...spec, containers: [{ ...spec.containers[0], resources: { requests: { cpu: '1500m' } } }] };
    await cluster.addPod('one', asks);
    await cluster.clock.advance(2000);
    await cluster.addPod('two', { ...asks, priorityClassName: 'system-node-critical' });
    await cluster.clock.advance(2000);
    expect((await pod('one')).status).toMatchObject({ phase: 'Failed', reason: 'Preempting' });
    expect((await pod('two')).status.phase).toBe('Running');
  });

  it('renew their leases every ten seconds', async () => {
    await start();
    await cluster.clock.advance(10_000);
    const before = (await renewal()).renewTime;
    await cluster.clock.advance(20_000);
    expect(Date.parse((await renewal()).renewTime) - Date.parse(before)).toBe(20_000);
  });
});
