import { Kind, OperationTypeNode, getOperationAST, parse, validate, type GraphQLSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RemoteReader } from '../../src/api/contract.ts';
import { FakeNode, say, succeed } from '../resolvers/exec/fake-node.ts';
import { TestGraphQL, type Result } from '../resolvers/mutations/support.ts';
import { at } from '../support/at.ts';
import { FOLLOWED } from './followed.ts';
import { PAGE, seed } from './seed.ts';

/**
 * The examples of docs/graphql.md, run in their order by an administrator of one new cluster. A ```graphql block is an
 * operation; lines `# $name: path` at its head take variables from the answer before. A ```json block behind it is the
 * answer, as far as it says: `"…"` stands for anything. A subscription is followed to its first payload, and to that which
 * comes of a change (followed.ts).
 */
interface Example {
  section: string;
  document: string;
  variables: [name: string, path: string][];
  answer: object | undefined;
}

function examplesOf(text: string): Example[] {
  const examples: Example[] = [];
  let section = '';
  let last: { example: Example; end: number } | undefined;
  for (const match of text.matchAll(/^#+ ([^\n]+)$|^```(graphql|json)\n(.*?)^```$/gms)) {
    const [whole, heading, language, body = ''] = match;
    if (heading !== undefined) section = heading;
    else if (language === 'graphql') {
      const variables = [...body.matchAll(/^# \$(\w+): (\S+)$/gm)].map(([, name = '', path = '']) => [name, path]);
      const example = { section, document: body, variables: variables as Example['variables'], answer: undefined };
      examples.push(example);
      last = { example, end: match.index + whole.length };
    } else if (last && !text.slice(last.end, match.index).trim()) last.example.answer = JSON.parse(body) as object;
  }
  return examples;
}

const EXAMPLES = examplesOf(PAGE);
/** of another server, which has the metrics of pods */
const METRICS: RemoteReader = { read: async () => ({ kind: 'PodMetricsList', items: [] }) };
const loose = (value: unknown): unknown =>
  value === '…'
    ? expect.anything()
    : Array.isArray(value)
      ? value.map(loose)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, loose(item)]))
        : value;

describe('the examples of docs/graphql.md', () => {
  let g: TestGraphQL;
  let node: FakeNode;
  let schema: GraphQLSchema;
  let before: Result<unknown> = { data: {} };
  beforeAll(async () => {
    node = await FakeNode.open();
    // of all commands it has one
    node.run = ({ socket, input }) =>
      void input.then((text) => {
        say(socket, 1, `${text.split('\n').length - 1}\n`);
        succeed(socket);
      });
    node.logs = '2026-01-01T00:00:01Z ready\n';
    g = await TestGraphQL.open({}, node.dialer);
    g.t.api.remote = METRICS;
    await seed(g.t);
    ({ schema } = g.graphql);
  });
  afterAll(async () => {
    await g.close();
    await node.close();
  });

  async function follow(query: string, field: string, name = field): Promise<void> {
    const followed = FOLLOWED[name] ?? FOLLOWED[field];
    if (!followed) throw new Error(`followed.ts says nothing of ${name}`);
    const { before: prepare, first, change, told } = followed;
    await prepare?.(g.t);
    const payloads = g.graphql.as(g.t.ctx()).subscribe({ query });
    const next = async (): Promise<unknown> => {
      const { value } = await payloads.next();
      const { data, errors } = JSON.parse(String(value)) as Result<Record<string, unknown>>;
      expect(errors).toBeUndefined();
      return data[field];
    };
    // of one that tells only what is new nothing comes before that
    const begun = first || field.endsWith('Live') ? await next() : undefined;
    if (first) expect(begun).toMatchObject(first);
    await change?.(g.t);
    expect(await next()).toMatchObject(told(begun));
    await payloads.return?.();
  }

  test.each(EXAMPLES.map((example, i) => [i + 1, example.section, example] as const))(
    '%i: %s',
    async (_, __, example) => {
      const document = parse(example.document);
      expect(validate(schema, document)).toEqual([]);
      const operation = getOperationAST(document);
      const [root] = operation?.selectionSet.selections ?? [];
      if (operation?.operation === OperationTypeNode.SUBSCRIPTION && root?.kind === Kind.FIELD)
        return follow(example.document, root.name.value, operation.name?.value);
      const variables = Object.fromEntries(example.variables.map(([name, path]) => [name, at(before, path)]));
      before = await g.run(example.document, variables);
      if (example.answer) expect(before).toMatchObject(loose(example.answer) as object);
      else expect(before.errors).toBeUndefined();
    },
  );
});
