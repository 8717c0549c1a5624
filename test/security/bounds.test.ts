import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { administrator, type Admin, type Answer } from './support/admin.ts';
import type { Bystander } from './support/bystander.ts';

/**
 * One request each, of the size that a client may send, and what the server answers. Meanwhile somebody else asks for a
 * small object again and again: nobody makes them wait, or the server grow.
 */
const MEGA = 1_000_000;
/** Bytes by which the server may grow. */
const MAX_GROWTH = 200 * MEGA;
/** ms that another user waits at most on any machine; what these requests once cost was seconds of an idle one. */
const MAX_WAIT_MS = 1000;

let cluster: Cluster;
let admin: Admin;
let other: Bystander;
const ask: Admin['ask'] = (...asked) => admin.ask(...asked);

const CRD = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const definition = (plural: string, kind: string, spec: object): string =>
  JSON.stringify({
    metadata: { name: `${plural}.bounds.io` },
    spec: {
      group: 'bounds.io',
      scope: 'Namespaced',
      names: { plural, kind },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', properties: { spec } } },
        },
      ],
    },
  });

const many = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(',');
const keys = (count: number): string => `{${many(count, (i) => `"key-${i}":"v${i}"`)}}`;

const DEFAULT = '/api/v1/namespaces/default';
const MAPS = `${DEFAULT}/configmaps`;
const PODS = `${DEFAULT}/pods`;
const FREE = '/apis/bounds.io/v1/namespaces/default/frees';
const RULED = '/apis/bounds.io/v1/namespaces/default/ruleds';

