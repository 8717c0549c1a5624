import { pagesOfPods } from './graphql-pages.ts';
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
    return [await pagesOfPods(bench, document)];
  },
};

export const GRAPHQL_RELATIONS: readonly Row[] = [query];
