import { describe, expect, it, test } from 'vitest';
import { optionsAt, type Known } from '../../../dashboard/app/schema/complete.ts';
import { SchemaLoader } from '../../../dashboard/app/schema/load-schemas.ts';
import { placeInYaml } from '../../../dashboard/app/schema/place-in-yaml.ts';
import { problemsOf } from '../../../dashboard/app/schema/problems-of.ts';
import { ITEM, schemaAt, typeNameOf, type KindSchema, type Schema } from '../../../dashboard/app/schema/schema.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { OpenApi } from '../../../src/rest/openapi/openapi.ts';

/** The documents that the server sends. */
const openApi = new OpenApi(createRegistry());
const loader = new SchemaLoader(<T>(path: string): Promise<T> => {
  if (path === '/openapi/v3') {
    const paths = [...openApi.index()].map(([id, serverRelativeURL]) => [id, { serverRelativeURL }]);
    return Promise.resolve({ paths: Object.fromEntries(paths) } as T);
  }
  const document = openApi.third(path.slice('/openapi/v3/'.length).replace(/\?.*/, ''));
  if (!document) return Promise.reject(new Error(path));
  return Promise.resolve(JSON.parse([...document.pieces()].map(String).join('')) as T);
});
const known: Known = {
  schemaOf: (apiVersion, kind) => loader.of(apiVersion, kind),
  kinds: [
    { group: '', version: 'v1', kind: 'Pod' },
    { group: 'apps', version: 'v1', kind: 'Deployment' },
  ],
};

/** The text without its `|`, and where that was. */
function marked(text: string): [text: string, offset: number] {
  const at = text.indexOf('¦');
  return [text.replace('¦', ''), at];
}

describe('the place in a YAML text', () => {
  test.each<[text: string, path: readonly unknown[], field: string | undefined, word: string]>([
    ['¦', [], undefined, ''],
    ['api¦', [], undefined, 'api'],
    ['kind: De¦', [], 'kind', 'De'],
    ['spec:\n  rep¦', ['spec'], undefined, 'rep'],
    ['spec:\n  ¦', ['spec'], undefined, ''],
    ['spec:\n  containers:\n  - na¦', ['spec', 'containers', ITEM], undefined, 'na'],
    ['spec:\n  containers:\n    - na¦', ['spec', 'containers', ITEM], undefined, 'na'],
    ['spec:\n  containers:\n  - name: a\n    ima¦', ['spec', 'containers', ITEM], undefined, 'ima'],
    ['spec:\n  containers:\n  - name: a\n  - ima¦', ['spec', 'containers', ITEM], undefined, 'ima'],
    ['spec:\n  containers:\n  - ports:\n    - prot¦', ['spec', 'containers', ITEM, 'ports', ITEM], undefined, 'prot'],
    ['spec:\n  containers:\n  - name: a\n  rest¦', ['spec'], undefined, 'rest'],
    ['spec:\n  a: b\n\n  # said\n  dns¦', ['spec'], undefined, 'dns'],
    ['a: 1\n---\nspec:\n  x¦\n---\nb: 2', ['spec'], undefined, 'x'],
    ['metadata:\n  labels:\n    "a/b": c¦', ['metadata', 'labels'], 'a/b', 'c'],
    ['spec:\n  restartPolicy: ¦', ['spec'], 'restartPolicy', ''],
    ['- - a: 1\n    b¦', [ITEM, ITEM], undefined, 'b'],
  ])('%j', (given, path, field, word) => {
    const [text, offset] = marked(given);
    expect(placeInYaml(text, offset)).toMatchObject({ path, field, word });
  });

  test.each([
    ['a comment', '# a¦'],
    ['a comment behind a value', 'a: b # c¦'],
    ['a text of several lines', 'data:\n  a: |\n    b¦'],
    ['flow style', 'a: {b¦'],
    ['a quoted value', 'a: "b¦'],
    ['the middle of a word', 'a¦b: c'],
    ['a value where an object cannot be', 'a: b\n  c¦'],
    ['the line between documents', '---¦'],
  ])('nothing is said of %s', (_, given) => {
    expect(placeInYaml(...marked(given))).toBeUndefined();
  });

  test('with the kind of its document and the fields that are there already', () => {
    const [text, offset] = marked(
      'kind: Pod\n---\napiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    ¦\n    image: b\n  - command: []\n  hostname: c\n',
    );
    const place = placeInYaml(text, offset);
    expect(place).toMatchObject({ apiVersion: 'v1', kind: 'Pod' });
    expect([...(place?.present ?? [])].sort()).toEqual(['image', 'name']);
  });
});