const configMap = (data: string, meta = '"name":"big"'): string => `{"metadata":{${meta}},"data":${data}}`;
const applied = (count: number): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"wide"},"data":${keys(count)}}`;
const free = (spec: string): string =>
  `{"apiVersion":"bounds.io/v1","kind":"Free","metadata":{"name":"big"},"spec":${spec}}`;
const ruled = (spec: string): string =>
  `{"apiVersion":"bounds.io/v1","kind":"Ruled","metadata":{"name":"big"},"spec":${spec}}`;
const pod = (container: string): string =>
  `{"metadata":{"name":"big"},"spec":{"containers":[{"name":"c","image":"i",${container}}]}}`;

const YAML = { 'content-type': 'application/yaml' };
const patchOf = (type: string): Record<string, string> => ({ 'content-type': `application/${type}` });

type Attack = [what: string, status: number, run: () => Promise<Answer>];
const create = (path: string, body: () => string | Buffer, headers?: Record<string, string>) => (): Promise<Answer> =>
  ask('POST', `${path}?dryRun=All`, body(), headers);
const patch = (path: string, type: string, body: () => string) => (): Promise<Answer> =>
  ask(
    'PATCH',
    `${path}?dryRun=All&fieldManager=m${type.startsWith('apply') ? '&force=true' : ''}`,
    body(),
    patchOf(type),
  );
const get = (path: string, headers?: Record<string, string>) => (): Promise<Answer> =>
  ask('GET', path, undefined, headers);

const HEADERS: Attack[] = [
  ['spaces in the bearer header', 200, get('/version', { authorization: `bearer x${' '.repeat(60_000)}x` })],
  ['words in the bearer header', 200, get('/version', { authorization: `bearer ${'x '.repeat(30_000)}` })],
  ['a long Accept', 406, get(PODS, { accept: 'application/json;as=Table;a=b,'.repeat(2000) })],
  ['an Accept of semicolons', 406, get(PODS, { accept: ';'.repeat(60_000) })],
  ['parameters of the query', 200, get(`${PODS}?${'a=b&'.repeat(10_000)}`)],
  ['a selector of many terms', 200, get(`${PODS}?labelSelector=${many(4000, (i) => `a${i}`)}`)],
  ['a selector of many values', 200, get(`${PODS}?labelSelector=a+in+(${many(4000, (i) => `b${i}`)})`)],
  ['a selector of brackets', 400, get(`${PODS}?labelSelector=${'('.repeat(30_000)}`)],
  ['a continue token', 400, get(`${PODS}?limit=1&continue=${'A'.repeat(30_000)}`)],
];

const BODIES: Attack[] = [
  ['YAML of brackets', 400, create(MAPS, () => '['.repeat(300_000), YAML)],
  ['YAML of braces', 400, create(MAPS, () => '{a: '.repeat(100_000), YAML)],
  ['YAML of dashes', 400, create(MAPS, () => '- '.repeat(300_000), YAML)],
  [
    'YAML of keys',
    413,
    create(MAPS, () => `data:\n${many(150_000, (i) => `  key-${i}: v`).replaceAll(',', '\n')}`, YAML),
  ],
  ['YAML of one key', 413, create(MAPS, () => `data:\n${'  key: v\n'.repeat(200_000)}`, YAML)],
  ['YAML of aliases', 400, create(MAPS, () => `a: &a x\nb: [${'*a,'.repeat(200_000)}]`, YAML)],
  ['YAML of text', 422, create(MAPS, () => `metadata: {name: a}\ndata:\n  a: "${'x'.repeat(2_800_000)}"`, YAML)],
  ['YAML of lines', 201, create(MAPS, () => `metadata: {name: a}\ndata:\n  a: |\n${'    x\n'.repeat(400_000)}`, YAML)],
  ['JSON of keys', 413, create(MAPS, () => configMap(keys(130_000)))],
  ['JSON of keys for a custom kind', 413, create(FREE, () => free(keys(130_000)))],
  ['JSON of as many keys as there may be', 201, create(MAPS, () => configMap(keys(49_000)))],
  ['the same for a custom kind', 201, create(FREE, () => free(keys(49_000)))],
  ['JSON of unknown fields', 413, create(MAPS, () => `{"metadata":{"name":"a"},${keys(130_000).slice(1)}`)],
  ['JSON of brackets', 400, create(MAPS, () => '['.repeat(MEGA))],
  ['JSON of brackets that are closed', 400, create(FREE, () => free(`{"a":${'['.repeat(9900)}${']'.repeat(9900)}}`))],
  ['JSON of empty lists', 413, create(FREE, () => free(`{"a":[${'[],'.repeat(900_000)}1]}`))],
  ['JSON of spaces', 400, create(MAPS, () => ' '.repeat(3 * MEGA))],
  ['JSON of text', 422, create(MAPS, () => configMap(`{"a":"${'x'.repeat(2_900_000)}"}`))],
  ['JSON of backslashes', 422, create(MAPS, () => configMap(`{"a":"${'\\\\'.repeat(1_400_000)}"}`))],
  ['a number of digits', 400, create(FREE, () => free(`{"a":${'9'.repeat(2_900_000)}}`))],
  ['a number that no double holds', 400, create(FREE, () => free('{"a":1e400}'))],
  [
    'labels',
    422,
    create(MAPS, () => configMap('{}', `"name":"a","labels":${keys(49_000).replaceAll('key-', 'key ')}`)),
  ],
  [
    'finalizers',
    201,
    create(MAPS, () => configMap('{}', `"name":"a","finalizers":[${many(60_000, (i) => `"a.io/${i}"`)}]`)),
  ],
  ['an object beyond what is stored', 500, () => ask('POST', FREE, free(`{"a":"${'x'.repeat(1_600_000)}"}`))],
  ['a long name', 422, create(MAPS, () => configMap('{}', `"name":"${'a-'.repeat(1_400_000)}"`))],
  [
    'protobuf of small fields',
    422,
    create(
      MAPS,
      () => Buffer.concat([Buffer.from('k8s\0'), Buffer.alloc(2_900_000, Buffer.from([8, 1]))]),
      patchOf('vnd.kubernetes.protobuf'),
    ),
  ],
];

const VALUES: Attack[] = [
  ['a quantity of digits', 400, create(PODS, () => pod(`"resources":{"requests":{"cpu":"${'9'.repeat(2 * MEGA)}"}}`))],
  [
    'a quantity of places',
    400,
    create(PODS, () => pod(`"resources":{"requests":{"cpu":"0.${'9'.repeat(2 * MEGA)}"}}`)),
  ],
  ['an enum', 422, create(RULED, () => ruled(`{"enums":[${many(90_000, () => '"x"')}]}`))],
  ['values of an enum', 201, create(RULED, () => ruled(`{"enums":[${many(90_000, () => '"value4999"')}]}`))],
  ['a pattern', 422, create(RULED, () => ruled(`{"patterns":["${'a'.repeat(50_000)}b"]}`))],
  ['a pattern for many', 422, create(RULED, () => ruled(`{"patterns":[${many(90_000, () => '"aaab"')}]}`))],
  ['a set', 201, create(RULED, () => ruled(`{"set":[${many(90_000, (i) => `"v${i}"`)}]}`))],
  ['a keyed list', 201, create(RULED, () => ruled(`{"map":[${many(30_000, (i) => `{"name":"v${i}"}`)}]}`))],
  ['defaults', 413, create(RULED, () => ruled(`{"defaults":[${many(40_000, () => '{}')}]}`))],
  [
    'items of a limit range',
    422,
    create(
      `${DEFAULT}/limitranges`,
      () => `{"metadata":{"name":"a"},"spec":{"limits":[${many(40_000, (i) => `{"type":"T${i}"}`)}]}}`,
    ),
  ],
  [
    'scopes of a quota',
    422,
    create(
      `${DEFAULT}/resourcequotas`,
      () =>
        `{"metadata":{"name":"a"},"spec":{"scopes":[${many(40_000, () => '"BestEffort"')}],"hard":{${many(20_000, (i) => `"requests.${i}":"1"`)}}}}`,
    ),
  ],
];

const PATCHES: Attack[] = [
  [
    'a JSON patch of operations',
    413,
    patch(`${MAPS}/base`, 'json-patch+json', () => `[${many(30_000, () => '{"op":"test","path":"/data/a"}')}]`),
  ],
  [
    'a JSON patch that doubles',
    422,
    patch(
      `${FREE}/base`,
      'json-patch+json',
      () =>
        `[{"op":"add","path":"/spec/x","value":[1]},${many(40, () => '{"op":"copy","from":"/spec/x","path":"/spec/x/-"}')}]`,
    ),
  ],
  [
    'a JSON patch that inserts',
    413,
    patch(
      `${FREE}/base`,
      'json-patch+json',
      () =>
        `[{"op":"add","path":"/spec/l","value":[${many(50_000, () => '1')}]},${many(4000, () => '{"op":"add","path":"/spec/l/0","value":1}')}]`,
    ),
  ],
  [
    'a JSON patch of a long path',
    422,
    patch(`${FREE}/base`, 'json-patch+json', () => `[{"op":"add","path":"${'/a'.repeat(1_400_000)}","value":1}]`),
  ],
  ['a merge patch', 413, patch(`${MAPS}/base`, 'merge-patch+json', () => `{"data":${keys(130_000)}}`)],
  [
    'a strategic merge patch',
    413,
    patch(`${MAPS}/base`, 'strategic-merge-patch+json', () => `{"data":${keys(130_000)}}`),
  ],
  ['an apply', 413, patch(`${FREE}/applied`, 'apply-patch+yaml', () => free(keys(130_000)))],
  ['an apply of as many keys as there may be', 201, patch(`${MAPS}/wide`, 'apply-patch+yaml', () => applied(40_000))],
  [
    'an apply that is made, changed and halved',
    200,
    async () => {
      for (const count of [30_000, 30_001, 15_000]) {
        const path = `${MAPS}/wide?fieldManager=m&force=true`;
        const answer = await ask('PATCH', path, applied(count), patchOf('apply-patch+yaml'));
        if (count === 15_000 || answer.status > 201) return answer;
      }
      throw new Error('no last one');
    },
  ],
  [
    'a definition of properties',
    201,
    create(CRD, () => {
      const properties = Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [`p${i}`, { type: 'string' }]));
      return definition('wides', 'Wide', { type: 'object', properties });
    }),
  ],
];

describe('a request', () => {
  beforeAll(async () => {
    cluster = await startCluster(['--roles', 'api']);
    admin = administrator(cluster);
    const strings = { type: 'array', items: { type: 'string' } };
    const of = (items: object): object => ({ type: 'array', items });
    const spec = {
      type: 'object',
      properties: {
        enums: of({ type: 'string', enum: Array.from({ length: 5000 }, (_, i) => `value${i}`) }),
        patterns: of({ type: 'string', pattern: '^(a+)+$' }),
        set: { ...strings, 'x-kubernetes-list-type': 'set' },
        map: {
          ...of({ type: 'object', required: ['name'], properties: { name: { type: 'string' } } }),
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
        },
        defaults: of({
          type: 'object',
          properties: Object.fromEntries(
            Array.from({ length: 50 }, (_, i) => [`p${i}`, { type: 'string', default: 'x' }]),
          ),
        }),
      },
    };
    const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    expect((await ask('POST', CRD, definition('frees', 'Free', open))).status).toBe(201);
    expect((await ask('POST', CRD, definition('ruleds', 'Ruled', spec))).status).toBe(201);
    await eventually(
      () => ask('GET', FREE),
      ({ status }) => status === 200,
    );
    await eventually(
      () => ask('GET', RULED),
      ({ status }) => status === 200,
    );
    expect((await ask('POST', MAPS, configMap('{"a":"b"}', '"name":"base"'))).status).toBe(201);
    expect((await ask('POST', FREE, free('{"a":"b"}').replace('"big"', '"base"'))).status).toBe(201);
    other = admin.bystander(DEFAULT);
  });
  afterAll(async () => {
    await other.stop();
    admin.close();
    await cluster.remove();
  });

  describe.each([
    ['in its head', HEADERS],
    ['in its body', BODIES],
    ['in its values', VALUES],
    ['as a patch', PATCHES],
  ])('that asks for too much %s', (_, attacks) => {
    it.each(attacks)('%s: %i, and nobody waits', async (__, status, run) => {
      const { result, harm } = await other.during(run);
      expect([result.status, result.text]).toEqual([status, expect.anything()]);
      expect(harm.slowest).toBeLessThan(MAX_WAIT_MS);
      expect(harm.grown).toBeLessThan(MAX_GROWTH);
    });
  });
});
