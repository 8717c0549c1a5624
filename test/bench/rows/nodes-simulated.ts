import { namespace, sleep, until, withRoles } from '../nodes.ts';
import type { Row } from '../row.ts';

const NODES = 5000;
const PODS_EACH = 10;
const SETTLED_MS = 30_000;

const steady: Row = {
  name: 'nodes-simulated',
  title: `${NODES * PODS_EACH} simulated pods on ${NODES} nodes, steady, of one core`,
  stage: 'empty',
  anyServer: false,
  quick: false,
  maxRuns: 1,
  measures: [{ unit: '%', better: 'less', goal: 20 }],
  run: (bench) =>
    withRoles(bench, 'nodes', ['--nodes', `simulated:${NODES}`], async ({ cpu }) => {
      const ns = await namespace(bench);
      for (let round = 0; round < PODS_EACH; round++) {
        const body = JSON.stringify({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: `p-${round}-{n}` },
          spec: {
            nodeName: 'node-{n}',
            automountServiceAccountToken: false,
            containers: [{ name: 'c', image: 'web:1' }],
          },
        });
        const paths = [`/api/v1/namespaces/${ns}/pods`];
        // names of nodes begin with 1
        const { errors, firstError } = await bench.load({
          method: 'POST',
          paths,
          body,
          inFlight: 32,
          count: NODES,
          first: 1,
          modulo: NODES + 1,
        });
        if (errors) throw new Error(`pods were not made: ${firstError}`);
      }
      const running = `/api/v1/namespaces/${ns}/pods?limit=1&fieldSelector=status.phase%3DPending`;
      await until('all pods run', async () => (await bench.text(running)).includes('"items":[]'), 1000);
      await sleep(SETTLED_MS);
      return [await cpu(30)];
    }),
};

export const NODES_SIMULATED: readonly Row[] = [steady];
