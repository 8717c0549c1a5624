import { expect, it } from 'vitest';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { parseQuantity } from '../../../src/meta/quantity.ts';
import { Budget, DEFAULT_BUDGET } from '../../../src/resolvers/budget.ts';
import type { ListArguments } from '../../../src/resolvers/where/list-arguments.ts';
import { selectObjects } from '../../../src/resolvers/where/select-objects.ts';
import type { Stored } from '../../../src/store/contract.ts';
import { Item } from '../../../src/store/item.ts';
import { Retained } from '../../../src/store/retained.ts';
import { Random } from '../../support/random.ts';

/** What is asked of a list, answered in the slow and obvious way. */
interface Question {
  where: object;
  holds: (pod: any) => boolean;
}

const kind = createRegistry().preferred('pods')!;
const retained = new Retained(500);

const NODES = ['n1', 'n2', 'n"3"', 'ñ4', undefined];
const SIZES = ['1Gi', '1024Mi', '500M', '64Mi', '0', '1.5Gi', undefined];
const TIMES = ['2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z', '2026-06-01T12:00:00Z', undefined];
const APPS = ['web', 'db', '', undefined];

function randomPod(random: Random, name: string, namespace: string, revision: number): Stored {
  const app = random.pick(APPS);
  const nodeName = random.pick(NODES);
  const startTime = random.pick(TIMES);
  const containers = Array.from({ length: random.below(3) }, (_, i) => {
    const memory = random.pick(SIZES);
    return { name: `c${i}`, image: `img:${random.below(4)}`, ...(memory && { resources: { requests: { memory } } }) };
  });
  const object = {
    metadata: { resourceVersion: String(revision), name, namespace, ...(app !== undefined && { labels: { app } }) },
    spec: { containers, ...(nodeName && { nodeName }), ...(random.below(2) && { priority: random.below(5) - 2 }) },
    ...(startTime && { status: { startTime } }),
  };
  const columns = { uid: `${namespace}/${name}`, labels: object.metadata.labels, fields: undefined, owners: undefined };
  const bytes = Buffer.from(JSON.stringify(object));
  return new Item({ resource: 'pods', namespace, name }, revision, bytes, columns, retained);
}

const order = <T extends number | string | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
const COMPARES: Record<string, (n: number) => boolean> = {
  lt: (n) => n < 0,
  lte: (n) => n <= 0,
  gt: (n) => n > 0,
  gte: (n) => n >= 0,
};
const memoryOf = (container: any) => container.resources?.requests?.memory as string | undefined;
const nano = (text: string): bigint => parseQuantity(text).nano;

/** A question of one field, or of several of those. */
function randomQuestion(random: Random, depth = 0): Question {
  const word = random.pick(Object.keys(COMPARES));
  const compares = COMPARES[word]!;
  const forms: (() => Question)[] = [
    () => {
      const node = random.pick(['n1', 'n"3"', 'ñ4', 'none']);
      const [op, holds] = random.pick<[string, (found?: string) => boolean]>([
        ['eq', (found) => found === node],
        ['ne', (found) => found !== node],
        ['startsWith', (found) => found?.startsWith(node) ?? false],
        ['contains', (found) => found?.includes(node) ?? false],
      ]);
      return { where: { spec: { nodeName: { [op]: node } } }, holds: (pod) => holds(pod.spec.nodeName) };
    },
    () => {
      const nodes = [random.pick(['n1', 'n2']), random.pick(['ñ4', 'x'])];
      const not = random.below(2) === 1;
      return {
        where: { spec: { nodeName: { [not ? 'notIn' : 'in']: nodes } } },
        holds: (pod) => nodes.includes(pod.spec.nodeName) !== not,
      };
    },
    () => {
      const wanted = random.below(5) - 2;
      return {
        where: { spec: { priority: { [word]: wanted } } },
        holds: ({ spec: { priority } }) => priority !== undefined && compares(priority - wanted),
      };
    },
    () => {
      const size = random.pick(['1Gi', '500Mi', '1536Mi', '0']);
      const quantifier = random.pick(['some', 'every', 'none']);
      const meets = (container: any): boolean => {
        const memory = memoryOf(container);
        return memory !== undefined && compares(order(nano(memory), nano(size)));
      };
      return {
        where: {
          spec: { containers: { [quantifier]: { resources: { requests: [{ key: 'memory', [word]: size }] } } } },
        },
        holds: ({ spec: { containers } }) =>
          quantifier === 'every' ? containers.every(meets) : containers.some(meets) === (quantifier === 'some'),
      };
    },
    () => {
      const time = random.pick(['2026-01-01T01:00:00+01:00', '2026-03-01T00:00:00Z']);
      return {
        where: { status: { startTime: { [word]: time } } },
        holds: ({ status }) => status !== undefined && compares(Date.parse(status.startTime) - Date.parse(time)),
      };
    },
    () => {
      const app = random.pick(['web', '', null]);
      return {
        where: { metadata: { labels: [{ key: 'app', eq: app }] } },
        holds: ({ metadata: { labels } }) => (app === null ? labels?.app === undefined : labels?.app === app),
      };
    },
    () => {
      const exists = random.below(2) === 1;
      return { where: { status: { startTime: { exists } } }, holds: ({ status }) => (status !== undefined) === exists };
    },
    () => {
      const size = random.below(3);
      return {
        where: { spec: { containers: { size: { eq: size } } } },
        holds: ({ spec: { containers } }) => containers.length === size,
      };
    },
    () => {
      const end = random.below(10);
      return {
        where: { metadata: { name: { matches: `[0-4]?${end}$` } } },
        holds: ({ metadata: { name } }) => name.endsWith(String(end)),
      };
    },
  ];
  if (depth > 2 || random.below(3)) return random.pick(forms)();
  const parts = [randomQuestion(random, depth + 1), randomQuestion(random, depth + 1)];
  const [first] = parts as [Question];
  const wheres = parts.map(({ where }) => where);
  return random.pick<Question>([
    { where: { and: wheres }, holds: (pod) => parts.every(({ holds }) => holds(pod)) },
    { where: { or: wheres }, holds: (pod) => parts.some(({ holds }) => holds(pod)) },
    { where: { not: first.where }, holds: (pod) => !first.holds(pod) },
  ]);
}

