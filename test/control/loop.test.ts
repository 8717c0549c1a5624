import { describe, expect, it } from 'vitest';
import type { Reconciler } from '../../src/control/contract.ts';
import { startCluster } from '../support/cluster.ts';

describe('controllers', () => {
  it('look at a key again with back-off until it goes well', async () => {
    let attempts = 0;
    const flaky: Reconciler = {
      name: 'flaky',
      watches: [{ resource: 'configmaps' }],
      async reconcile() {
        if (++attempts < 4) throw new Error('not yet');
      },
    };
    const cluster = await startCluster([flaky]);
    await cluster.put('configmaps', { metadata: { name: 'a', namespace: 'a' } });
    await cluster.advance(1000);
    expect(attempts).toBe(4);
    expect(cluster.logs).toHaveLength(3);
    await cluster.stop();
  });

  it('never work on one key twice at the same time', async () => {
    let running = 0;
    let most = 0;
    let count = 0;
    const slow: Reconciler = {
      name: 'slow',
      watches: [{ resource: 'configmaps' }],
      async reconcile(_key, ctx) {
        count++;
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => void ctx.clock.setTimeout(resolve, 10));
        running--;
      },
    };
    const cluster = await startCluster([slow]);
    await cluster.put('configmaps', { metadata: { name: 'a', namespace: 'a' } });
    await cluster.advance(1);
    await cluster.edit('configmaps', 'a', 'a', (object) => (object['data'] = { a: '1' }));
    await cluster.advance(100);
    expect([count, most]).toEqual([2, 1]);
    await cluster.stop();
  });

  it('do nothing after they are stopped', async () => {
    const seen: string[] = [];
    const watcher: Reconciler = {
      name: 'w',
      watches: [{ resource: 'configmaps' }],
      reconcile: async (key) => void seen.push(key),
    };
    const cluster = await startCluster([watcher]);
    await cluster.die();
    await cluster.put('configmaps', { metadata: { name: 'a', namespace: 'a' } });
    await cluster.advance(1000);
    expect(seen).toEqual([]);
  });
});
