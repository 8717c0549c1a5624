import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { FakeApi } from '../../support/fake-api.ts';
import { askOf, configMap, namespace, reader, type Ask, type Result } from './support.ts';

let fake: FakeApi;
let ask: Ask;
beforeAll(async () => {
  fake = await FakeApi.open();
  ask = askOf(fake);
  await fake.give(namespace('b'), namespace('c'));
  for (const [i, name] of ['p', 'q', 'r', 's', 't'].entries())
    await fake.give(configMap('a', name, { size: String(5 - i) }, { even: String(i % 2 === 0) }));
  await fake.give(configMap('b', 'x'), configMap('c', 'y'));
  await fake.give(...reader('ann', 'a', 'configmaps'), ...reader('ann', 'b', 'configmaps'));
});
afterAll(() => fake.close());

const FIELDS = `totalCount continue remainingItemCount resourceVersion items { metadata { namespace name } }
  pageInfo { startCursor endCursor hasNextPage hasPreviousPage }`;
const page = async (args: string, variables: Record<string, unknown> = {}, user?: string) => {
  const declared = Object.keys(variables).map((name) => `$${name}: String`);
  const head = declared.length ? `query (${declared.join(', ')})` : '';
  const { data, errors } = await ask(`${head} { configMaps(${args}) { ${FIELDS} } }`, variables, user);
  if (errors) throw new Error(`${errors[0]?.extensions.code}: ${errors[0]?.message}`);
  return data.configMaps;
};
const names = (list: { items: { metadata: { name: string } }[] }): string =>
  list.items.map(({ metadata }) => metadata.name).join('');

describe('pages', () => {
  const inA = 'namespace: "a", where: { metadata: { name: { matches: "^[p-t]$" } } }';

  test.each([
    [inA, 'pqrst'],
    [`${inA}, orderBy: [{ data: { key: "size" } }]`, 'tsrqp'],
    [`${inA}, orderBy: [{ metadata: { labels: { key: "even", pick: DESC } } }, { metadata: { name: DESC } }]`, 'trpsq'],
  ])('of %s go on forwards and backwards', async (args, all) => {
    const first = await page(`${args}, first: 2`);
    expect(names(first)).toBe(all.slice(0, 2));
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true, hasPreviousPage: false } });
    expect(first.continue).toBe(first.pageInfo.endCursor);
    const second = await page(`${args}, first: 2, after: $after`, { after: first.continue });
    expect(names(second)).toBe(all.slice(2, 4));
    const third = await page(`${args}, first: 2, after: $after`, { after: second.continue });
    expect(names(third)).toBe(all.slice(4));
    expect(third).toMatchObject({ continue: null, pageInfo: { hasNextPage: false, hasPreviousPage: true } });
    const back = await page(`${args}, last: 2, before: $before`, { before: third.pageInfo.startCursor });
    expect(names(back)).toBe(all.slice(2, 4));
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    expect(names(await page(`${args}, last: 3`))).toBe(all.slice(2));
  });

  it('are of the state of the first one, whatever is written meanwhile', async () => {
    const args = 'namespace: "c", orderBy: [{ metadata: { name: DESC } }], first: 1';
    await fake.give(configMap('c', 'k'), configMap('c', 'm'));
    const first = await page(args);
    await fake.client.delete('configmaps', 'c', 'm');
    await fake.give(configMap('c', 'l'));
    const second = await page(`${args}, after: $after`, { after: first.continue });
    expect(names(first) + names(second)).toBe('ym');
    expect(second.resourceVersion).toBe(first.resourceVersion);
  });

  test.each([
    ['another where', 'namespace: "a", where: { metadata: { name: { ne: "p" } } }'],
    ['another order', `${inA}, orderBy: [{ metadata: { name: ASC } }]`],
    ['another namespace', inA.replace('"a"', '"b"')],
    ['another selector', `${inA}, labelSelector: "even"`],
  ])('a cursor is refused with %s', async (_, args) => {
    const { continue: after } = await page(`${inA}, first: 2`);
    await expect(page(`${args}, first: 2, after: $after`, { after })).rejects.toThrow(
      '400: after: a cursor of another',
    );
  });

  test.each([
    ['first: 0', 'first must be between'],
    ['first: 2, last: 2', 'first and last'],
    ['after: "x"', 'after: not a cursor'],
    ['namespace: "a", namespaces: ["b"]', 'namespace and namespaces'],
    ['namespaces: [""]', 'namespaces: a name is empty'],
  ])('%s is refused', async (args, message) => {
    await expect(page(args)).rejects.toThrow(`400: ${message}`);
  });

  it('count what matches only where it is asked for, with labels and without', async () => {
    expect((await page('namespace: "a", labelSelector: "even=true", first: 1')).totalCount).toBe(3);
    expect((await page('namespace: "a", where: { data: { key: "size", in: ["1", "2"] } }, first: 1')).totalCount).toBe(
      2,
    );
    expect((await page('first: 1')).remainingItemCount).toBe((await page('first: 1')).totalCount - 1);
  });
});

describe('namespaces', () => {
  it('several are asked for with a right to each', async () => {
    const list = await page('namespaces: ["b", "a"], where: { metadata: { name: { matches: "^[p-x]$" } } }', {}, 'ann');
    expect(names(list)).toBe('pqrstx');
    expect(names(await page('namespaces: []', {}, 'ann'))).toBe('');
  });

  test.each([
    'first: 1',
    'namespace: "c"',
    'namespaces: ["a", "c"]',
    'namespaces: ["a", "nowhere"]',
    'namespace: "c", where: { metadata: { name: { matches: "(" } } }',
    'namespace: "c", first: 100000',
  ])('without it %s is 403, whatever else is wrong', async (args) => {
    await expect(page(args, {}, 'ann')).rejects.toThrow(/^403/);
  });
});

describe('the generic list', () => {
  const objects = (args: string, variables: object): Promise<Result> =>
    ask(
      `query ($where: JSON, $orderBy: JSON) { objects(resource: "configmaps", namespace: "a", where: $where, orderBy: $orderBy${args}) { items continue } }`,
      { ...variables },
    );

  it('takes the same as JSON', async () => {
    const where = { metadata: { name: { matches: '^[p-t]$' } } };
    const { data } = await objects(', limit: 2', { where, orderBy: [{ data: { key: 'size', pick: 'ASC' } }] });
    expect(data.objects.items.map((item: any) => item.metadata.name)).toEqual(['t', 's']);
    expect(data.objects.continue).toBeTruthy();
  });

  it('says what is wrong with it, and where', async () => {
    const { errors } = await objects('', { where: { metadata: { nam: {} } } });
    expect(errors?.[0]).toMatchObject({ extensions: { code: 400 } });
    expect(errors?.[0]?.message).toContain('where.metadata: there is no "nam" here');
  });
});

test.each(['labelSelector', 'fieldSelector'])(
  'a %s is refused that is too long, of relations too',
  async (selector) => {
    const text = 'a=b,'.repeat(20_000);
    const query = (field: string): string => `query ($text: String) { ${field} }`;
    const fields = [
      `configMaps(${selector}: $text) { totalCount }`,
      `objects(resource: "configmaps", ${selector}: $text) { items }`,
    ];
    if (selector === 'labelSelector')
      fields.push('namespace(name: "a") { contents(resource: "configmaps", labelSelector: $text) { totalCount } }');
    for (const field of fields) {
      const { errors } = await ask(query(field), { text });
      expect(errors?.[0]).toMatchObject({
        message: `${selector}: longer than 16384 characters`,
        extensions: { code: 400 },
      });
    }
  },
);
