import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyLive, livePayloadIn, type LiveChange, type LiveList } from '../../src/client/live-list.ts';

describe('a live list', () => {
  it('is what its payloads say, one after the other', () => {
    let list: LiveList<string> | undefined = applyLive<string>(undefined, {
      type: 'RESULT',
      items: ['a', 'b'],
      totalCount: 9,
    });
    list = applyLive(list, { type: 'CHANGES', totalCount: 10, changes: [{ type: 'ENTER', to: 1, object: 'x' }] });
    expect(list).toEqual({ items: ['a', 'x', 'b'], totalCount: 10, resourceVersion: undefined });
    list = applyLive(list, {
      type: 'CHANGES',
      resourceVersion: '7',
      changes: [
        { type: 'LEAVE', from: 0 },
        { type: 'MOVE', from: 0, to: 1, object: 'X' },
        { type: 'UPDATE', from: 0, to: 0, object: 'B' },
      ],
    });
    expect(list).toEqual({ items: ['B', 'X'], totalCount: 10, resourceVersion: '7' });
  });

  it('follows any edits of a list, and leaves the one before as it was', () => {
    const edit = fc.record({ at: fc.nat(), to: fc.nat(), kind: fc.constantFrom('ENTER', 'LEAVE', 'MOVE', 'UPDATE') });
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.array(edit, { maxLength: 30 }), (start, edits) => {
        const model = [...start];
        const changes = edits.flatMap(({ at, to, kind }, n): LiveChange<number>[] => {
          if (kind === 'ENTER') {
            const place = at % (model.length + 1);
            model.splice(place, 0, n);
            return [{ type: 'ENTER', to: place, object: n }];
          }
          if (!model.length) return [];
          const from = at % model.length;
          const [old] = model.splice(from, 1);
          if (kind === 'LEAVE') return [{ type: 'LEAVE', from }];
          const target = kind === 'UPDATE' ? from : to % (model.length + 1);
          const object = kind === 'UPDATE' ? n : old!;
          model.splice(target, 0, object);
          return [{ type: kind as 'MOVE' | 'UPDATE', from, to: target, object }];
        });
        const list = applyLive<number>(undefined, { type: 'RESULT', items: start });
        expect(applyLive(list, { type: 'CHANGES', changes }).items).toEqual(model);
        expect(list.items).toEqual(start);
      }),
    );
  });

  it.each<LiveChange<string>>([
    { type: 'ENTER', to: 3, object: 'x' },
    { type: 'ENTER', object: 'x' },
    { type: 'ENTER', to: 0 },
    { type: 'LEAVE', from: 2 },
    { type: 'MOVE', from: 0, to: 2, object: 'x' },
    { type: 'UPDATE', from: -1, to: 0, object: 'x' },
  ])('is not made wrong by %j', (change) => {
    const list: LiveList<string> = { items: ['a', 'b'], totalCount: 2, resourceVersion: '1' };
    expect(() => applyLive(list, { type: 'CHANGES', changes: [change] })).toThrow(/live query/);
  });

  it('needs a result first, and a field that is one', () => {
    expect(() => applyLive(undefined, { type: 'CHANGES', changes: [] })).toThrow('before its result');
    expect(livePayloadIn({ other: 1, mine: { type: 'RESULT' } })).toEqual({ type: 'RESULT' });
    expect(() => livePayloadIn({ podsWatch: { type: 'ADDED' } })).toThrow('no field of a live query');
  });
});
