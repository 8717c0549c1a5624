import { afterAll, beforeAll, describe, expect, it, test, vi } from 'vitest';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { Budget, DEFAULT_BUDGET } from '../../../src/resolvers/budget.ts';
import { rightsTo } from '../../../src/resolvers/table/rights.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { asUser } from '../recording-api.ts';
import { askOf, configMap, namespace, podOf, reader, type Ask } from '../where/support.ts';

const registry = createRegistry();
/** Kinds whose objects are printed in the version in which they are served first. */
const stored = registry
  .all()
  .filter((each) => each.storage.persisted && !each.convert && registry.preferred(each.storage.key) === each);

let fake: FakeApi;
let ask: Ask;
beforeAll(async () => {
  fake = await FakeApi.open();
  ask = askOf(fake);
  await fake.give(namespace('b'));
  await fake.give(configMap('a', 'settings'), podOf('web', 'n1', '1', '1Mi'));
  await fake.give(...reader('ann', 'a', 'configmaps'), ...reader('bea', 'b', 'namespaces'));
});
afterAll(() => fake.close());

interface Info {
  resource: string;
  columns: { name: string; priority: number }[];
  rights: string[];
}
const kind = async (resource: string, fields: string, user?: string): Promise<Info> => {
  const { data, errors } = await ask(`{ kinds(preferred: true) { resource ${fields} } }`, undefined, user);
  expect(errors).toBeUndefined();
  return (data.kinds as Info[]).find((each) => each.resource === resource)!;
};

describe('cells', () => {
  it('are a row with a cell for each column', async () => {
    const { columns } = await kind('pods', 'columns { name priority }');
    const { data } = await ask('{ pods(namespace: "a") { items { cells } } }');
    const [{ cells }] = data.pods.items as [{ cells: unknown[] }];
    expect(columns.map(({ name }) => name).slice(0, 3)).toEqual(['Name', 'Ready', 'Status']);
    expect(cells).toHaveLength(columns.length);
    expect(cells.slice(0, 2)).toEqual(['web', '0/1']);
  });

  test.each(stored.map(({ storage }) => [storage.key]))('%s can be asked for them', async (resource) => {
    const { many } = (await kind(resource, 'many')) as unknown as { many: string };
    const { errors } = await ask(`{ ${many} { items { cells } } }`);
    expect(errors).toBeUndefined();
  });
});

test('kinds can be asked for by their resources', async () => {
  const { data } = await ask(
    '{ kinds(preferred: true, resources: ["pods", "none", "deployments.apps"]) { resource } }',
  );
  expect(data.kinds.map(({ resource }: Info) => resource).sort()).toEqual(['deployments.apps', 'pods']);
});

test('names of resources are a thousand at most', async () => {
  const resources = (length: number) => Array.from({ length }, (_, i) => `r${i}`);
  const query = 'query ($names: [String!]) { kinds(resources: $names) { resource } }';
  expect((await ask(query, { names: resources(1000) })).data).toEqual({ kinds: [] });
  expect((await ask(query, { names: resources(1001) })).errors).toMatchObject([{ extensions: { code: 400 } }]);
});

describe('rights', () => {
  describe('of very many aliases', () => {
    const pods = registry.preferred('pods')!;
    const many = (budget: Budget, count: number) =>
      Promise.race([
        Promise.all(
          Array.from({ length: count }, (_, i) =>
            rightsTo({ api: fake.api, request: asUser('ann'), budget }, pods, `n${i}`, ''),
          ),
        ),
        budget.exceeded,
      ]);

    it('are counted', async () => {
      const budget = new Budget({ ...DEFAULT_BUDGET, looks: 100_000 });
      await expect(many(budget, 2_000)).rejects.toMatchObject({ code: 413 });
    });

    it('give way to others', async () => {
      let now = performance.now();
      const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
      const authorize = vi.spyOn(fake.api, 'authorize').mockImplementation(() => {
        now += 1;
        return { allowed: true, reason: '' };
      });
      try {
        const budget = new Budget(DEFAULT_BUDGET);
        const turn = vi.spyOn(budget, 'turn');
        await many(budget, 50);
        // each takes nine, and a turn is five
        expect(turn.mock.calls.length).toBeGreaterThan(45);
      } finally {
        clock.mockRestore();
        authorize.mockRestore();
      }
    });
  });

  it('are the verbs that the caller has there', async () => {
    expect((await kind('configmaps', 'rights(namespace: "a")', 'ann')).rights).toEqual(['get', 'list']);
    expect((await kind('configmaps', 'rights(namespace: "b")', 'ann')).rights).toEqual([]);
    expect((await kind('configmaps', 'rights', 'ann')).rights).toEqual([]);
    expect((await kind('configmaps', 'rights')).rights).toContain('delete');
  });

  it('are of a subresource, where the kind has it', async () => {
    expect((await kind('pods', 'rights(subresource: "log")')).rights).toEqual(['get']);
    expect((await kind('configmaps', 'rights(subresource: "log")')).rights).toEqual([]);
  });
});

describe('myRights', () => {
  test('tells of a resource that is not served here what the roles say', async () => {
    const query = '{ all: myRights(resource: "nodes.metrics.k8s.io") b: myRights(resource: "pods", namespace: "b") }';
    expect((await ask(query)).data).toMatchObject({
      all: expect.arrayContaining(['get', 'list', 'delete']) as unknown,
    });
    expect((await ask(query, undefined, 'bea')).data.all).toEqual([]);
  });
});

describe('myNamespaces', () => {
  it('are those that one may get', async () => {
    const { data } = await ask('{ myNamespaces }', undefined, 'bea');
    expect(data.myNamespaces).toEqual(['b']);
    expect((await ask('{ myNamespaces }', undefined, 'ann')).data.myNamespaces).toEqual([]);
    expect((await ask('{ myNamespaces }')).data.myNamespaces).toEqual(expect.arrayContaining(['a', 'b']));
  });
});
