import { parse, validate, type GraphQLNamedType } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import { OPTIONAL_VERSIONS } from '../../../src/kinds/builtin.ts';
import { customKinds } from '../../../src/kinds/custom.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { BUILTIN_NAMES } from '../../../src/resolvers/schema/builtin-names.ts';
import { groupName, namesOf, uniqueFieldNames } from '../../../src/resolvers/schema/names.ts';
import { KindsByName, FieldForms } from '../../../src/resolvers/schema/kinds-by-name.ts';
import { ROOTS } from '../../../src/resolvers/schema/root-fields.ts';
import { buildSchema, Schema } from '../../../src/resolvers/schema/schema.ts';
import { typeWalk } from '../../../src/resolvers/schema/type-walk.ts';

interface Wanted {
  group?: string;
  kind?: string;
  plural?: string;
  singular?: string;
  versions?: string[];
  properties?: Record<string, unknown>;
}
const definition = ({ group = 'example.com', kind = 'Cluster', ...of }: Wanted): KubeObject => {
  const plural = of.plural ?? `${kind.toLowerCase()}s`;
  return {
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: of.singular ?? kind.toLowerCase() },
      versions: (of.versions ?? ['v1']).map((name, i) => ({
        name,
        served: true,
        storage: i === 0,
        schema: { openAPIV3Schema: { type: 'object', properties: of.properties ?? {} } },
      })),
    },
  } as unknown as KubeObject;
};
const registryOf = (...all: [Wanted, number][]): ReturnType<typeof createRegistry> => {
  const registry = createRegistry();
  for (const [wanted, since] of all) {
    const made = definition(wanted);
    registry.setCustom(made.metadata.name ?? '', customKinds(made, since));
  }
  return registry;
};

test('the names of built-in kinds are in the table, each once, and no type of theirs has an underscore', () => {
  const names = createRegistry([...OPTIONAL_VERSIONS])
    .all()
    .map(namesOf);
  expect(names.length).toBe(Object.keys(BUILTIN_NAMES).length);
  const all = names.flatMap(({ type, one, many }) => [type, one, many]);
  expect(new Set(all).size).toBe(all.length);
  expect(names.filter(({ type }) => type.includes('_'))).toEqual([]);
});

test.each([
  ['', 'core'],
  ['example.com', 'example_com'],
  ['cert-manager.io', 'cert__manager_io'],
  ['a.b.c', 'a_b_c'],
  ['a-b.c', 'a__b_c'],
  ['3d.example.com', '_3d_example_com'],
])('the group %j is called %j', (group, name) => expect(groupName(group)).toBe(name));

test.each<[string, Wanted, Partial<ReturnType<typeof namesOf>>]>([
  [
    'usual',
    {},
    { type: 'Cluster_example_com_v1', one: 'cluster', many: 'clusters', kind: 'Cluster', kinds: 'Clusters' },
  ],
  ['capitals inside', { kind: 'CronTab' }, { one: 'cronTab', many: 'cronTabs' }],
  ['plural as singular', { kind: 'Sheep', plural: 'sheep' }, { one: 'sheep', many: 'sheepList' }],
  [
    'kind as plural',
    { kind: 'Pods', plural: 'pods', singular: 'pod' },
    { one: 'pod', many: 'pods', kinds: 'PodsList' },
  ],
  ['small letters', { kind: 'cluster' }, { type: 'cluster_example_com_v1', kind: '_cluster' }],
  ['a dash', { kind: 'My-Kind' }, { type: 'My__Kind_example_com_v1', kind: 'My__Kind' }],
])('names of a custom kind: %s', (_, wanted, expected) => {
  expect(namesOf(customKinds(definition(wanted))[0]!)).toMatchObject(expected);
});

describe('fields', () => {
  test.each([
    ['as they are', ['a_b', 'aB'], ['a_b', 'aB']],
    ['others yield to names', ['a-b', 'a_b', 'a.b'], ['a_b_', 'a_b', expect.stringMatching(/^a_b_[0-9a-f]{16}$/)]],
    ['GraphQL’s own', ['__typename', '_typename'], ['_typename_', '_typename']],
    ['no letters at all', ['', '日本', '한국'], ['_', expect.any(String), expect.any(String)]],
    ['long ones', ['a'.repeat(10_000), 'b'], [expect.stringMatching(/^a{111}_[0-9a-f]{16}$/), 'b']],
  ])('%s', (_, json, names) => {
    const given = uniqueFieldNames(json);
    expect(json.map((one) => given.get(one))).toEqual(names);
    expect(new Set(given.values()).size).toBe(json.length);
    for (const name of given.values()) expect(name).toMatch(/^(?!__)[A-Za-z_][A-Za-z0-9_]*$/);
  });

  test('do not depend on the order in which they come', () => {
    const json = Array.from({ length: 300 }, (_, i) => String.fromCodePoint(0x4e00 + i));
    const [there, back] = [uniqueFieldNames(json), uniqueFieldNames([...json].reverse())];
    expect(json.map((one) => back.get(one))).toEqual(json.map((one) => there.get(one)));
  });
});

