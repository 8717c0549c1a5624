import type { Bench, Row } from '../row.ts';

/** Objects of one bundle. */
const SIZE = 100;

const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { app: 'bench', part: 'bundle' } },
  data: { a: 'one', b: 'two', c: 'three' },
});

async function rateOf(bench: Bench, query: string, variables: object): Promise<number> {
  const body = JSON.stringify({ query, variables: { namespace: bench.namespace, ...variables } });
  const { rate, bytes, done } = await bench.load({
    method: 'POST',
    paths: ['/graphql'],
    body,
    inFlight: 1,
    seconds: bench.seconds,
  });
  // an error is short
  if (bytes / done < 60) throw new Error(`the answers have no objects (${bytes / done} bytes)`);
  return rate;
}

const bundle: Row = {
  name: 'graphql-bundle',
  title: `GraphQL: applies of new objects one by one, and ${SIZE} in one transaction`,
  measures: [
    { unit: '/s', better: 'more', goal: 500, label: 'one by one' },
    { unit: '/s', better: 'more', goal: 2_500, label: 'in bundles' },
    { unit: '%', better: 'more', goal: 500, label: 'of one by one' },
  ],
  stage: 'empty',
  anyServer: false,
  quick: true,
  async run(bench) {
    const single = `mutation Apply($namespace: String, $object: JSON) {
      applyConfigMap(namespace: $namespace, object: $object, fieldManager: "bench") { metadata { name uid resourceVersion } } }`;
    const whole = `mutation Apply($namespace: String, $manifests: JSON!) {
      applyBundle(namespace: $namespace, manifests: $manifests, fieldManager: "bench") {
        refused lastRevision objects { name action } } }`;
    const one = await rateOf(bench, single, { object: configMap(`s-${bench.unique()}-{n}`) });
    const name = `b-${bench.unique()}-{n}`;
    const manifests = Array.from({ length: SIZE }, (_, i) => configMap(`${name}-${i}`));
    const all = SIZE * (await rateOf(bench, whole, { manifests }));
    return [one, all, (100 * all) / one];
  },
};

export const GRAPHQL_BUNDLE: readonly Row[] = [bundle];
