import { expect, it } from 'vitest';
import type { OperationContext } from '../../../src/resolvers/context.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { Budget, DEFAULT_BUDGET } from '../../../src/resolvers/budget.ts';
import { Aggregation } from '../../../src/resolvers/where/aggregate/aggregation.ts';
import { compileGroupField } from '../../../src/resolvers/where/aggregate/group-by.ts';
import type { Stored } from '../../../src/store/contract.ts';
import { Item } from '../../../src/store/item.ts';
import { Retained } from '../../../src/store/retained.ts';

const registry = createRegistry();
const kind = registry.preferred('pods')!;
const retained = new Retained(100);
const budget = new Budget(DEFAULT_BUDGET);

function pod(i: number, revision: number, nodeName: string): Stored {
  const name = `p${String(i).padStart(4, '0')}`;
  const containers = Array.from({ length: revision % 3 }, () => ({
    resources: { requests: { cpu: `${revision % 7}00m` } },
  }));
  const object = {
    metadata: { name, namespace: 'a', resourceVersion: String(revision) },
    spec: { nodeName, containers },
  };
  const columns = { uid: name, labels: undefined, fields: undefined, owners: undefined };
  const key = { resource: 'pods', namespace: 'a', name };
  return new Item(key, revision, Buffer.from(JSON.stringify(object)), columns, retained);
}

const CPU = { spec: { containers: { resources: { requests: { key: 'cpu' } } } } };

async function sums(items: readonly Stored[], whole: boolean): Promise<unknown> {
  const context = { api: { registry } } as unknown as OperationContext;
  const field = compileGroupField(kind, { spec: { nodeName: 'ASC' } }, 'groupBy[0]', context, {
    path: undefined as never,
  });
  const { groups } = await Aggregation.of(kind, items, [field], budget, whole);
  return Promise.all(
    groups.map(async (group) => [
      group.by[0]?.shown,
      group.count,
      (await group.reduced('sum', CPU, 'sum'))?.shown,
      (await group.reduced('max', CPU, 'max'))?.shown,
    ]),
  );
}

it('what is kept of a long list gives the same as looking at all of it, also after writes', async () => {
  let items: readonly Stored[] = Array.from({ length: 1500 }, (_, i) => pod(i, i + 1, `n${i % 9}`));
  for (let round = 0; round < 5; round++) {
    expect(await sums(items, true)).toEqual(await sums(items, false));
    const changed = items.filter((_, i) => i % 97 !== round);
    for (let i = round; i < changed.length; i += 50) {
      // names stay in order: a pod is written where it stands
      const index = Number(changed[i]!.name.slice(1));
      changed[i] = pod(index, 2000 + round * 1000 + i, `m${i % 5}`);
    }
    items = changed;
  }
});
