import { namespace, readyAt, sleep, until, withRoles, type RunningRoles } from '../nodes.ts';
import type { Bench, Row } from '../row.ts';

const PODS = 60;
/** What follows on the start of many pods is over by then, ms. */
const SETTLED_MS = 15_000;

/** On a node of its own with all pods, which are made at once and gone at the end. @param act gets s until all are ready */
async function onNode(bench: Bench, act: (took: number, running: RunningRoles) => Promise<number>): Promise<number[]> {
  const ns = await namespace(bench);
  const list = `/api/v1/namespaces/${ns}/pods`;
  const nodeName = ns;
  return withRoles(bench, 'nodes', ['--nodes', 'process:1', '--node-name', nodeName], async (running) => {
    try {
      return [await act(await makePods(bench, list, nodeName), running)];
    } finally {
      await bench.request('DELETE', `${list}?gracePeriodSeconds=0`);
    }
  });
}

async function makePods(bench: Bench, list: string, nodeName: string): Promise<number> {
  const pod = (n: number) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p-${n}` },
    spec: {
      nodeName,
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'c', image: 'busybox', command: ['sleep', '100000'] }],
    },
  });
  const began = performance.now();
  await Promise.all(Array.from({ length: PODS }, (_, n) => bench.request('POST', list, pod(n))));
  await until(`${PODS} pods ready`, () => readyAt(bench, list, PODS));
  return (performance.now() - began) / 1000;
}

const row = { stage: 'empty', anyServer: false, quick: false, maxRuns: 1 } as const;

const ready: Row = {
  ...row,
  name: 'nodes-ready',
  title: `${PODS} pods at once on a process node, all ready`,
  measures: [{ unit: 's', better: 'less', goal: 6 }],
  run: (bench) => onNode(bench, async (took) => took),
};

const idle: Row = {
  ...row,
  name: 'nodes-idle',
  title: `an agent with ${PODS} pods that do nothing, of one core`,
  measures: [{ unit: '%', better: 'less', goal: 3 }],
  run: (bench) =>
    onNode(bench, async (_, { cpu }) => {
      await sleep(SETTLED_MS);
      return cpu(30);
    }),
};

export const NODES_PODS: readonly Row[] = [ready, idle];
