import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClaimDevices } from '../../../src/nodes/devices/pod-devices.ts';
import type { PodNetwork } from '../../../src/nodes/network/pod-network.ts';
import { FakeNode } from './fake-node.ts';

let node: FakeNode;
beforeEach(async () => void (node = await FakeNode.open()));
afterEach(() => node.close());

const container = (more: object = {}, name = 'c') => ({ name, image: 'busybox', command: ['run'], ...more });
const begins = () => node.runtime.journal.filter((line) => line.startsWith('start '));
const condition = (type: string) => node.status('p').conditions?.find((each) => each.type === type);

describe('the containers of a pod', () => {
  it('start init containers one after the other, and the main ones together when all have succeeded', async () => {
    const initContainers = [container({}, 'one'), container({}, 'two')];
    await node.run('p', { initContainers, containers: [container({}, 'a'), container({}, 'b')] });
    expect(begins()).toEqual(['start one']);
    expect(node.status('p').phase).toBe('Pending');
    expect(node.container('p', 'a').state).toEqual({ waiting: { reason: 'PodInitializing' } });
    expect(condition('Initialized')).toMatchObject({
      status: 'False',
      message: 'containers with incomplete status: [one two]',
    });
    node.runtime.last('one').end(0);
    await node.advance(0);
    expect(begins()).toEqual(['start one', 'start two']);
    node.runtime.last('two').end(0);
    await node.advance(0);
    expect(begins()).toEqual(['start one', 'start two', 'start a', 'start b']);
    expect(node.status('p').phase).toBe('Running');
    expect(condition('Ready')?.status).toBe('True');
  });

  it('do not start when an init container fails that is not tried again', async () => {
    await node.run('p', { restartPolicy: 'Never', initContainers: [container({}, 'i')], containers: [container()] });
    node.runtime.last('i').end(3);
    await node.advance(0);
    expect(begins()).toEqual(['start i']);
    expect(node.status('p').phase).toBe('Failed');
  });

  it('wait for a sidecar that starts, and end before it, the last sidecar first', async () => {
    const sidecar = (name: string) => container({ restartPolicy: 'Always' }, name);
    await node.run('p', {
      restartPolicy: 'Never',
      initContainers: [sidecar('s1'), container({}, 'i'), sidecar('s2')],
      containers: [container()],
    });
    expect(begins()).toEqual(['start s1', 'start i']);
    node.runtime.last('i').end(0);
    await node.advance(0);
    expect(begins()).toEqual(['start s1', 'start i', 'start s2', 'start c']);
    node.runtime.journal.length = 0;
    node.runtime.last('c').end(0);
    await node.advance(0);
    expect(node.runtime.journal).toEqual(['SIGTERM s2', 'SIGTERM s1']);
    expect(node.status('p').phase).toBe('Succeeded');
  });

  it.each([
    ['Always', 0, true, 'Running'],
    ['Always', 1, true, 'Running'],
    ['OnFailure', 0, false, 'Succeeded'],
    ['OnFailure', 1, true, 'Running'],
    ['Never', 0, false, 'Succeeded'],
    ['Never', 1, false, 'Failed'],
  ])('of policy %s that end with %i are started again: %s; the pod is then %s', async (policy, code, again, phase) => {
    await node.run('p', { restartPolicy: policy, containers: [container()] });
    node.runtime.last('c').end(code);
    await node.advance(0);
    expect(begins()).toHaveLength(again ? 2 : 1);
    expect(node.status('p').phase).toBe(phase);
    const { state, lastState } = node.container('p');
    expect((again ? lastState : state)?.terminated).toMatchObject({
      exitCode: code,
      reason: code ? 'Error' : 'Completed',
    });
  });

  it('are started again at once, then after 10 s doubled to 5 min, and as at first after ten good minutes', async () => {
    const times: number[] = [];
    node.runtime.onStart = (each) => {
      times.push(node.cluster.clock.now());
      each.end(1);
    };
    await node.run('p', { containers: [container()] });
    expect(node.container('p').state).toEqual({
      waiting: {
        reason: 'CrashLoopBackOff',
        message: `back-off 10s restarting failed container=c pod=p_a(${node.find('p')!.metadata.uid})`,
      },
    });
    await node.advance(1300_000);
    const waits = times.slice(1).map((time, n) => (time - times[n]!) / 1000);
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect(node.container('p').restartCount).toBe(9);
    node.runtime.onStart = () => undefined;
    await node.advance(300_000);
    await node.advance(601_000);
    times.length = 0;
    node.runtime.onStart = (each) => {
      times.push(node.cluster.clock.now());
      each.end(1);
    };
    node.runtime.last('c').end(1);
    await node.advance(12_000);
    expect((times[1]! - times[0]!) / 1000).toBe(10);
  });

  it('fail with the pod when it is active for too long', async () => {
    await node.run('p', { activeDeadlineSeconds: 60, containers: [container()] });
    await node.advance(59_000);
    expect(node.status('p').phase).toBe('Running');
    await node.advance(1_000);
    expect(node.runtime.journal).toContain('SIGTERM c');
    expect(node.status('p')).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
    await node.advance(600_000);
    expect(begins()).toHaveLength(1);
  });
});

