import { configMap } from '../fixtures.ts';
import { pagesOfPods } from './graphql-pages.ts';
import type { Row } from '../row.ts';

const common = { stage: 'filled', anyServer: false, quick: true } as const;

const query: Row = {
  ...common,
  name: 'graphql-query',
  title: 'GraphQL: 100 of 10,000 pods with ten fields',
  measures: [{ unit: '/s', better: 'more', goal: 1_000 }],
  async run(bench) {
    const document = `query Pods($namespace: String) { pods(namespace: $namespace, first: 100) { items {
      metadata { name namespace uid resourceVersion creationTimestamp generation }
      spec { nodeName restartPolicy schedulerName } status { phase } } } }`;
    return [await pagesOfPods(bench, document)];
  },
};

const SUBSCRIBERS = 1_000;
const subscription: Row = {
  ...common,
  name: 'graphql-subscribers',
  title: `GraphQL: ${SUBSCRIBERS} subscribers of one document, one identity, deliveries`,
  measures: [{ unit: '/s', better: 'more', goal: 50_000 }],
  async run(bench) {
    const path = `/api/v1/namespaces/${bench.namespace}/configmaps`;
    const { metadata } = await bench.request<{ metadata: { resourceVersion: string } }>('GET', `${path}?limit=1`);
    const fields = '{ type json }';
    const document = `subscription { configMapsWatch(namespace: "${bench.namespace}", resourceVersion: "${metadata.resourceVersion}") ${fields} }`;
    const count = bench.quick ? 100 : 300;
    const streams = {
      kind: 'subscription',
      streams: SUBSCRIBERS,
      connections: 50,
      path: '/graphql',
      document,
      expected: count,
      timeout: 60_000,
    } as const;
    const body = configMap(`g-${bench.unique()}-{n}`);
    const result = await bench.streams(streams, () =>
      bench.load({ method: 'POST', paths: [path], body, inFlight: 4, count }),
    );
    if (result.cut + result.late > 0)
      throw new Error(`${result.cut} subscriptions were cut, ${result.late} incomplete`);
    return [result.deliveries / result.seconds];
  },
};

export const GRAPHQL: readonly Row[] = [query, subscription];
