import { createSimulatedNodes } from '../../../src/nodes/simulated.ts';
import type { NodeApi } from '../node-api.ts';
import type { TrialPod } from './decision.ts';
import { atTheBeginning } from './shared-api.ts';

/** Its containers end by themselves, so that what becomes of them then is seen too. */
const ANNOTATIONS = { 'simulated.ku7s.io/run-seconds': '8', 'simulated.ku7s.io/exit-code': '3' };

/** What can be seen of a pod through its life on a simulated node: its status, again and again. */
export const observeSimulated = (trial: TrialPod): Promise<string> =>
  atTheBeginning((cluster) => observeIn(cluster, trial));

async function observeIn(cluster: NodeApi, { pod = {}, container = {}, ephemeral }: TrialPod): Promise<string> {
  const { client, informers, clock } = cluster;
  const nodes = createSimulatedNodes({ count: 1, client, informers, clock, random: () => 0.5, log: () => undefined });
  const seen: unknown[] = [];
  try {
    informers.start();
    const started = nodes.start();
    await clock.advance(0);
    await clock.advance(8000);
    await started;
    const spec = { containers: [{ name: 'c', image: 'busybox', command: ['run'], ...container }], ...pod };
    await cluster.addPod('p', { nodeName: 'node-1', ...spec }, { metadata: { annotations: ANNOTATIONS } });
    await clock.advance(2000);
    if (ephemeral) {
      const patch = { spec: { ephemeralContainers: [{ name: 'e', image: 'busybox', ...ephemeral }] } };
      await client.patch('pods', 'a', 'p', patch, { type: 'strategic', subresource: 'ephemeralcontainers' });
    }
    for (const ms of [1000, 6000, 4000, 30_000]) {
      await clock.advance(ms);
      seen.push((await cluster.find('pods', 'a', 'p'))?.status);
    }
    return JSON.stringify(seen).replaceAll(/[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'ID');
  } finally {
    await nodes.stop();
  }
}