describe('a hook', () => {
  const hook = (name: 'postStart' | 'preStop') => ({ lifecycle: { [name]: { exec: { command: [name] } } } });

  it('postStart that fails ends the container, which is then started again', async () => {
    let runs = 0;
    node.runtime.command = () => (++runs === 1 ? 5 : 0);
    await node.run('p', { containers: [container(hook('postStart'))] });
    expect(node.runtime.journal).toEqual(['start c', 'exec c postStart', 'SIGTERM c', 'start c', 'exec c postStart']);
    expect(node.events.find((each) => each.includes('FailedPostStartHook'))).toContain(
      "command 'postStart' exited with 5",
    );
    expect(node.container('p')).toMatchObject({ ready: true, restartCount: 1 });
  });

  it('preStop runs before the signal, and one that fails does not keep the container', async () => {
    node.runtime.command = () => 1;
    await node.run('p', { containers: [container(hook('preStop'))] });
    await node.cluster.deletePod('p');
    await node.advance(0);
    expect(node.runtime.journal).toEqual(['start c', 'exec c preStop', 'SIGTERM c', 'remove the pod']);
    expect(node.events.some((each) => each.startsWith('Warning FailedPreStopHook'))).toBe(true);
    expect(node.find('p')).toBeUndefined();
  });

  it('preStop that sleeps takes its time out of the grace period', async () => {
    node.runtime.deaf.add('c');
    const lifecycle = { preStop: { sleep: { seconds: 20 } } };
    await node.run('p', { terminationGracePeriodSeconds: 30, containers: [container({ lifecycle })] });
    await node.cluster.deletePod('p');
    await node.advance(19_999);
    expect(node.runtime.journal).toEqual(['start c']);
    await node.advance(1);
    expect(node.runtime.journal).toEqual(['start c', 'SIGTERM c']);
    await node.advance(9_999);
    expect(node.find('p')).toBeDefined();
    await node.advance(1);
    expect(node.runtime.journal).toEqual(['start c', 'SIGTERM c', 'SIGKILL c', 'remove the pod']);
    expect(node.find('p')).toBeUndefined();
  });
});

