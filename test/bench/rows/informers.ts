import { createClient } from '../../../src/client/client.ts';
import { createInformers } from '../../../src/client/informers.ts';
import { socketTransport } from '../../../src/client/transports/socket.ts';
import { configMap } from '../fixtures.ts';
import { percentile } from '../load/percentile.ts';
import type { Bench, Row } from '../row.ts';

const clock = { setTimeout, clearTimeout: (handle: unknown) => clearTimeout(handle as NodeJS.Timeout) };

async function withInformers<T>(
  bench: Bench,
  act: (informers: ReturnType<typeof createInformers>, client: ReturnType<typeof createClient>) => Promise<T>,
): Promise<T> {
  const transport = socketTransport(bench.endpoint);
  const client = createClient(transport);
  let last: unknown;
  const informers = createInformers(client, clock, { onError: (error) => (last = error) });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>(
    (_, reject) => (timer = setTimeout(() => reject(new Error(`the informer is late: ${String(last)}`)), 60_000)),
  );
  try {
    return await Promise.race([act(informers, client), late]);
  } finally {
    clearTimeout(timer);
    await informers.stop();
    await transport.close();
  }
}

const fill: Row = {
  name: 'informer-fill',
  title: 'informer filled with 10,000 pods (over a WebSocket, parsing included)',
  measures: [{ unit: 's', better: 'less', goal: 0.5 }],
  stage: 'filled',
  anyServer: false,
  quick: true,
  run: (bench) =>
    withInformers(bench, async (informers) => {
      const began = performance.now();
      const pods = informers.informer('pods');
      informers.start();
      await pods.whenSynced();
      if (pods.list().length < bench.objects) throw new Error(`the informer has ${pods.list().length} pods`);
      return [(performance.now() - began) / 1000];
    }),
};

const event: Row = {
  name: 'informer-event',
  title: 'an event from commit (the answer to the create) to the informer’s listener, p99',
  measures: [{ unit: 'ms', better: 'less', goal: 5 }],
  stage: 'filled',
  anyServer: false,
  quick: true,
  run: (bench) =>
    withInformers(bench, async (informers, client) => {
      const maps = informers.informer('configmaps');
      const arrived = new Map<string, number>();
      let wake = () => {};
      maps.follow((object, old) => {
        if (!object || old) return;
        arrived.set(object.metadata.name, performance.now());
        wake();
      });
      informers.start();
      await maps.whenSynced();
      const latencies: number[] = [];
      const id = bench.unique();
      for (let n = 0; n < 200; n++) {
        const name = `e-${id}-${n}`;
        await client.create('configmaps', {
          ...JSON.parse(configMap(name)),
          metadata: { name, namespace: bench.namespace },
        });
        const committed = performance.now();
        while (!arrived.has(name)) await new Promise<void>((resolve) => (wake = resolve));
        latencies.push(Math.max(0, arrived.get(name)! - committed));
      }
      return [percentile(latencies, 0.99)];
    }),
};

export const INFORMERS: readonly Row[] = [fill, event];
