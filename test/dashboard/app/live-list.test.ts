import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyLive, type LiveList, type LivePayload } from '../../../dashboard/app/server/live-list.ts';

type Step = LivePayload<string>['changes'][number];

/** Steps that are right for a list of so many, and the list after them. */
const stepOf = (items: readonly string[], pick: number, to: number, name: string): [Step, string[]] => {
  const next = [...items];
  const at = items.length ? pick % items.length : 0;
  const sort = items.length ? pick % 4 : 0;
  if (sort === 0) {
    next.splice(to % (items.length + 1), 0, name);
    return [{ type: 'ENTER', from: null, to: to % (items.length + 1), object: name }, next];
  }
  const [old = ''] = next.splice(at, 1);
  if (sort === 1) return [{ type: 'LEAVE', from: at, to: null, object: null }, next];
  const place = sort === 2 ? at : to % items.length;
  next.splice(place, 0, sort === 2 ? name : old);
  return [{ type: sort === 2 ? 'UPDATE' : 'MOVE', from: at, to: place, object: sort === 2 ? name : old }, next];
};

it('makes the list that the server has', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(99), fc.nat(99))), (picks) => {
      let list: LiveList<string> = applyLive(undefined, {
        type: 'RESULT',
        items: ['a', 'b'],
        changes: [],
        totalCount: 2,
        resourceVersion: '1',
      });
      let model = ['a', 'b'];
      picks.forEach(([pick, to], place) => {
        const [step, next] = stepOf(model, pick, to, `n${place}`);
        model = next;
        list = applyLive(list, {
          type: 'CHANGES',
          changes: [step],
          totalCount: model.length,
          resourceVersion: String(place),
        });
        expect(list.items).toEqual(model);
      });
    }),
  );
});

it('begins anew with a result', () => {
  const before: LiveList<string> = { items: ['old'], totalCount: 1, resourceVersion: '1' };
  const after = applyLive(before, { type: 'RESULT', items: ['new'], changes: [], totalCount: 1, resourceVersion: '9' });
  expect(after).toEqual({ items: ['new'], totalCount: 1, resourceVersion: '9' });
});
