import {
  getArgumentValues,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { compileArguments, compileVariables } from '../../src/resolvers/compiled/arguments.ts';
import { compile } from '../../src/resolvers/compiled/compile.ts';
import { namesOf } from '../../src/resolvers/schema/names.ts';
import { Operation } from '../../src/resolvers/schema/operation.ts';
import { createGraphQL, type GraphQLFacade, type InProcessRequest } from '../../src/resolvers/graphql.ts';
import { JsonWriter, joined, quoted, withExtensions } from '../../src/resolvers/json-text.ts';
import { directTransport } from '../support/direct-transport.ts';
import { RecordingApi, asUser } from './recording-api.ts';
import { Random } from '../support/random.ts';

let fake: RecordingApi;
let graphql: GraphQLFacade;
beforeEach(async () => {
  fake = new RecordingApi();
  graphql = createGraphQL({ api: fake.api });
});

afterEach(() => void vi.restoreAllMocks());

const nothingCompiled = () => vi.spyOn(Operation.prototype, 'compiled', 'get').mockReturnValue(undefined);
/** The answer where nothing is compiled. */
async function byGraphqlJs(request: InProcessRequest): Promise<string> {
  const spy = nothingCompiled();
  const text = String(await graphql.executor.execute(request));
  spy.mockRestore();
  return text;
}

/** Random documents over a type, and random objects that have its fields: mostly of the right types. */
class Arbitrary {
  fragments: string[] = [];
  constructor(private readonly random: Random) {}

  chance = (share: number): boolean => this.random.chance(share);
  pick = <T>(values: readonly T[]): T => this.random.pick(values);

  /** Fields, aliases, fragments, sometimes the same field twice; `plain`: nothing that is not covered. */
  selection(type: GraphQLObjectType, plain: boolean, depth = 0): string {
    const parts: string[] = [];
    const fields = Object.values(type.getFields()).filter(
      (field) => !field.args.length && (!plain || !field.resolve || field.extensions['plain']),
    );
    for (let i = 0; i < 1 + this.random.next() * 5; i++) {
      const field = this.pick(fields);
      const of = getNamedType(field.type);
      // An alias that tells types and fields apart: one name for two of them would be refused.
      const alias = this.chance(0.2) ? `${field.name}_a: ` : '';
      const directive =
        this.chance(0.03) && !plain ? this.pick([' @include(if: true)', ' @skip(if: true)', ' @skip(if: $no)']) : '';
      if (isLeafType(of)) parts.push(`${alias}${field.name}${directive}`);
      else if (isObjectType(of) && depth < 4)
        parts.push(`${alias}${field.name}${directive} ${this.selection(of, plain, depth + 1)}`);
    }
    if (!parts.length || this.chance(0.1)) parts.push('__typename');
    if (this.chance(0.15)) parts.push(`... on ${type.name} ${this.selection(type, plain, depth + 1)}`);
    if (this.chance(0.1)) {
      const name = `f${this.fragments.length}`;
      this.fragments.push('');
      this.fragments[Number(name.slice(1))] =
        `fragment ${name} on ${type.name} ${this.selection(type, plain, depth + 1)}`;
      parts.push(`...${name}`);
    }
    return `{ ${parts.join(' ')} }`;
  }

  /** @param wrong share of the values that are not of their type */
  value(type: GraphQLOutputType, wrong: number, depth = 0): unknown {
    if (isNonNullType(type)) return this.chance(wrong) ? null : this.value(type.ofType, wrong, depth);
    if (this.chance(0.1)) return null;
    if (this.chance(wrong))
      return this.pick<unknown>([0, 1.5, -0, 2 ** 40, true, '7', 'text', '', [], ['a'], {}, { a: [{}] }, null]);
    if (isListType(type))
      return Array.from({ length: this.random.next() * 3 }, () => this.value(type.ofType, wrong, depth));
    if (isObjectType(type)) return this.object(type, wrong, depth);
    const text = (): string =>
      this.pick(['', 'a', 'é', '"', '\\', '\n', '\u2028', '\ud83d\ude00', '\ud83d', '</script>', 'constructor']);
    switch ((getNamedType(type) as { name: string }).name) {
      case 'Int':
        return this.pick([0, 1, -5, 2 ** 31 - 1, -(2 ** 31)]);
      case 'Float':
        return this.pick([0, 1.25, 1e21, -1e-7]);
      case 'Boolean':
        return this.chance(0.5);
      case 'JSON':
        return this.pick<unknown>([{ [text()]: [1, text(), null] }, [], 3, text(), false]);
      default:
        return text();
    }
  }
  object(type: GraphQLObjectType, wrong: number, depth = 0): Record<string, unknown> {
    if (depth > 5) return {};
    const fields = Object.values(type.getFields()).filter(
      ({ name, resolve }) =>
        !resolve && (depth > 0 || !/^(apiVersion|kind)$/.test(name)) && this.chance(depth ? 0.5 : 1),
    );
    return Object.fromEntries(fields.map((field) => [field.name, this.value(field.type, wrong, depth + 1)]));
  }
}

const KINDS = ['Pod', 'Deployment', 'Service', 'Node', 'CustomResourceDefinition'] as const;
const compiles = (document: string): boolean => {
  const node = parse(document);
  return compile(graphql.schema, node, getOperationAST(node)!) !== undefined;
};

describe('compiled variables and arguments', () => {
  const TYPES = [
    'String',
    'String!',
    'String = "d"',
    'String! = "d"',
    'Int',
    'Int = 3',
    'Boolean!',
    'JSON',
    'JSON = {a: 1}',
    'PatchType',
    'PatchType = APPLY',
    '[String]',
    '[String!]!',
    '[[Int!]]',
    'PodWhere',
    '[PodWhere!]',
    'PodInput!',
    '[PodField!]',
    'Pod',
  ];
  const VALUES = [
    {},
    { other: 1 },
    ...[null, undefined, 'x', '', 3, 2 ** 40, true, [1], { a: [{}] }, 'MERGE', [{ path: 'a' }], []].map((v) => ({ v })),
    ...[['a', null], ['a', 'b'], ['a', 3], [[1, 2], null, 3], [[1, null]], [['a']], {}, [{}, null]].map((v) => ({ v })),
    { v: { spec: { nodeName: { in: ['b', 'a'], eq: null } }, metadata: { name: { eq: 'a' } } } },
    { v: { spec: { nodeName: { eq: undefined } } } },
    { v: { spec: { nodeName: { eq: 3 }, no: 1 } } },
    { v: [{ and: [{ metadata: { name: { eq: 'a' } } }, {}] }, { not: { spec: { priority: { gt: 2 } } } }] },
    { v: [{ metadata: { name: 'ASC' } }, { spec: { priority: 'DESC' } }] },
    { v: { metadata: { name: 'a', labels: [{ key: 'a', value: 'b' }] }, spec: { containers: [{ name: 'c' }] } } },
  ];

  test.each(TYPES)('variables are those of graphql-js: %s', (type) => {
    const { variableDefinitions } = getOperationAST(parse(`query ($v: ${type}) { kinds { kind } }`))!;
    const { schema } = graphql;
    const coerce = compileVariables(schema, variableDefinitions!);
    const isScalar = !/[[{]|Pod/.test(type);
    let covered = 0;
    for (const values of VALUES) {
      const { coerced, errors } = getVariableValues(schema, variableDefinitions!, values);
      const mine = coerce(values);
      if (mine) covered++;
      if (mine) expect(JSON.stringify(mine), JSON.stringify(values)).toBe(JSON.stringify(coerced));
      // Of scalars it leaves to graphql-js only what is wrong.
      else if (isScalar && !('v' in values && values.v === undefined))
        expect(errors, JSON.stringify(values)).toBeDefined();
    }
    expect(covered > 0).toBe(!['JSON = {a: 1}', 'Pod'].includes(type));
  });

  test.each([
    '',
    '(first: 5)',
    '(first: null)',
    '(first: $v, namespace: "n")',
    '(where: { spec: { priority: { eq: $v } } })',
    '(where: $v)',
    '(orderBy: [{ metadata: { name: DESC } }])',
    '(namespace: $none)',
  ])('arguments are those of graphql-js: %s', (args) => {
    const field = graphql.schema.getQueryType()!.getFields()['pods']!;
    const node = getOperationAST(parse(`{ pods${args} { continue } }`))!.selectionSet.selections[0] as FieldNode;
    for (const shared of [true, false]) {
      const read = compileArguments(field, node, shared);
      for (const values of [{}, { v: null }, { v: 3 }, { v: { spec: { priority: { eq: 3 } } } }])
        expect({ ...read(values) }).toEqual(getArgumentValues(field, node, values));
    }
  });

  test('an argument without variables is one value for all requests, unless its field may write to it', () => {
    const field = graphql.schema.getQueryType()!.getFields()['pods']!;
    const where = (args: string, shared: boolean): unknown[] => {
      const node = getOperationAST(parse(`{ pods(where: ${args}) { continue } }`))!.selectionSet.selections[0];
      const read = compileArguments(field, node as FieldNode, shared);
      return [1, 2].map((v) => read({ v })?.['where']);
    };
    const literal = '{ or: [{ spec: { priority: { in: [1, 2] } } }] }';
    const [one, again] = where(literal, true);
    expect(again).toBe(one);
    expect(one).toEqual({ or: [{ spec: { priority: { in: [1, 2] } } }] });
    expect(() => ((one as { or: unknown[] }).or[0] = undefined)).toThrow(TypeError);
    const [own, other] = where(literal, false);
    expect(other).not.toBe(own);
    expect(where(literal.replace('2', '$v'), true)).toEqual(
      [1, 2].map((v) => ({ or: [{ spec: { priority: { in: [1, v] } } }] })),
    );
  });

  test('an argument that must be there is left to graphql-js', () => {
    const field = graphql.schema.getQueryType()!.getFields()['pod']!;
    for (const args of ['', '(name: $v)', '(name: null)', '(name: 3)']) {
      const node = getOperationAST(parse(`{ pod${args} { kind } }`))!.selectionSet.selections[0] as FieldNode;
      for (const values of [{}, { v: null }]) expect(compileArguments(field, node, true)(values)).toBeUndefined();
    }
  });
});

test.each([
  ['fields', `{ ${'pods { items { node { '.repeat(800)} kind ${'} } } '.repeat(800)} }`],
  ['fields without an end', '{ pods { items { node { '.repeat(1500)],
  ['values', `{ pods(where: ${'{ not: '.repeat(3000)}{}${'}'.repeat(3000)}) { continue } }`],
  ['lists', `mutation { createObject(resource: "pods", object: { a: ${'['.repeat(4800)}${']'.repeat(4800)} }) }`],
])('a document of %s that is nested without end is the fault of who sent it', async (_, query) => {
  const { errors } = JSON.parse(String(await graphql.executor.execute({ query }))) as {
    errors: { extensions: { code: number } }[];
  };
  expect(errors[0]!.extensions.code).toBe(400);
});

/** Errors of fields that wait for each other come as they happen: their order says nothing. */
function inOrder(text: string): string {
  const at = text.lastIndexOf('"errors":[');
  if (at < 0) return text;
  const { errors } = JSON.parse(text) as { errors: unknown[] };
  return (
    text.slice(0, at) +
    errors
      .map((error) => JSON.stringify(error))
      .sort()
      .join(',')
  );
}

describe('a compiled operation', () => {
  test.each([
    ['any document, values of any type', false, 0.05],
    ['plain documents, values of any type', true, 0.2],
    ['plain documents, values of their types', true, 0],
  ])('answers as graphql-js does, to the byte: %s', async (_, plain, wrong) => {
    let compiled = 0;
    let mended = 0;
    const runs = 120;
    for (let seed = 0; seed < runs; seed++) {
      const arbitrary = new Arbitrary(new Random(seed));
      const typeName = arbitrary.pick(KINDS);
      const kind = fake.registry.all().find((one) => namesOf(one).type === typeName)!;
      const type = graphql.schema.getType(namesOf(kind).type) as GraphQLObjectType;
      fake.objects.clear();
      for (let i = 0; i < 3; i++) {
        const object = arbitrary.object(type, wrong);
        const labels = arbitrary.chance(0.5)
          ? { [arbitrary.pick(['a', 'b.c/d'])]: arbitrary.pick(['', 'x']) }
          : undefined;
        fake.put(kind.storage.key, {
          ...object,
          metadata: { name: `o${i}`, namespace: kind.namespaced ? 'n' : undefined, labels },
        });
      }
      arbitrary.fragments = [];
      const where = kind.namespaced ? 'namespace: "n", ' : '';
      const one = `one: ${namesOf(kind).one}(${where}name: $name) ${arbitrary.selection(type, plain)}`;
      const many = `${namesOf(kind).many}(first: 2) { continue items ${arbitrary.selection(type, plain)} remainingItemCount resourceVersion }`;
      const whole = `object(resource: "${kind.storage.key}", ${where}name: "o1") objects(resource: "${kind.storage.key}") { items continue }`;
      const decided =
        [one, many, ...arbitrary.fragments].some((part) => part.includes('$no')) || (!plain && arbitrary.chance(0.3));
      const variables = `$name: String!${decided ? ', $no: Boolean = false' : ''}`;
      const used = `${one} ${many} ${whole} ${decided ? 'kinds @skip(if: $no) { resource }' : ''}`;
      const query = `query (${variables}) { ${used} } ${arbitrary.fragments.join(' ')}`;
      const request = { query, variables: { name: arbitrary.pick(['o0', 'o0', 'none']) } };
      const text = String(await graphql.executor.execute(request));
      expect(inOrder(text), query).toBe(inOrder(await byGraphqlJs(request)));
      compiled += Number(compiles(query));
      mended += Number(text.includes('cannot represent'));
    }
    if (plain) expect(compiled).toBe(runs);
    if (plain && wrong) expect(mended).toBeGreaterThan(10);
  });

  test.each([
    ['a directive', 'query ($a: Boolean!) { pods { items { kind @include(if: $a) } } }'],
    ['introspection', '{ __type(name: "Pod") { name } }'],
    ['a mutation whose answer has fields', 'mutation { createPod(object: {}) { kind } }'],
    ['two mutations', 'mutation { a: deletePod(name: "a") b: deletePod(name: "b") }'],
  ])('is not made of %s', (_, query) => {
    expect(compiles(query)).toBe(false);
  });

  test.each([
    ['variables that are missing', 'query ($name: String!) { pod(name: $name) { kind } }', {}],
    ['variables of another type', 'query ($first: Int) { pods(first: $first) { continue } }', { first: 'x' }],
    ['what the API refuses', '{ pods(first: 0) { continue } b: pod(name: "none") { kind } }', {}],
    [
      'what the API refuses of a field that must not be null',
      '{ objects(resource: "none") { items } kinds { resource } }',
      {},
    ],
    ['a document that is not valid', '{ nothing }', {}],
    ['an operation that is not there', '{ pods { continue } }', {}, 'other'],
    [
      'too much',
      '{ a: pods(first: 5000) { items { metadata { ownerReferences { name uid kind apiVersion } managedFields { manager time } } spec { containers { name ports { name } env { name } } } } } }',
      {},
    ],
  ])('reports as graphql-js does: %s', async (_, query, variables, operationName?: string) => {
    const request = { query, variables, operationName };
    const text = String(await graphql.executor.execute(request));
    expect(text).toBe(await byGraphqlJs(request));
    if (!query.startsWith('{ a:')) expect(text).toContain('"errors"');
  });

  test('does a write once, whose warnings are in its result', async () => {
    const query = 'mutation ($object: JSON!) { createObject(resource: "pods", namespace: "n", object: $object) }';
    const text = String(await graphql.executor.execute({ query, variables: { object: { metadata: { name: 'a' } } } }));
    expect(JSON.parse(text)).toMatchObject({
      data: { createObject: { kind: 'Pod', metadata: { name: 'a' } } },
      extensions: { warnings: ['made up'] },
    });
    expect(fake.calls).toHaveLength(1);
  });

  test('gives the API objects that are its own, also where they are in the document', async () => {
    const query = 'mutation { createObject(resource: "pods", namespace: "n", object: { metadata: { name: "a" } }) }';
    const seen: unknown[] = [];
    const { create } = fake;
    fake.create = (context, target, body, options) => {
      seen.push((body as { object: unknown }).object);
      return create(context, target, body, options);
    };
    await graphql.executor.execute({ query });
    expect(Object.getPrototypeOf(seen[0])).toBe(Object.prototype);
  });

  test('gives the events of a subscription as graphql-js does', async () => {
    fake.put('pods', { metadata: { namespace: 'n', name: 'a' }, spec: { nodeName: 5 } });
    for (const query of [
      'subscription { podsWatch(bookmarks: true) { type resourceVersion initialEventsEnd json object { metadata { name } spec { nodeName } } } }',
      'subscription { podsWatch(bookmarks: true) { object { metadata { name } node { kind } } } }',
      'subscription { objectsWatch(resource: "pods") }',
      'subscription { objectsWatch(resource: "none") }',
    ]) {
      const first = async (who: string): Promise<string[]> => {
        const events = graphql.as(asUser(who)).subscribe({ query });
        const texts: string[] = [];
        for (let i = 0; i < 2 && !(query.includes('none') && i); i++) texts.push(String((await events.next()).value));
        await events.return!();
        return texts;
      };
      const texts = await first('a');
      const spy = nothingCompiled();
      expect(texts).toEqual(await first('b'));
      spy.mockRestore();
    }
    expect(fake.watchers.size).toBe(0);
  });
});

test('a large state comes in several batches, which wait for who reads them', async () => {
  const filler = 'x'.repeat(10_000);
  for (let i = 0; i < 200; i++)
    fake.put('configmaps', { metadata: { namespace: 'n', name: `c${i}` }, data: { filler } });
  const texts = graphql.executor.subscribe({ query: 'subscription { objectsWatch(resource: "configmaps") }' });
  const names: string[] = [];
  let batches = 0;
  for (let done = false; !done; batches++) {
    const { value } = await texts.next();
    expect(value!.length).toBeLessThan(600_000);
    const { data } = JSON.parse(String(value)) as {
      data: { objectsWatch: { object: { metadata: { name: string } }; initialEventsEnd?: boolean }[] };
    };
    for (const event of data.objectsWatch) if (event.object.metadata.name) names.push(event.object.metadata.name);
    done = data.objectsWatch.some((event) => event.initialEventsEnd);
  }
  expect(names).toHaveLength(200);
  expect(batches).toBeGreaterThan(3);
  await texts.return!();
});

test('a typed subscription to more objects than may wait is not cut', async () => {
  for (let i = 0; i < 1500; i++) fake.put('configmaps', { metadata: { namespace: 'n', name: `c${i}` } });
  const { subscribe } = directTransport(graphql.as(asUser('me')));
  const events = subscribe({ query: 'subscription { configMapsWatch(bookmarks: true) { type initialEventsEnd } }' });
  let count = 0;
  for await (const { data } of events) {
    if ((data!['configMapsWatch'] as { initialEventsEnd?: boolean }).initialEventsEnd) break;
    count++;
  }
  expect(count).toBe(1500);
});

describe('JSON text', () => {
  test('strings are quoted as JSON.stringify does', () => {
    for (let code = 0; code < 0x10000; code += code < 300 ? 1 : 37) {
      const text = `a${String.fromCharCode(code)}b`;
      expect(quoted(text)).toBe(JSON.stringify(text));
    }
  });
  test('is pieces where bytes are in it', () => {
    const out = new JsonWriter();
    out.text += '{"é":';
    out.bytes(Buffer.from('"ü"'));
    out.text += '}';
    const whole = out.end();
    expect(String(whole)).toBe('{"é":"ü"}');
    expect(whole.length).toBe(11);
    expect(String(withExtensions(whole, { a: 1 }))).toBe('{"é":"ü","extensions":{"a":1}}');
    expect(String(joined(['[', whole, ']']))).toBe('[{"é":"ü"}]');
    expect(withExtensions('{"data":null}', { a: 1 })).toBe('{"data":null,"extensions":{"a":1}}');
    expect(joined(['[', '1', ']'])).toBe('[1]');
  });
});
