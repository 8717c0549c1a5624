import { afterEach, beforeEach, expect, it } from 'vitest';
import { FakeNode } from './fake-node.ts';

let node: FakeNode;
beforeEach(async () => void (node = await FakeNode.open()));
afterEach(() => node.close());

const container = (more: object = {}, name = 'c') => ({ name, image: 'busybox', command: ['run'], ...more });
/** As `kubectl debug` does it. */
const debug = async (...ephemeralContainers: object[]): Promise<void> => {
  const patch = { spec: { ephemeralContainers } };
  await node.cluster.client.patch('pods', 'a', 'p', patch, { type: 'strategic', subresource: 'ephemeralcontainers' });
  await node.advance(0);
};
const statusOf = (name: string) => node.status('p').ephemeralContainerStatuses?.find((each) => each.name === name);

it("start in a pod that runs, and what becomes of them is not the pod's", async () => {
  await node.run('p', { containers: [container()] });
  await debug(container({}, 'debug'));
  expect(statusOf('debug')).toMatchObject({ state: { running: {} }, restartCount: 0, ready: false });
  expect(node.status('p').phase).toBe('Running');
  node.runtime.last('debug').end(3);
  await node.advance(60_000);
  expect(statusOf('debug')).toMatchObject({ state: { terminated: { exitCode: 3, reason: 'Error' } }, restartCount: 0 });
  expect(node.status('p').phase).toBe('Running');
  await debug(container({}, 'again'));
  expect(statusOf('again')?.state?.running).toBeDefined();
  expect(node.runtime.journal.filter((line) => line.startsWith('start'))).toEqual([
    'start c',
    'start debug',
    'start again',
  ]);
});

it('start while an init container holds up the others', async () => {
  await node.run('p', { initContainers: [container({}, 'i')], containers: [container()] });
  await debug(container({}, 'debug'));
  expect(statusOf('debug')?.state?.running).toBeDefined();
  expect(node.status('p').phase).toBe('Pending');
});

it('see the processes of EphemeralContainer.targetContainerName, and wait for one that does not run', async () => {
  await node.run('p', { restartPolicy: 'Never', containers: [container(), container({}, 'gone')] });
  node.runtime.last('gone').end(0);
  await debug(container({ targetContainerName: 'c' }, 'one'), container({ targetContainerName: 'gone' }, 'two'));
  expect(node.runtime.last('one').spec.target).toBe(node.runtime.last('c'));
  expect(statusOf('two')?.state?.waiting).toEqual({
    reason: 'CreateContainerConfigError',
    message: 'unable to find target container gone',
  });
});

it('end with the pod', async () => {
  await node.run('p', { restartPolicy: 'Never', containers: [container()] });
  await debug(container({}, 'debug'));
  node.runtime.last('c').end(0);
  await node.advance(0);
  expect(node.status('p').phase).toBe('Succeeded');
  expect(node.runtime.last('debug').live).toBe(false);
});