describe('what is offered', () => {
  const labels = async (given: string): Promise<string[]> => {
    const place = placeInYaml(...marked(given));
    return place ? (await optionsAt(place, known)).map(({ label }) => label) : [];
  };
  const POD = 'apiVersion: v1\nkind: Pod\n';

  test.each<[string, string[], string[]]>([
    ['¦', ['apiVersion', 'kind', 'metadata'], ['spec']],
    ['kind: ¦', ['Pod', 'Deployment'], []],
    ['apiVersion: apps/v1\nkind: ¦', ['Deployment'], ['Pod']],
    ['apiVersion: ¦\nkind: Pod', ['v1'], ['apps/v1']],
    [`${POD}¦`, ['metadata', 'spec'], ['kind', 'apiVersion', 'replicas']],
    [`${POD}spec:\n  ¦`, ['containers', 'hostNetwork'], ['template']],
    [`${POD}spec:\n  containers:\n  - ¦`, ['image', 'name', 'ports'], ['containers']],
    [`${POD}spec:\n  hostNetwork: ¦`, ['true', 'false'], []],
    [`${POD}spec:\n  containers:\n  - imagePullPolicy: ¦`, [], ['true']],
    [
      'apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      ¦',
      ['containers', 'nodeSelector'],
      [],
    ],
    ['apiVersion: none/v1\nkind: None\nspec:\n  ¦', [], ['containers']],
  ])('%j', async (given, some, none) => {
    const found = await labels(given);
    expect(found).toEqual(expect.arrayContaining(some));
    for (const each of none) expect(found).not.toContain(each);
  });

  it('writes on where the value of a field begins', async () => {
    const place = placeInYaml(...marked(`${POD}spec:\n  ¦`));
    const options = place ? await optionsAt(place, known) : [];
    const apply = (label: string) => options.find((each) => each.label === label)?.apply;
    expect(apply('hostname')).toBe('hostname: ');
    expect(apply('containers')).toBe('containers:\n  - ');
    expect(apply('securityContext')).toBe('securityContext:\n    ');
    expect(options.find(({ label }) => label === 'containers')).toMatchObject({
      detail: 'list of Container',
      boost: 1,
    });
  });
});

describe('problems that are told', () => {
  const of = async (text: string, schemaOf = known.schemaOf): Promise<string[]> =>
    (await problemsOf(text, schemaOf)).map(
      ({ from, message, severity }) => `${severity} ${text.slice(0, from).split('\n').length}: ${message}`,
    );
  const pod = (spec: string): string => `apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n${spec}`;

  test.each<[string, string, string[]]>([
    ['nothing', pod('    image: a\n'), []],
    ['a field that is not there', pod('    imge: a\n'), ['warning 6: there is no field imge']],
    ['another type', pod('    image: [a]\n'), ['error 6: string is wanted here']],
    ['a number for a text', pod('    image: 1\n'), ['error 6: string is wanted here']],
    ['a text for a number', pod('    ports:\n    - containerPort: "80"\n'), ['error 7: integer is wanted here']],
    ['a field for a list', pod('    ports: 80\n'), ['error 6: list of ContainerPort is wanted here']],
    ['what is needed', 'apiVersion: v1\nkind: Pod\nspec: {}\n', ['error 3: containers is required']],
    ['quantities', pod('    resources:\n      limits: { cpu: 1, memory: 1Gi }\n'), []],
    [
      'what is a number or a text',
      'apiVersion: v1\nkind: Service\nspec:\n  ports:\n  - port: 1\n    targetPort: web\n',
      [],
    ],
    ['null', pod('    image:\n'), []],
    ['any label', 'apiVersion: v1\nkind: Pod\nmetadata:\n  labels: { a: b }\nspec:\n  containers: []\n', []],
    ['a kind that is unknown', 'apiVersion: a/v1\nkind: None\nspec: 1\n', []],
    ['text that is no object', 'just words', []],
  ])('of %s', async (_, text, wanted) => expect(await of(text)).toEqual(wanted));

  it('of text that is no YAML, and of each document', async () => {
    const found = await of(`a: [\n---\n${pod('    imge: a\n')}`);
    expect(found.some((each) => each.startsWith('error'))).toBe(true);
    expect(found.at(-1)).toBe('warning 8: there is no field imge');
  });

  test('of a custom kind: bounds, values, and fields that are kept', async () => {
    const root: Schema = {
      type: 'object',
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        spec: {
          type: 'object',
          properties: {
            crew: { type: 'integer', minimum: 1, maximum: 9 },
            sail: { type: 'string', enum: ['white', 'red'] },
            name: { type: 'string', minLength: 2, maxLength: 3 },
            free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: {} },
            share: { 'x-kubernetes-int-or-string': true },
          },
        },
      },
    };
    const schemaOf = async (): Promise<KindSchema> => ({ root, all: {} });
    const spec = 'crew: 0\n  sail: blue\n  name: abcd\n  free: { a: 1 }\n  share: 1.5';
    expect(await of(`apiVersion: b/v1\nkind: Boat\nspec:\n  ${spec}\n`, schemaOf)).toEqual([
      'error 4: at least 1',
      'error 5: one of white, red',
      'error 6: at most 3 characters',
      'error 8: integer or string is wanted here',
    ]);
  });
});

