import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { FakeApi } from '../../support/fake-api.ts';
import { askOf, namespace, podOf, reader, type Ask } from './support.ts';

let fake: FakeApi;
let ask: Ask;
beforeAll(async () => {
  fake = await FakeApi.open();
  ask = askOf(fake);
  await fake.give(namespace('b'));
  await fake.give({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'b' } });
  for (const [name, zone] of Object.entries({ n1: 'east', n2: 'west', n3: 'east' }))
    await fake.give({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { zone } } });
  await fake.give(
    podOf('p1', 'n1', '100m', '64Mi'),
    podOf('p2', 'n1', '1', '1Gi'),
    podOf('q1', 'n2', '250m', '500M'),
    podOf('q2', 'n3', '1m', '1Ki'),
    podOf('q3', 'n3', '0.5', '64Mi', 'b'),
  );
  await fake.give(...reader('ann', 'a', 'pods'));
});
afterAll(() => fake.close());

const CPU = 'spec: { containers: { resources: { requests: { key: "cpu" } } } }';
const MEMORY = 'spec: { containers: { resources: { requests: { key: "memory" } } } }';
const aggregate = async (args: string, fields: string, user?: string) => {
  const { data, errors } = await ask(`{ podsAggregate${args && `(${args})`} { ${fields} } }`, undefined, user);
  if (errors) throw new Error(`${errors[0]?.extensions.code}: ${errors[0]?.message}`);
  return data.podsAggregate;
};

it('sums quantities exactly, whole and by group', async () => {
  const fields = `count cpu: sum(of: { ${CPU} }) memory: sum(of: { ${MEMORY} }) avg(of: { ${CPU} }) max(of: { ${CPU} })`;
  const { total, groups } = await aggregate(
    'groupBy: [{ spec: { nodeName: ASC } }]',
    `total { ${fields} } groups { by ${fields} min(of: { metadata: { name: VALUE } }) }`,
  );
  expect(total).toEqual({ count: 5, cpu: '1851m', memory: '1707960576', avg: '370m', max: '1' });
  expect(groups).toEqual([
    { by: ['n1'], count: 2, cpu: '1100m', memory: '1088Mi', avg: '550m', max: '1', min: 'p1' },
    { by: ['n2'], count: 1, cpu: '250m', memory: '500M', avg: '250m', max: '250m', min: 'q1' },
    { by: ['n3'], count: 2, cpu: '501m', memory: '65537Ki', avg: '251m', max: '500m', min: 'q2' },
  ]);
});

test.each([
  ['having: { count: { gt: 1 } }', ['n1', 'n3']],
  [
    `having: { sum: [{ of: { ${CPU} }, gt: "250m" }] }, orderBy: [{ sum: { ${CPU.replace('"cpu"', '"cpu", pick: ASC')} } }]`,
    ['n3', 'n1'],
  ],
  [`having: { not: { sum: [{ of: { ${CPU} }, gte: "0.5" }] } }`, ['n2']],
  [`having: { or: [{ max: [{ of: { ${MEMORY} }, eq: "1024Mi" }] }, { count: { eq: 1 } }] }`, ['n1', 'n2']],
  ['orderBy: [{ count: DESC }]', ['n1', 'n3', 'n2']],
  ['orderBy: [{ count: DESC }], first: 1', ['n1']],
  ['where: { metadata: { name: { startsWith: "q" } } }', ['n2', 'n3']],
  ['namespace: "b"', ['n3']],
  ['where: { metadata: { name: { eq: "none" } } }', []],
])('groups of %s', async (args, nodes) => {
  const { groups } = await aggregate(`groupBy: [{ spec: { nodeName: ASC } }], ${args}`, 'groups { by }');
  expect(groups.map(({ by }: { by: string[] }) => by[0])).toEqual(nodes);
});

it('groups over a relation, with a right to what it leads to', async () => {
  const args = 'namespace: "a", groupBy: [{ node: { metadata: { labels: { key: "zone", pick: DESC } } } }]';
  const { groups, groupCount } = await aggregate(args, 'groupCount groups { by count }');
  expect(groups).toEqual([
    { by: ['west'], count: 1 },
    { by: ['east'], count: 3 },
  ]);
  expect(groupCount).toBe(2);
  await expect(aggregate(args, 'groups { by }', 'ann')).rejects.toThrow('403: nodes "n1" is forbidden');
});

it('counts nothing that may not be listed', async () => {
  expect((await aggregate('namespace: "a"', 'total { count }', 'ann')).total.count).toBe(4);
  await expect(aggregate('', 'total { count }', 'ann')).rejects.toThrow(/^403/);
  await expect(aggregate('namespaces: ["a", "b"], having: { count: {} }', 'total { count }', 'ann')).rejects.toThrow(
    /^403/,
  );
});

it('of nothing there is a whole', async () => {
  const none = 'where: { metadata: { name: { eq: "none" } } }';
  const { total, groups } = await aggregate(
    none,
    `total { count sum(of: { ${CPU} }) max(of: { ${CPU} }) } groups { by }`,
  );
  expect(total).toEqual({ count: 0, sum: '0', max: null });
  expect(groups).toEqual([{ by: [] }]);
});

test.each([
  [
    'groupBy: [{ spec: { containers: { name: ASC } } }]',
    'total { count }',
    'groupBy[0]: a field that an object has several of',
  ],
  ['', 'total { sum(of: { metadata: { name: VALUE } }) }', 'sum: metadata.name is a string, which cannot be added up'],
  ['', 'total { sum(of: { metadata: {} }) }', 'sum.of.metadata: one field is needed'],
  ['orderBy: [{}]', 'total { count }', 'orderBy[0]: exactly one of'],
])('%s { %s } is refused', async (args, fields, message) => {
  await expect(aggregate(args, fields)).rejects.toThrow(message);
});
