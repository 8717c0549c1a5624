import {
  getNamedType,
  getOperationAST,
  isInterfaceType,
  isObjectType,
  parse,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { compile } from '../../../src/resolvers/compiled/compile.ts';
import { Operation } from '../../../src/resolvers/schema/operation.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { giveUniverse } from './universe.ts';
import { Random } from '../../support/random.ts';

let fake: FakeApi;
let schema: GraphQLSchema;
beforeAll(async () => {
  fake = await FakeApi.open();
  await giveUniverse(fake);
  schema = fake.graphql.schema;
  // a user who may follow some edges, and not others
  const rules = [
    { apiGroups: [''], resources: ['pods', 'services', 'configmaps', 'nodes', 'events'], verbs: ['get', 'list'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['cert'], verbs: ['get'] },
  ];
  const rbac = 'rbac.authorization.k8s.io';
  await fake.give(
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: 'some' }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'some' },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'some' },
      subjects: [{ kind: 'User', apiGroup: rbac, name: 'some' }],
    },
  );
});
afterAll(() => fake.close());

interface Answer {
  data: unknown;
  errors?: { path: unknown; message: string }[];
  extensions?: { warnings?: string[] };
}
/** Errors and warnings come as they happen, which is in the order of the document for one of them alone. */
const inOrder = (text: string): Answer => {
  const answer = JSON.parse(text) as Answer;
  answer.errors?.sort((a, b) => (JSON.stringify(a.path) < JSON.stringify(b.path) ? -1 : 1));
  answer.extensions?.warnings?.sort();
  return answer;
};

class RandomDocument {
  private aliases = 0;
  constructor(private readonly random: Random) {}

  pick = <T>(values: readonly T[]): T => this.random.pick(values);

  /** Relations of a kind's type, each with what it leads to. */
  kind(typeName: string, depth: number): string {
    const type = schema.getType(typeName);
    if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(typeName);
    const parts = [
      this.pick(['kind', 'metadata { name namespace }', '__typename', 'metadata { labels { key value } }']),
    ];
    const leading = Object.values(type.getFields()).filter(({ extensions }) => extensions['reads']);
    if (isInterfaceType(type)) parts.push(`... on Pod ${this.kind('Pod', depth - 1)}`, '... on Secret { type }');
    for (let i = 0; i < 3 && depth > 0 && leading.length; i++) parts.push(this.relation(this.pick(leading), depth));
    return `{ ${parts.join(' ')} }`;
  }

  private relation({ name, args, type }: GraphQLField<unknown, unknown>, depth: number): string {
    const given: string[] = [];
    for (const { name: argument } of args) {
      if (argument === 'resource') given.push(`resource: "${this.pick(['pods', 'configmaps', 'secrets', 'none'])}"`);
      else if (this.random.next() < 0.8) continue;
      else if (argument === 'first') given.push(`first: ${this.pick(['1', '2', '0', '$first'])}`);
      else if (argument === 'depth') given.push(`depth: ${this.pick(['1', '3', '99'])}`);
      else if (argument === 'readable') given.push(`readable: ${this.pick(['true', 'false'])}`);
      else if (argument === 'labelSelector') given.push(`labelSelector: "${this.pick(['app=web', '!app', 'a in ('])}"`);
    }
    const named = getNamedType(type);
    const field = `a${this.aliases++}: ${name}${given.length ? `(${given.join(', ')})` : ''}`;
    if (!named.name.endsWith('Connection')) return `${field} ${this.kind(named.name, depth - 1)}`;
    const items = getNamedType((isObjectType(named) ? named.getFields()['items']! : { type: named }).type);
    return `${field} { totalCount ${this.pick(['', 'continue', 'pageInfo { hasNextPage }'])} items ${this.kind(items.name, depth - 1)} }`;
  }
}

const ROOTS = [
  ['pods(namespace: "a")', 'Pod'],
  ['deployments', 'Deployment'],
  ['configMaps(namespace: "a")', 'ConfigMap'],
  ['nodes', 'Node'],
  ['services(namespace: "a")', 'Service'],
  ['events(namespace: "a")', 'Event'],
] as const;

test.each([
  ['all', 'admin', ['system:masters']],
  ['some', 'some', []],
] as const)('compiled relations are those of graphql-js, for who may follow %s', async (_, user, groups) => {
  let errors = 0;
  for (let seed = 0; seed < 60; seed++) {
    const random = new RandomDocument(new Random(seed));
    const [root, type] = random.pick(ROOTS);
    const selected = `{ ${root} { totalCount items ${random.kind(type, 3)} } }`;
    const query = selected.includes('$first') ? `query ($first: Int = 3) ${selected}` : selected;
    const document = parse(query);
    const request = { query, variables: {}, as: { user, groups } };
    expect(compile(schema, document, getOperationAST(document)!), query).toBeDefined();
    const compiled = inOrder(String(await fake.graphql.executor.execute(request)));
    const spy = vi.spyOn(Operation.prototype, 'compiled', 'get').mockReturnValue(undefined);
    const expected = inOrder(String(await fake.graphql.executor.execute(request)));
    spy.mockRestore();
    expect(compiled, query).toEqual(expected);
    errors += compiled.errors?.length ?? 0;
  }
  expect(errors).toBeGreaterThan(10);
});