describe('a pod that is deleted', () => {
  const kept = (uid: string) => existsSync(join(node.directory, 'pods', uid));

  it.each([
    [30, 30_000],
    [2, 2_000],
  ])('with a grace period of %i s has so long to end', async (grace, ms) => {
    node.runtime.deaf.add('c');
    await node.run('p', { terminationGracePeriodSeconds: 10, containers: [container()] });
    const { uid } = node.find('p')!.metadata;
    await node.cluster.deletePod('p', grace);
    await node.advance(ms - 1);
    expect(node.runtime.journal).toEqual(['start c', 'SIGTERM c']);
    await node.advance(1);
    expect(node.runtime.journal).toContain('SIGKILL c');
    expect([node.find('p'), kept(uid), node.attached.size]).toEqual([undefined, false, 0]);
  });

  it.each([
    ['again with less time has that', 5],
    ['by force at last has none', 0],
  ])('%s', async (_, grace) => {
    node.runtime.deaf.add('c');
    await node.run('p', { containers: [container()] });
    await node.cluster.deletePod('p', 30);
    await node.advance(1_000);
    await node.cluster.deletePod('p', grace);
    await node.advance(Math.max(0, grace * 1000 - 1));
    expect(node.runtime.journal).toEqual(['start c', 'SIGTERM c', ...(grace ? [] : ['SIGKILL c', 'remove the pod'])]);
    await node.advance(1);
    expect(node.runtime.journal).toEqual(['start c', 'SIGTERM c', 'SIGKILL c', 'remove the pod']);
    expect(node.find('p')).toBeUndefined();
  });

  it('by force does not wait for its hook', async () => {
    const lifecycle = { preStop: { sleep: { seconds: 20 } } };
    await node.run('p', { containers: [container({ lifecycle })] });
    await node.cluster.deletePod('p', 30);
    await node.advance(1_000);
    await node.cluster.deletePod('p', 0);
    await node.advance(0);
    expect(node.runtime.journal).toEqual(['start c', 'SIGKILL c', 'remove the pod']);
  });

  it('by force is ended though its object is gone', async () => {
    node.runtime.deaf.add('c');
    await node.run('p', { containers: [container()] });
    const { uid } = node.find('p')!.metadata;
    await node.cluster.deletePod('p', 0);
    await node.advance(0);
    expect(node.runtime.journal).toEqual(['start c', 'SIGKILL c', 'remove the pod']);
    expect(kept(uid)).toBe(false);
  });

  it('while it starts is ended when it has', async () => {
    let go: () => void = () => undefined;
    node.runtime.starting = () => new Promise((resolve) => (go = resolve));
    await node.run('p', { containers: [container()] });
    await node.cluster.deletePod('p');
    await node.advance(2_000);
    expect(node.find('p')).toBeDefined();
    go();
    await node.advance(2_000);
    expect(node.runtime.journal).toEqual(['start c', 'SIGTERM c', 'remove the pod']);
    expect(node.find('p')).toBeUndefined();
  });

  it('with a finalizer gives back what it had here, once', async () => {
    await node.run('p', { containers: [container()] }, { finalizers: ['example.com/keep'] });
    await node.cluster.deletePod('p');
    await node.advance(0);
    expect(node.attached.size).toBe(0);
    expect(node.find('p')?.metadata.deletionTimestamp).toBeDefined();
    await node.cluster.api.edit('pods', 'a', 'p', ({ metadata }) => (metadata.labels = { touched: 'yes' }));
    await node.advance(60_000);
    expect(node.runtime.journal).toEqual(['start c', 'SIGTERM c', 'remove the pod']);
    await node.cluster.api.edit('pods', 'a', 'p', ({ metadata }) => (metadata.finalizers = []));
    await node.advance(0);
    expect(node.find('p')).toBeUndefined();
  });

  it('and made again under its name is another pod', async () => {
    await node.run('p', { containers: [container()] });
    await node.cluster.deletePod('p', 0);
    await node.run('p', { containers: [container()] });
    expect(begins()).toHaveLength(2);
    expect(node.container('p')).toMatchObject({ ready: true, restartCount: 0 });
  });
});

