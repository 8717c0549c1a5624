import type { Random } from './random.ts';
import { anyValue, mutateJson, mutateText, type Json } from './values.ts';

const DOCUMENTS: readonly [string, Json][] = [
  ['{ pods(first: 2) { continue remainingItemCount items { metadata { name } } } }', {}],
  [
    'query ($n: String!) { pod(namespace: "fuzz", name: $n) { kind metadata { name labels { key value } } } }',
    { n: 'a' },
  ],
  [
    'query ($w: Where, $o: [OrderBy!]) { configMaps(namespace: "fuzz", where: $w, orderBy: $o) { items { metadata { name } } } }',
    { w: { path: 'metadata.name', equals: 'a' }, o: [{ path: 'metadata.name' }] },
  ],
  [
    'query ($a: String) { configMaps(after: $a, labelSelector: "a=b", fieldSelector: "metadata.name=a") { items { data { key value } } } }',
    { a: '' },
  ],
  ['query ($r: String!) { objects(resource: $r, limit: 1) { continue items } }', { r: 'configmaps' }],
  [
    'query ($r: String!, $v: String) { object(resource: $r, namespace: "fuzz", name: "a", version: $v) }',
    { r: 'configmaps', v: 'v1' },
  ],
  [
    'mutation ($o: JSON!) { createObject(resource: "configmaps", namespace: "fuzz", object: $o) }',
    { o: { metadata: { name: 'g' }, data: { a: 'b' } } },
  ],
  [
    'mutation ($o: JSON!) { applyObject(resource: "configmaps", namespace: "fuzz", name: "g", object: $o, fieldManager: "m") }',
    { o: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'g' } } },
  ],
  [
    'mutation ($p: JSON!) { patchObject(resource: "configmaps", namespace: "fuzz", name: "g", patch: $p) }',
    { p: { data: { c: 'd' } } },
  ],
  ['mutation { deleteObject(resource: "configmaps", namespace: "fuzz", name: "g") }', {}],
  ['query { __schema { types { name fields { name args { name } } } } }', {}],
  ['{ kinds { kind group version } }', {}],
  ['query A { kinds { kind } } query B { ...F } fragment F on Query { pods { items { kind } } }', {}],
];

/** A body for /graphql: documents and variables near to valid ones. */
export function graphqlBody(random: Random): Json {
  const [query, variables] = random.pick(DOCUMENTS);
  const body: Json = { query, variables: variables as Json };
  if (random.chance(0.5)) body.variables = mutateJson(random, variables as Json, 1 + random.int(3));
  if (random.chance(0.5)) body.query = mutateText(random, mutateText(random, query));
  if (random.chance(0.1)) body.operationName = anyValue(random);
  if (random.chance(0.1)) body.extensions = anyValue(random);
  if (random.chance(0.03)) body.query = `{ ${'pods { items { node { '.repeat(random.int(2000))}`;
  if (random.chance(0.03)) body.query = `{ kinds(${'[{a:'.repeat(random.int(5000))} }`;
  if (random.chance(0.1)) return mutateJson(random, body, 1);
  return random.chance(0.05) ? Array.from({ length: random.int(14) }, () => body) : body;
}
