import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeNode } from './pods/fake-node.ts';

let node: FakeNode;
beforeEach(async () => void (node = await FakeNode.open()));
afterEach(() => node.close());

const MESSAGE = 'Pod was terminated in response to imminent node shutdown.';
const spec = (name: string, more: object = {}) => ({
  containers: [{ name, image: 'busybox', command: ['run'] }],
  ...more,
});
/** A pod that is critical by its class. */
const CRITICAL = { priorityClassName: 'system-node-critical' };

describe('a node that goes down', () => {
  it('ends its pods, the critical ones when the others have', async () => {
    await node.run('web', spec('web'));
    await node.run('dns', spec('dns', CRITICAL));
    node.runtime.deaf.add('web');
    const down = node.shutDown(30_000, 10_000);
    await node.advance(0);
    expect(node.runtime.journal.slice(2)).toEqual(['SIGTERM web']);
    node.runtime.last('web').end(0);
    await node.advance(0);
    expect(node.runtime.journal.slice(2)).toEqual(['SIGTERM web', 'SIGTERM dns']);
    await down;
    await node.advance(0);
    for (const name of ['web', 'dns']) {
      const status = node.status(name);
      expect(status).toMatchObject({ phase: 'Failed', reason: 'Terminated', message: MESSAGE });
      expect(status.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
        status: 'True',
        reason: 'TerminationByKubelet',
        message: MESSAGE,
      });
    }
  });

  it.each([
    ['the rest of the period', { terminationGracePeriodSeconds: 300 }, 20_000],
    ['what the pod asks for', { terminationGracePeriodSeconds: 5 }, 5000],
    ['what is for critical ones', { ...CRITICAL, terminationGracePeriodSeconds: 300 }, 10_000],
  ])('gives them %s', async (_, more, grace) => {
    await node.run('p', spec('c', more));
    node.runtime.deaf.add('c');
    const down = node.shutDown(30_000, 10_000);
    await node.advance(grace - 100);
    expect(node.runtime.journal).not.toContain('SIGKILL c');
    await node.advance(200);
    expect(node.runtime.journal).toContain('SIGKILL c');
    await down;
  });

  it('takes no more', async () => {
    const down = node.shutDown(30_000, 10_000);
    await node.run('p', spec('c'));
    await down;
    expect(node.status('p')).toMatchObject({
      phase: 'Failed',
      reason: 'NodeShutdown',
      message: 'Pod was rejected: Pod was rejected as the node is shutting down.',
    });
  });
});
