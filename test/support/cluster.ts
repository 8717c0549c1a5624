import type { Reconciler } from '../../src/control/contract.ts';
import { runControllers } from '../../src/control/loop.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { createScheduler } from '../../src/scheduler/scheduler.ts';
import { FakeClient } from './fake-client.ts';
import { FakeClock } from './fake-clock.ts';

/** Controllers over a fake API; `advance` lets time pass and everything settle. Stops itself with `stop`. */
export async function startCluster(reconcilers: readonly Reconciler[], { scheduler = false } = {}) {
  const clock = new FakeClock();
  const client = new FakeClient(clock);
  const logs: string[] = [];
  const log = (message: string, fields?: Record<string, unknown>): void =>
    void logs.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const options = { client, informers: client.informers, clock, random: () => 0.5, log };
  const controllers = runControllers({ ...options, reconcilers });
  await controllers.start();
  const loop = scheduler ? createScheduler(options) : undefined;
  await loop?.start();
  const list = async (resource: string): Promise<KubeObject[]> => (await client.list(resource)).items;
  return {
    client,
    clock,
    logs,
    list,
    advance: (ms = 0) => clock.advance(ms),
    events: async () =>
      (await list('events')).map(
        (event) => `${event['type']} ${event['reason']} ${event['involvedObject'].kind} ${event['message']}`,
      ),
    /** Marks pods as a node would that has started them. */
    async runPods(filter: (pod: KubeObject) => boolean = () => true): Promise<void> {
      for (const pod of await list('pods')) {
        if (pod['status']?.phase !== 'Pending' || !filter(pod)) continue;
        const lastTransitionTime = new Date(clock.now()).toISOString();
        await client.edit(
          'pods',
          pod.metadata.namespace!,
          pod.metadata.name,
          (object) => {
            object['status'] = {
              phase: 'Running',
              podIP: `10.0.0.${object.metadata.resourceVersion}`,
              conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }],
            };
          },
          'status',
        );
      }
      await clock.advance(0);
    },
    async stop() {
      await controllers.stop();
      await loop?.stop();
    },
  };
}
export type Cluster = Awaited<ReturnType<typeof startCluster>>;