describe('a container that cannot start', () => {
  it('says why there is no image, then that it waits to pull again', async () => {
    await node.run('p', { containers: [{ name: 'c', image: 'example.com/app:1' }] });
    expect(node.container('p').state?.waiting).toMatchObject({
      reason: 'ErrImagePull',
      message: 'no program of this machine stands for example.com/app:1',
    });
    await node.advance(1_000);
    expect(node.container('p').state?.waiting?.reason).toBe('ImagePullBackOff');
    expect(node.status('p').phase).toBe('Pending');
    expect(begins()).toEqual([]);
  });

  it('waits for the config map that a variable needs', async () => {
    const env = [{ name: 'KEY', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }];
    await node.run('p', { containers: [container({ env })] });
    expect(node.container('p').state?.waiting).toEqual({
      reason: 'CreateContainerConfigError',
      message: 'configmap "cm" not found',
    });
    const metadata = { name: 'cm', namespace: 'a' };
    await node.cluster.api.give({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { k: 'value' } });
    await node.advance(10_000);
    expect(node.runtime.last('c').spec.env).toMatchObject({ KEY: 'value' });
    expect(condition('Ready')?.status).toBe('True');
  });

  it('waits for the volume of its pod', async () => {
    const volumes = [{ name: 'v', configMap: { name: 'cm' } }];
    await node.run('p', { volumes, containers: [container()] });
    expect(node.container('p').state?.waiting?.reason).toBe('ContainerCreating');
    expect(node.events[0]).toBe(
      'Warning FailedMount MountVolume.SetUp failed for volume "v" : configmap "cm" not found',
    );
    await node.cluster.api.give({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm', namespace: 'a' } });
    await node.advance(20_000);
    expect(node.status('p').phase).toBe('Running');
  });
});

describe('probes', () => {
  const probe = (name: string, more: object = {}) => ({ exec: { command: [name] }, periodSeconds: 5, ...more });

  it('wait for the startup probe, then tell readiness, and end what is not alive', async () => {
    const failing = new Set(['started', 'live']);
    node.runtime.command = (_, [name = '']) => (failing.has(name) ? 1 : 0);
    await node.run('p', {
      terminationGracePeriodSeconds: 1,
      containers: [
        container({
          startupProbe: probe('started', { failureThreshold: 10 }),
          readinessProbe: probe('ready'),
          livenessProbe: probe('live', { failureThreshold: 2 }),
        }),
      ],
    });
    await node.advance(12_000);
    expect(new Set(node.runtime.journal)).toEqual(new Set(['start c', 'exec c started']));
    expect(node.container('p')).toMatchObject({ started: false, ready: false });
    failing.delete('started');
    failing.delete('live');
    await node.advance(6_000);
    expect(node.container('p')).toMatchObject({ started: true, ready: true });
    failing.add('ready');
    await node.advance(11_000);
    expect(node.container('p')).toMatchObject({ started: true, ready: true });
    await node.advance(5_000);
    expect(node.container('p')).toMatchObject({ started: true, ready: false });
    failing.add('live');
    await node.advance(11_000);
    expect(node.container('p')).toMatchObject({ restartCount: 1, lastState: { terminated: { exitCode: 143 } } });
    expect(node.events).toContain('Normal Killing Container c failed liveness probe, will be restarted');
  });
});

it('a pod that is bound while the node still looks for what an earlier one left is run, and nothing is taken from it', async () => {
  await node.close();
  const found = new Map<string, boolean>();
  let looking = Promise.resolve();
  const network: PodNetwork = {
    attach: async () => ({ ip: '10.244.0.5', netns: '/run/netns/x' }),
    detach: async () => undefined,
    collect: async (isKnown) => {
      await looking;
      for (const { metadata } of node?.pods ?? []) found.set(metadata.name, isKnown(metadata.uid));
    },
    close: async () => undefined,
  };
  node = await FakeNode.open({ limits: { network } });
  let go: () => void = () => undefined;
  looking = new Promise((resolve) => (go = resolve));
  const again = node.restart();
  await node.run('p', { containers: [container()] });
  expect(begins()).toEqual(['start c']);
  expect(node.status('p').phase).toBe('Running');
  go();
  await again;
  expect(Object.fromEntries(found)).toEqual({ p: true });
  expect(begins()).toEqual(['start c']);
});

it.each(['ends', 'is deleted', 'takes too long'])(
  'a pod that %s is over when the devices of its claims have been let go, and not before',
  async (how) => {
    await node.close();
    let held = true;
    const devices = {
      prepare: () => Promise.resolve(new Map()),
      unprepare: () => (held ? Promise.reject(new Error('busy')) : Promise.resolve()),
      collect: () => Promise.resolve(),
    } as unknown as ClaimDevices;
    node = await FakeNode.open({ limits: { devices } });
    await node.run('p', {
      restartPolicy: 'Never',
      resourceClaims: [{ name: 'x', resourceClaimName: 'x' }],
      containers: [container()],
      ...(how === 'takes too long' && { activeDeadlineSeconds: 1 }),
    });
    expect(node.status('p').phase).toBe('Running');
    if (how === 'is deleted') await node.cluster.client.delete('pods', 'a', 'p', { gracePeriodSeconds: 1 });
    if (how !== 'takes too long') node.runtime.last('c').end(0);
    await node.advance(40_000);
    expect(node.status('p').phase).toBe('Running');
    held = false;
    await node.advance(120_000);
    expect(node.find('p')?.status?.phase).toBe({ ends: 'Succeeded', 'takes too long': 'Failed' }[how]);
  },
);

it('a node that is full refuses the next pod for good', async () => {
  await node.close();
  node = await FakeNode.open({ maxPods: 1 });
  await node.run('one', { containers: [container()] });
  await node.run('two', { containers: [container()] });
  expect(node.status('two')).toMatchObject({ phase: 'Failed', reason: 'OutOfpods' });
  expect(begins()).toHaveLength(1);
});
