import { latest } from '../lateness.ts';
import type { Bench, Row } from '../row.ts';

const SUBSCRIBERS = 200;
const RATE = 1_000;
const PICKS = ['name', 'creationTimestamp', 'uid', 'resourceVersion', 'generation'];
const WHERES = [
  '',
  'where: { spec: { nodeName: { exists: false } } },',
  'where: { metadata: { name: { startsWith: "pod-" } } },',
  'where: { status: { phase: { ne: "Succeeded" } } },',
];

/** Twenty documents, each of which shows 500 of all pods by another filter or order. The time is asked of changes alone. */
const documents = ({ namespace }: Bench): string[] =>
  WHERES.flatMap((where) =>
    PICKS.map(
      (pick) => `subscription { podsLive(namespace: "${namespace}", ${where} first: 500,
        orderBy: [{ metadata: { ${pick} : DESC } }]) {
        type items { metadata { name uid } } totalCount
        changes { type from to object { metadata { name uid annotationsJSON } status { phase } } } } }`,
    ),
  );

const live: Row = {
  name: 'graphql-live',
  title: `live queries of 10,000 pods, ${RATE} changes/s, ${SUBSCRIBERS} subscribers of 20 documents`,
  stage: 'filled',
  anyServer: false,
  quick: false,
  measures: [
    { unit: 'ms', better: 'less', goal: 50, label: 'p99' },
    { unit: 'ms', better: 'less', goal: 50, label: 'loop late at most' },
  ],
  async run(bench) {
    const seconds = 10;
    let p99 = 0;
    const load = {
      method: 'PATCH',
      contentType: 'application/merge-patch+json',
      paths: [`/api/v1/namespaces/${bench.namespace}/pods/pod-{n}`],
      body: '{"metadata":{"annotations":{"t":"{t}"}}}',
      inFlight: 32,
      rate: RATE,
      modulo: bench.objects,
      seconds,
    };
    const streams = {
      kind: 'subscription',
      streams: SUBSCRIBERS,
      connections: 20,
      path: '/graphql',
      document: documents(bench),
      beginsWithState: true,
      // how many see a change depends on the order: it goes on until the time is over
      expected: 2 ** 31,
      timeout: (seconds + 2) * 1000,
    } as const;
    const late = await latest(bench, async () => {
      const result = await bench.streams(streams, () => bench.load(load));
      if (result.cut > 0) throw new Error(`${result.cut} live queries were cut`);
      if (result.deliveries < SUBSCRIBERS) throw new Error(`only ${result.deliveries} payloads came`);
      p99 = result.p99;
    });
    return [p99, late];
  },
};

export const GRAPHQL_LIVE: readonly Row[] = [live];
