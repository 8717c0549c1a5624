import { connect } from '../load/connect.ts';
import { requestOn } from '../session.ts';
import { pagesOfPods } from './graphql-pages.ts';
import type { Bench, Row } from '../row.ts';

const common = { stage: 'filled', anyServer: false, quick: true } as const;

/** Milliseconds that one operation takes on an open connection, and its answer. */
async function timed(bench: Bench, query: string): Promise<{ ms: number; data: Record<string, unknown> }> {
  const session = await connect(bench.endpoint);
  try {
    const begun = performance.now();
    const text = await requestOn(session, bench.endpoint, 'POST', '/graphql', {}, { query });
    const ms = performance.now() - begun;
    const { data, errors } = JSON.parse(text) as { data: Record<string, unknown>; errors?: unknown };
    if (errors) throw new Error(JSON.stringify(errors));
    return { ms, data };
  } finally {
    session.destroy();
  }
}

/** The best of a few: what others of the machine take is not the server's. */
async function best(times: number, run: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < times; i++) least = Math.min(least, await run());
  return least;
}

/** Fields without an index, each for one measure: the first list by a field is what is measured. */
const FIELDS = ['schedulerName', 'restartPolicy', 'dnsPolicy', 'serviceAccountName', 'preemptionPolicy'];

const where: Row = {
  ...common,
  name: 'graphql-where',
  title: 'GraphQL: none of 10,000 pods by a field without an index, the first time and again with another value',
  measures: [
    { unit: 'ms', better: 'less', goal: 15, label: 'first' },
    { unit: 'ms', better: 'less', goal: 2, label: 'again' },
  ],
  maxRuns: 1,
  async run(bench) {
    const list = async (field: string): Promise<number> => {
      const filter = `{ spec: { ${field}: { eq: "${bench.unique()}" } } }`;
      const query = `{ pods(namespace: "${bench.namespace}", where: ${filter}) { totalCount items { metadata { name } } } }`;
      const { ms, data } = await timed(bench, query);
      if ((data['pods'] as { totalCount: number }).totalCount !== 0) throw new Error('pods were found');
      return ms;
    };
    let next = 0;
    const first = await best(FIELDS.length, () => list(FIELDS[next++]!));
    const [field] = FIELDS as [string, ...string[]];
    // this one finds that the field is asked for again
    await list(field);
    return [first, await best(10, () => list(field))];
  },
};

const aggregate: Row = {
  ...common,
  name: 'graphql-aggregate',
  title: 'GraphQL: requests of 10,000 pods added up by node',
  measures: [{ unit: 'ms', better: 'less', goal: 20 }],
  run: async (bench) => {
    const sum = (key: string) => `sum(of: { spec: { containers: { resources: { requests: { key: "${key}" } } } } })`;
    const query = `{ podsAggregate(namespace: "${bench.namespace}", groupBy: [{ spec: { nodeName: ASC } }]) {
      groups { by count cpu: ${sum('cpu')} memory: ${sum('memory')} } } }`;
    return [await best(5, async () => (await timed(bench, query)).ms)];
  },
};

const page: Row = {
  ...common,
  name: 'graphql-where-page',
  title: 'GraphQL: 100 of 10,000 pods with ten fields and a where',
  measures: [{ unit: '/s', better: 'more', goal: 1_000 }],
  async run(bench) {
    const query = `query Pods($namespace: String) { pods(namespace: $namespace, first: 100,
      where: { spec: { containers: { some: { resources: { requests: [{ key: "memory", gt: "32Mi" }] } } } } }) { items {
      metadata { name namespace uid resourceVersion creationTimestamp generation }
      spec { nodeName restartPolicy schedulerName } status { phase } } } }`;
    return [await pagesOfPods(bench, query)];
  },
};

export const GRAPHQL_WHERE: readonly Row[] = [where, aggregate, page];
