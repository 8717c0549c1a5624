import { describe, expect, test } from 'vitest';
import { parseLabelSelector } from '../../src/meta/labels.ts';
import { Random } from '../support/random.ts';

const KEYS = ['a', 'b', 'c', 'd'];
const VALUES = ['', '1', '2', '30', 'x', 'y'];
const NUMBERS = ['0', '1', '2', '30'];

function requirement(random: Random): string {
  const key = random.pick(KEYS);
  const set = random.list(1, 4, () => random.pick(VALUES.slice(1))).join(',');
  return random.pick([
    key,
    `!${key}`,
    `${key}=${random.pick(VALUES)}`,
    `${key}!=${random.pick(VALUES)}`,
    `${key}!=${random.pick(VALUES)}`,
    `${key} in (${set})`,
    `${key} notin (${set})`,
    `${key} notin (${set})`,
    `${key}>${random.pick(NUMBERS)}`,
    `${key}<${random.pick(NUMBERS)}`,
  ]);
}
const labels = (random: Random): Record<string, string> =>
  Object.fromEntries(random.some(KEYS, 0.7).map((key) => [key, random.pick(VALUES)]));

describe('a selector of many requirements', () => {
  test('matches what each of them matches', () => {
    const random = new Random(7);
    const found = { true: 0, false: 0 };
    for (let i = 0; i < 4000; i++) {
      // with few different ones many are true at once
      const few = random.list(1, 3, () => requirement(random));
      const many = random.list(9, 24, () => random.pick(few));
      const object = labels(random);
      const each = many.every((text) => parseLabelSelector(text).matches(object));
      found[`${each}`]++;
      expect([many, object, parseLabelSelector(many.join(',')).matches(object)]).toEqual([many, object, each]);
    }
    expect(Math.min(found.true, found.false)).toBeGreaterThan(400);
  });

  test.each<[string, (i: number) => string]>([
    ['labels that must not be there', (i) => `!q${i}`],
    ['values that one label must not have', (i) => `a!=v${i}`],
    ['values that many labels must not have', (i) => `q${i}!=v`],
    ['the same value of one label', () => 'a=b'],
    ['lists of values of one label', (i) => `a in (b,v${i})`],
    ['labels that it does not have', (i) => `q${i}`],
  ])('asks an object a few times for 20,000 of %s', (_, make) => {
    const selector = parseLabelSelector(Array.from({ length: 20_000 }, (__, i) => make(i)).join(','));
    let asked = 0;
    const object = new Proxy({ a: 'b', c: 'd' } as Record<string, string>, {
      get: (target, key: string) => (asked++, target[key]),
      ownKeys: (target) => (asked++, Reflect.ownKeys(target)),
    });
    selector.matches(object);
    expect(asked).toBeLessThan(5);
  });
});
