import { namespace, readyAt, sleep, until, withRoles } from '../nodes.ts';
import type { Bench, Row } from '../row.ts';

const NODES = 5000;
const LISTS = 20;
const PODS = 100;
/** ms until what follows on a start is over, and s over which a processor is counted */
const SETTLED_MS = 20_000;
const COUNTED_S = 60;
const PATH = '/apis/metrics.k8s.io/v1beta1/nodes';

const row = { stage: 'empty', anyServer: false, quick: false, maxRuns: 1 } as const;

const list: Row = {
  ...row,
  name: 'metrics-list',
  title: `metrics of ${NODES} simulated nodes in one list, median`,
  measures: [{ unit: 'ms', better: 'less', goal: 200 }],
  run: (bench) =>
    withRoles(bench, 'controllers,nodes', ['--nodes', `simulated:${NODES}`, '--addons', 'metrics'], async () => {
      await until(`metrics of ${NODES} nodes`, () => hasMetrics(bench, NODES), 2000);
      const times: number[] = [];
      for (let n = 0; n < LISTS; n++) {
        const began = performance.now();
        await bench.text(PATH);
        times.push(performance.now() - began);
      }
      return [times.sort((a, b) => a - b)[LISTS / 2] ?? Number.NaN];
    }),
};

const hasMetrics = async (bench: Bench, count: number): Promise<boolean> => {
  const text = await bench.text(PATH).catch(() => '');
  return text.split('"kind":"NodeMetrics"').length > count;
};

/** What controllers and a node use with the add-on, less what they use without. */
const cost: Row = {
  ...row,
  name: 'metrics-cost',
  title: `the add-on metrics with ${PODS} pods on a process node, of one core`,
  measures: [{ unit: '%', better: 'less', goal: 1 }],
  async run(bench) {
    const ns = await namespace(bench);
    const pods = `/api/v1/namespaces/${ns}/pods`;
    return withRoles(bench, 'nodes', ['--nodes', 'process:1', '--node-name', ns], async (node) => {
      try {
        await makePods(bench, pods, ns);
        const used = (addons: string): Promise<number> =>
          withRoles(bench, 'controllers', ['--addons', addons], async (controllers) => {
            await sleep(SETTLED_MS);
            const both = await Promise.all([node.cpu(COUNTED_S), controllers.cpu(COUNTED_S)]);
            return both.reduce((sum, each) => sum + each, 0);
          });
        const without = await used('none');
        return [Math.max(0, (await used('metrics')) - without)];
      } finally {
        await bench.request('DELETE', `${pods}?gracePeriodSeconds=0`);
      }
    });
  },
};

async function makePods(bench: Bench, pods: string, nodeName: string): Promise<void> {
  for (let n = 0; n < PODS; n++) {
    const containers = [{ name: 'c', image: 'busybox', command: ['sleep', '100000'] }];
    const spec = { nodeName, automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers };
    await bench.request('POST', pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: `p-${n}` }, spec });
  }
  await until(`${PODS} pods ready`, () => readyAt(bench, pods, PODS));
}

export const METRICS: readonly Row[] = [list, cost];