describe('a name that two would have', () => {
  const owner = (registry: ReturnType<typeof createRegistry>, name: string): string | undefined =>
    new Schema(registry).fields.find('query', name)?.kind?.group;

  test('is that of the older definition, whichever is loaded first, and of the other when that goes', () => {
    const [older, newer]: [Wanted, number][] = [
      [{ group: 'z.example.com' }, 3],
      [{ group: 'a.example.com' }, 7],
    ];
    for (const registry of [registryOf(older!, newer!), registryOf(newer!, older!)]) {
      expect(owner(registry, 'clusters')).toBe('z.example.com');
      expect(owner(registry, 'a_example_com_clusters')).toBe('a.example.com');
      registry.setCustom('clusters.z.example.com', []);
      expect(owner(registry, 'clusters')).toBe('a.example.com');
    }
  });

  test.each(['Volume', 'PodConnection', 'Query', 'String', 'Pod', 'KubernetesObject', 'PodSpecWhere', 'JSON'])(
    'is never that of a built-in: a kind %s',
    (kind) => {
      const registry = registryOf([
        { kind, properties: { spec: { type: 'object', properties: { a: { type: 'string' } } } } },
        1,
      ]);
      const [schema, before] = [buildSchema(registry), buildSchema(createRegistry())];
      expect(String(schema.getType(kind))).toBe(String(before.getType(kind)));
      expect(schema.getType(`${kind}_example_com_v1`)).toBeDefined();
      expect(Object.keys(schema.getQueryType()!.getFields())).toEqual(
        expect.arrayContaining(Object.keys(before.getQueryType()!.getFields())),
      );
      const many = namesOf(customKinds(definition({ kind }))[0]!).many;
      expect(validate(schema, parse(`{ example_com { v1 { ${many} { items { spec { a } } } } } }`))).toEqual([]);
    },
  );
});

test.each([
  ['_json', 'string'],
  ['raw', 'integer'],
  ['yaml', 'boolean'],
  ['owners', 'string'],
])('a property %s of a custom kind yields to ours, and breaks nothing', (name, type) => {
  const schema = buildSchema(registryOf([{ properties: { [name]: { type } } }, 1]));
  const document = `{ clusters { items { ${name}${name === 'owners' ? ' { kind }' : ''} mine: ${name}_ } } pods { items { raw } } }`;
  expect(validate(schema, parse(document))).toEqual([]);
});

test('all versions of a kind are under their group', () => {
  const schema = buildSchema(registryOf([{ versions: ['v1', 'v1beta1'] }, 1]));
  const document = `{ example_com { v1 { clusters { resourceVersion } } v1beta1 { cluster(namespace: "a", name: "b") { apiVersion } } } }`;
  expect(validate(schema, parse(document))).toEqual([]);
});

describe('what is made of a kind only when it is asked for', () => {
  const inner = {
    type: 'object',
    properties: { 'a-list': { type: 'array', items: { type: 'object', properties: {} } } },
  };
  const items = inner.properties['a-list'].items;
  items.properties = { mode: { type: 'string', enum: ['On', 'Off'] }, more: { type: 'object', properties: { b: {} } } };
  const wanted: [Wanted, number][] = [
    [{ properties: { spec: inner, status: inner } }, 1],
    [{ kind: 'My-Kind', plural: 'mykinds' }, 2],
    [{ kind: 'Sheep', plural: 'sheep' }, 3],
    [{ kind: 'small', plural: 'smalls' }, 4],
  ];

  test.each(['object', 'input', 'where', 'orderBy', 'connection', 'event'] as const)(
    'its types have the names that all of them have: %s',
    (what) => {
      const registry = registryOf(...wanted);
      const whole = new Set(Object.keys(buildSchema(registry).getTypeMap()));
      for (const kind of registry.all().filter(({ custom }) => custom)) {
        const alone = new Map<string, GraphQLNamedType>();
        for (const _ of typeWalk([new Schema(registry).fields.types[what](kind)], alone)) continue;
        expect([...alone.keys()].filter((name) => !whole.has(name))).toEqual([]);
      }
    },
  );

  test('of which kinds a field may be is known from its name', () => {
    const registry = registryOf(...wanted);
    const { fields } = new Schema(registry);
    const forms = new FieldForms();
    const builtin = registry.all().filter(({ custom }) => !custom);
    for (const kind of builtin)
      for (const root of ROOTS) for (const [name] of fields.localFields(kind, root)) forms.learn(kind, name);
    const kinds = new KindsByName(forms);
    for (const kind of registry.all()) kinds.add(kind);
    for (const kind of registry.all())
      for (const root of ROOTS)
        for (const [name] of fields.localFields(kind, root)) expect(kinds.called(name)).toContain(kind);
    for (const kind of registry.all()) expect(kinds.delete(kind)).toBe(true);
    expect(kinds.called('pods')).toEqual([]);
    expect(kinds.delete(builtin[0]!)).toBe(false);
  });
});

test('of many definitions that have just come, only those are made that a request names', () => {
  const group = Array.from({ length: 100 }, (_, i): [Wanted, number] => [{ kind: `Thing${i}` }, i + 1]);
  const alike = Array.from({ length: 100 }, (_, i): [Wanted, number] => [
    { kind: 'Other', group: `g${i}.org` },
    i + 200,
  ]);
  const registry = registryOf(...group, ...alike);
  const { fields } = new Schema(registry);
  const made = new Set<string>();
  const makes = vi.spyOn(fields.types, 'fieldsOf');
  const madeBy = (ask: () => unknown): string[] => {
    makes.mockClear();
    made.clear();
    ask();
    for (const [kind] of makes.mock.calls) if (kind.custom) made.add(kind.storage.key);
    return [...made];
  };
  expect(madeBy(() => fields.find('query', 'example_com_thing7'))).toEqual(['thing7s.example.com']);
  expect(madeBy(() => fields.findIn('query', 'example.com', 'v1', 'thing8sAggregate'))).toEqual([
    'thing8s.example.com',
  ]);
  expect(madeBy(() => fields.find('query', 'thing9'))).toEqual(['thing9s.example.com']);
  expect(madeBy(() => fields.find('query', 'others'))).toEqual(['others.g0.org']);
  expect(madeBy(() => [fields.find('query', 'thingies'), ...fields.names('query')])).toEqual(
    expect.not.arrayContaining(['thing1s.example.com']),
  );
});
