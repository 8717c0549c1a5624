import type { Row } from '../row.ts';

const query: Row = {
  stage: 'filled',
  anyServer: false,
  quick: true,
  name: 'graphql-relation',
  title: 'GraphQL: 100 of 10,000 pods with a where and their node',
  measures: [{ unit: '/s', better: 'more', goal: 1_000 }],
  async run(bench) {
    const document = `query Pods($namespace: String) {
      pods(namespace: $namespace, first: 100, where: { metadata: { name: { ne: "none" } } }) { items {
        metadata { name namespace uid } spec { nodeName } status { phase } node { metadata { name } } } } }`;
    const body = JSON.stringify({ query: document, variables: { namespace: bench.namespace } });
    const result = await bench.load({
      method: 'POST',
      paths: ['/graphql'],
      body,
      inFlight: 16,
      seconds: bench.seconds,
    });
    if (result.bytes / result.done < 10_000)
      throw new Error(`the answers have no pods (${result.bytes / result.done} bytes)`);
    return [result.rate];
  },
};

export const GRAPHQL_RELATIONS: readonly Row[] = [query];
