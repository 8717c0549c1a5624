import { configMap, lease, smallPod } from '../fixtures.ts';
import { cpuSeconds } from '../processes.ts';
import type { Bench, Row } from '../row.ts';

const perSecond = (goal: number, reference?: number) => [{ unit: '/s', better: 'more', goal, reference }] as const;
const inNamespace = (bench: Bench, resource: string) => `/api/v1/namespaces/${bench.namespace}/${resource}`;

function create(kind: 'Pod' | 'ConfigMap', inFlight: number, goal: number, reference: number, quick: boolean): Row {
  const body = kind === 'Pod' ? smallPod : configMap;
  return {
    name: `create-${kind.toLowerCase()}-${inFlight}`,
    title: `create ${kind}, ${inFlight} in flight`,
    measures: perSecond(goal, reference),
    stage: 'empty',
    anyServer: true,
    quick,
    async run(bench) {
      const path = inNamespace(bench, kind === 'Pod' ? 'pods' : 'configmaps');
      const { rate } = await bench.load({
        method: 'POST',
        paths: [path],
        body: body(`c-${bench.unique()}-{n}`),
        inFlight,
        seconds: bench.seconds,
      });
      return [rate];
    },
  };
}

const patchStatus: Row = {
  name: 'patch-status-16',
  title: 'status PATCH of a pod (merge), 16 in flight',
  measures: perSecond(2_500),
  stage: 'empty',
  anyServer: true,
  quick: true,
  async run(bench) {
    const path = inNamespace(bench, 'pods');
    const name = `s-${bench.unique()}-{n}`;
    const modulo = 256;
    await bench.load({ method: 'POST', paths: [path], body: smallPod(name), inFlight: 64, count: modulo });
    const status = { phase: 'Running', message: '{t}-{u}', startTime: '2026-01-01T00:00:00Z' };
    const spec = {
      method: 'PATCH',
      paths: [`${path}/${name}/status`],
      contentType: 'application/merge-patch+json',
      modulo,
    };
    return [
      (await bench.load({ ...spec, body: JSON.stringify({ status }), inFlight: 16, seconds: bench.seconds })).rate,
    ];
  },
};

/** Nodes renew every 10 s with an update of the lease that they have read. */
const leases: Row = {
  name: 'leases',
  title: 'lease renewals, 5,000 nodes every 10 s: CPU of server and Postgres, of one core',
  measures: [
    { unit: '%', better: 'less', goal: 15 },
    { unit: '%', better: 'less', goal: 15, label: 'of which Postgres' },
  ],
  stage: 'empty',
  anyServer: false,
  quick: true,
  maxRuns: 1,
  async run(bench) {
    const nodes = bench.quick ? 1_000 : 5_000;
    const rate = 500;
    const path = `/apis/coordination.k8s.io/v1/namespaces/${bench.namespace}/leases`;
    const name = `l-${bench.unique()}-{n}`;
    await bench.load({ method: 'POST', paths: [path], body: lease(name), inFlight: 128, count: nodes, track: true });
    const before = cpuSeconds(bench.server!.pid);
    const renewal = { method: 'PUT', paths: [`${path}/${name}`], body: lease(name, '{v}'), track: true, modulo: nodes };
    const result = await bench.load({ ...renewal, inFlight: 256, rate, seconds: bench.quick ? 3 : 10 });
    const after = cpuSeconds(bench.server!.pid);
    const share = (used: number): number => (used / (result.done / rate)) * 100;
    const database = after.database - before.database;
    return [share(after.server - before.server + database), share(database)];
  },
};

export const WRITES: readonly Row[] = [
  create('Pod', 1, 420, 169, true),
  create('Pod', 128, 2_100, 707, true),
  create('ConfigMap', 1, 400, 145, false),
  create('ConfigMap', 16, 2_100, 696, true),
  create('ConfigMap', 128, 3_000, 1_155, true),
  patchStatus,
  leases,
];
