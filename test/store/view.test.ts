import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Compacted, type Key, type Scope } from '../../src/store/contract.ts';
import { Item } from '../../src/store/item.ts';
import { Retained } from '../../src/store/retained.ts';
import { State } from '../../src/store/state.ts';
import { StateView, type PastReads } from '../../src/store/view.ts';

const retained = new Retained();
interface Written {
  resource: string;
  namespace: string;
  name: string;
  deleted: boolean;
  owners: string[];
}
const write: fc.Arbitrary<Written> = fc.record({
  resource: fc.constantFrom('pods', 'nodes'),
  namespace: fc.constantFrom('x', 'y'),
  name: fc.constantFrom('1', '2', '3'),
  deleted: fc.boolean(),
  owners: fc.uniqueArray(fc.constantFrom('u', 'v'), { maxLength: 2 }),
});
const placeOf = ({ resource, namespace, name }: Key): string => `${resource}/${namespace}/${name}`;

/** The state, and beside it what all of it was at each revision. */
class Recorded {
  readonly state: State;
  readonly at: ReadonlyMap<string, Item>[] = [new Map()];

  constructor(ring: number) {
    this.state = new State({ events: ring, bytes: 1 << 20 }, () => undefined);
  }
  write({ deleted, owners, ...key }: Written): void {
    const last = this.at.at(-1)!;
    const there = last.has(placeOf(key));
    if (deleted && !there) return;
    const revision = this.at.length;
    const columns = { uid: placeOf(key), labels: undefined, fields: undefined, owners };
    const body = Buffer.from('{"metadata":{}}');
    const item = deleted ? undefined : new Item(key, revision, body, columns, retained);
    this.state.apply([{ ...key, type: deleted ? 'DELETED' : there ? 'MODIFIED' : 'ADDED', revision, item }]);
    const next = new Map(last);
    if (item) next.set(placeOf(key), item);
    else next.delete(placeOf(key));
    this.at.push(next);
  }
  /** what reads the log */
  readonly past: PastReads = {
    checkAge: () => undefined,
    listAt: async (scope, revision) => ({ items: this.list(scope, revision), revision }),
  };
  list({ resource, namespace }: Scope, revision: number): Item[] {
    const items = [...this.at[revision]!.values()].filter(
      (item) => item.resource === resource && (namespace ?? item.namespace) === item.namespace,
    );
    return items.sort((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  }
}

const revisions = (items: Iterable<{ revision: number }>): number[] => [...items].map(({ revision }) => revision);
const ascending = (numbers: number[]): number[] => numbers.sort((a, b) => a - b);

test.each([
  ['as long as the ring remembers', 1000],
  ['and beyond', 3],
])('a view is the state as it was, %s', async (_, ring) => {
  await fc.assert(
    fc.asyncProperty(fc.array(write), fc.array(write), fc.array(write), async (before, after, later) => {
      const recorded = new Recorded(ring);
      for (const one of before) recorded.write(one);
      const revision = recorded.state.revision;
      const view = new StateView(recorded.state, recorded.past, revision);
      // some reads come before the second half of the writes, and must not be what later ones are answered with
      for (const writes of [[], after, later]) {
        for (const one of writes) recorded.write(one);
        for (const resource of ['pods', 'nodes']) {
          for (const scope of [{ resource }, { resource, namespace: 'x' }])
            expect(revisions(await view.list(scope))).toEqual(revisions(recorded.list(scope, revision)));
          const key = { resource, namespace: 'y', name: '2' };
          if (ring > 3)
            expect((await view.get(key))?.revision).toBe(recorded.at[revision]!.get(placeOf(key))?.revision);
        }
        for (const owner of ['u', 'v']) {
          const owned = view.owned(owner);
          const expected = [...recorded.at[revision]!.values()].filter(({ owners }) => owners?.includes(owner));
          if (owned) expect(ascending(revisions(owned))).toEqual(ascending(revisions(expected)));
          else expect(recorded.state.ringSince).toBeGreaterThan(revision);
        }
      }
    }),
  );
});

test('what was and is not to be shown any more is refused, and what has not changed since is not', () => {
  const recorded = new Recorded(1000);
  const one = (name: string): Written => ({ resource: 'pods', namespace: 'x', name, deleted: false, owners: ['u'] });
  recorded.write(one('1'));
  recorded.write({ ...one('2'), resource: 'nodes' });
  const checkAge = (): never => {
    throw new Compacted(2, 3);
  };
  const view = new StateView(recorded.state, { ...recorded.past, checkAge }, 2);
  recorded.write({ ...one('1'), owners: [] });
  expect(() => view.list({ resource: 'pods' })).toThrow(Compacted);
  expect(() => view.owned('u')).toThrow(Compacted);
  expect(view.list({ resource: 'nodes' })).toHaveLength(1);
});
