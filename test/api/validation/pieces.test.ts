import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Assembly, sendPieces, weigh, type Piece } from '../../../src/api/validation/pieces.ts';
import { atOnce } from '../../../src/meta/steps.ts';

function sent(value: object): Piece[] {
  const pieces: Piece[] = [];
  atOnce(sendPieces(value as Record<string, unknown>, (piece) => pieces.push(structuredClone(piece))));
  return pieces;
}

function assembled(pieces: readonly Piece[]): unknown {
  const assembly = new Assembly();
  for (const piece of pieces) assembly.add(piece);
  return assembly.whole;
}

const many = (count: number, value: unknown): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));

const WIDE: [what: string, value: object][] = [
  ['a map', { data: many(10_000, 'v') }],
  ['a list', { items: Array.from({ length: 10_000 }, (_, i) => i) }],
  ['lists of lists', { a: [[Array.from({ length: 5000 }, () => ({ b: 1 }))], [], 'c'] }],
  ['maps in a list', { a: [{ b: many(3000, []) }, { c: many(3000, { d: {} }) }], e: 'f' }],
  ['much that is small', many(3000, { a: ['b', { c: null }], d: 1n })],
  [
    'a key of all objects',
    JSON.parse(`{"a":{"__proto__":${JSON.stringify(many(3000, 'x'))}},"__proto__":"y"}`) as object,
  ],
];

describe('an object in pieces', () => {
  it('is the same once they are put together, its keys in their order', () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 4 }), (object) => {
        expect(assembled(sent(object))).toEqual(object);
      }),
    );
  });

  it.each(WIDE)('of %s too, and no piece is large', (_, object) => {
    const pieces = sent(object);
    const again = assembled(pieces);
    expect(again).toEqual(object);
    expect(JSON.stringify(again, printed)).toBe(JSON.stringify(object, printed));
    for (const piece of pieces) expect(weigh(piece.items, Infinity)).toBeLessThan(5000);
  });

  it('gives others a turn between two pieces', () => {
    const steps = sendPieces(many(10_000, 'v'), () => undefined);
    let turns = 0;
    while (!steps.next().done) turns++;
    expect(turns).toBeGreaterThanOrEqual(5);
  });
});
const printed = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);

describe('the weight of a value', () => {
  it.each([
    [1, 'text'],
    [1, null],
    [3, ['a', 1]],
    [4, { a: { b: [] }, c: 1 }],
  ])('is %i', (weight, value) => {
    expect(weigh(value, 100)).toBe(weight);
  });
  it('is not counted further than asked for', () => {
    let looked = 0;
    const list = new Proxy(Array(1000).fill(1), { get: (on, key) => (looked++, Reflect.get(on, key) as unknown) });
    expect(weigh(list, 10)).toBe(10);
    expect(looked).toBeLessThan(50);
  });
});