test('schemas are asked for once, anew when the server has others, and a lost answer is no error', async () => {
  const asked: string[] = [];
  let hash = 'a';
  let fails = true;
  const kind = [{ group: 'b', version: 'v1', kind: 'Boat' }];
  const schemas = new SchemaLoader(async <T>(path: string): Promise<T> => {
    asked.push(path);
    if (fails) throw new Error('gone');
    if (path === '/openapi/v3') return { paths: { 'apis/b/v1': { serverRelativeURL: `/x?${hash}` } } } as T;
    return { components: { schemas: { Boat: { type: hash, 'x-kubernetes-group-version-kind': kind } } } } as T;
  });
  expect(await schemas.of('b/v1', 'Boat')).toBeUndefined();
  fails = false;
  expect((await schemas.of('b/v1', 'Boat'))?.root.type).toBe('a');
  expect(await schemas.of('b/v1', 'None')).toBeUndefined();
  expect(await schemas.of('c/v1', 'Boat')).toBeUndefined();
  hash = 'b';
  schemas.refresh();
  expect((await schemas.of('b/v1', 'Boat'))?.root.type).toBe('b');
  expect(asked).toEqual(['/openapi/v3', '/openapi/v3', '/x?a', '/openapi/v3', '/x?b']);
});

test('a path through a schema that refers to itself', () => {
  const all = { Node: { properties: { next: { allOf: [{ $ref: '#/components/schemas/Node' }], default: {} } } } };
  const root = { $ref: '#/components/schemas/Node' };
  expect(schemaAt({ root, all }, ['next', 'next', 'next'])).toMatchObject({ default: {} });
  expect(schemaAt({ root, all }, ['next', 'none'])).toBeUndefined();
});

describe('a text that takes long', () => {
  const nothing = () => Promise.resolve(undefined);
  const within = async (ms: number, work: () => unknown): Promise<void> => {
    const began = performance.now();
    await work();
    expect(performance.now() - began).toBeLessThan(ms);
  };
  it('is checked in less than the square of its keys', () => {
    const keys = Array.from({ length: 15_000 }, (_, i) => `key-${i}: v\n`).join('');
    return within(3000, () => problemsOf(keys, nothing));
  });
  it('says which key is there twice, also where no schema is known', async () => {
    const found = await problemsOf('a:\n  b: 1\n  c: 2\n  b: 3\n', nothing);
    expect(found).toEqual([{ from: 19, to: 20, severity: 'error', message: 'Map keys must be unique' }]);
  });
  it('is not checked beyond a bound, and that is said', async () => {
    const [problem, ...others] = await problemsOf(`a: ${'x'.repeat(300_000)}`, nothing);
    expect([problem?.severity, others]).toEqual(['warning', []]);
  });
  it('is looked at line by line in time, however its lines are', () =>
    within(1000, () => placeInYaml(`a:\n  b${' '.repeat(100_000)}c\n  x`, 100_010)));
  it('has types that may be lists of themselves', () => {
    const all = { Loop: { type: 'array', items: { $ref: '#/components/schemas/Loop' } } };
    expect(typeNameOf({ $ref: '#/components/schemas/Loop' }, all)).toMatch(/^(list of )+anything$/);
  });
});
