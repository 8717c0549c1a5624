import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { FakeApi } from '../../support/fake-api.ts';
import { askOf, configMap, namespace, podOf, reader, type Ask } from './support.ts';

let fake: FakeApi;
let ask: Ask;
beforeAll(async () => {
  fake = await FakeApi.open();
  ask = askOf(fake);
  await fake.give(namespace('b'));
  await fake.give(
    configMap('a', 'falcon', { note: 'osprey' }, { team: 'raptors' }),
    configMap('b', 'falcon-b'),
    configMap('a', 'grey-falcon'),
    podOf('kestrel', 'falconry', '1', '1Mi'),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'key',
        namespace: 'a',
        annotations: {
          'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"k":"osprey"}}',
          owner: 'Raptors',
        },
      },
      stringData: { value: 'osprey' },
    },
  );
  await fake.give(...reader('ann', 'a', 'configmaps'));
});
afterAll(() => fake.close());

const search = async (args: string, user?: string) => {
  const { data, errors } = await ask(`{ search(${args}) { resource namespace name field text } }`, undefined, user);
  if (errors) throw new Error(`${errors[0]?.extensions.code}: ${errors[0]?.message}`);
  return data.search as { resource: string; namespace: string; name: string; field: string; text: string }[];
};
const found = async (args: string, user?: string): Promise<string[]> =>
  (await search(args, user)).map(({ resource, name }) => `${resource}/${name}`);

describe('search', () => {
  test.each([
    ['text: "falcon", kinds: ["configmaps"]', ['configmaps/falcon', 'configmaps/falcon-b', 'configmaps/grey-falcon']],
    ['text: "FALCON grey"', ['configmaps/grey-falcon']],
    ['text: "falconry"', ['pods/kestrel']],
    ['text: "registry.example.com/kestrel"', ['pods/kestrel']],
    ['text: "team=raptors"', ['configmaps/falcon']],
    ['text: "raptors", kinds: ["secrets", "configmaps"], namespaces: ["a"]', ['configmaps/falcon', 'secrets/key']],
    ['text: "falcon", namespaces: ["b"]', ['configmaps/falcon-b']],
    ['text: "falcon", first: 1', ['configmaps/falcon']],
    ['text: "osprey"', []],
  ])('%s', async (args, expected) => {
    expect((await found(args)).sort()).toEqual([...expected].sort());
  });

  it('says where it was found; names come first', async () => {
    const hits = await search('text: "falcon"');
    expect(hits.map(({ field }) => field)).toEqual([
      'metadata.name',
      'metadata.name',
      'metadata.name',
      'spec.nodeName',
    ]);
    expect(hits.at(-1)).toMatchObject({ name: 'kestrel', text: 'falconry' });
  });

  it('leaves out what may not be listed, without a trace', async () => {
    expect(await found('text: "falcon"', 'ann')).toEqual(['configmaps/falcon', 'configmaps/grey-falcon']);
    expect(await found('text: "falcon", namespaces: ["b"]', 'ann')).toEqual([]);
    expect(await found('text: "kestrel", kinds: ["pods"]', 'ann')).toEqual([]);
    expect(await found('text: "falcon"', 'nobody')).toEqual([]);
  });

  test.each([
    ['text: " "', '400: text: a word'],
    [`text: "${'x'.repeat(300)}"`, '400: text: more than'],
    ['text: "a", first: 0', '400: first must be'],
    ['text: "a", kinds: ["nothing"]', '404'],
  ])('%.40s is refused', async (args, message) => {
    await expect(found(args)).rejects.toThrow(message);
  });
});