type KeyOf = (pod: any) => number | string | bigint | undefined;
const largest = (pod: any, sign: number): bigint | undefined => {
  const sizes = (pod.spec.containers as unknown[])
    .map(memoryOf)
    .filter((size) => size !== undefined)
    .map(nano);
  return sizes.sort((a, b) => order(a, b) * sign)[0];
};
const ORDERS: [(pick: string) => object, (sign: number) => KeyOf][] = [
  [(pick) => ({ spec: { priority: pick } }), () => (pod) => pod.spec.priority],
  [(pick) => ({ spec: { nodeName: pick } }), () => (pod) => pod.spec.nodeName],
  [
    (pick) => ({ status: { startTime: pick } }),
    () =>
      ({ status }) =>
        status && Date.parse(status.startTime),
  ],
  [(pick) => ({ metadata: { labels: { key: 'app', pick } } }), () => (pod) => pod.metadata.labels?.app],
  [
    (pick) => ({ spec: { containers: { resources: { requests: { key: 'memory', pick } } } } }),
    (sign) => (pod) => largest(pod, sign),
  ],
];

function randomOrder(random: Random): { orderBy: object[]; compare: (a: any, b: any) => number } {
  const steps = Array.from({ length: random.below(3) }, () => {
    const [name, keyOf] = random.pick(ORDERS);
    const sign = random.pick([1, -1]);
    return { given: name(sign === 1 ? 'ASC' : 'DESC'), keyOf: keyOf(sign), sign };
  });
  const compare = (a: any, b: any): number => {
    for (const { keyOf, sign } of steps) {
      const [left, right] = [keyOf(a), keyOf(b)];
      if (left === undefined && right === undefined) continue;
      if (left === undefined || right === undefined) return left === undefined ? 1 : -1;
      if (order(left, right)) return order(left, right) * sign;
    }
    return order(a.metadata.namespace, b.metadata.namespace) || order(a.metadata.name, b.metadata.name);
  };
  return { orderBy: steps.map(({ given }) => given), compare };
}

const namesOf = (pods: readonly KubeObject[]): string[] =>
  pods.map(({ metadata: { namespace, name } }) => `${namespace}/${name}`);

it.each([1, 2, 3, 4])(
  'random filters, orders and pages of random objects are those of a slow model: %i',
  async (seed) => {
    const random = new Random(seed);
    let revision = 0;
    const items: Stored[] = [];
    // enough that what was found out is kept for the next time
    for (const namespace of ['a', 'b', 'c'])
      for (let i = 0; i < 400; i++)
        items.push(randomPod(random, `p${String(i).padStart(3, '0')}`, namespace, ++revision));
    let list: readonly Stored[] = items.slice();
    const budget = new Budget(DEFAULT_BUDGET);
    const select = (args: ListArguments) =>
      selectObjects({ budget }, kind, args, () => Promise.resolve({ items: list, revision }));
    let previous: Question | undefined;
    for (let round = 0; round < 20; round++) {
      // the same question again is answered from what was found before, of which some has changed since
      const { where, holds } = (previous = previous && random.below(2) ? previous : randomQuestion(random));
      const { orderBy, compare } = randomOrder(random);
      const expected = list
        .map(({ object }) => object)
        .filter(holds)
        .sort(compare);
      const said = JSON.stringify({ seed, round, where, orderBy });
      const all = await select({ where, orderBy, first: 5000 });
      expect(namesOf(all.items), said).toEqual(namesOf(expected));
      expect(await all.totalCount(), said).toBe(expected.length);
      const size = 30 + random.below(200);
      const seen: KubeObject[] = [];
      for (let after: string | null = null; ;) {
        const page = await select({ where, orderBy, first: size, after });
        expect(await page.totalCount(), said).toBe(expected.length);
        seen.push(...page.items);
        if (!page.pageInfo.hasNextPage) break;
        after = page.pageInfo.endCursor;
      }
      expect(namesOf(seen), said).toEqual(namesOf(expected));
      const behind = await select({ where, orderBy, last: size });
      expect(namesOf(behind.items), said).toEqual(namesOf(expected.slice(-size)));
      const changed = list.slice();
      for (let i = 0; i < 20; i++) {
        const at = random.below(changed.length);
        const { name, namespace } = changed[at]!;
        if (random.below(4)) changed[at] = randomPod(random, name, namespace, ++revision);
        else changed.splice(at, 1);
      }
      list = changed;
    }
  },
);
