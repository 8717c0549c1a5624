import { describe, expect, test } from 'vitest';
import { lookUp } from '../../../src/api/admission/objects.ts';
import type { Store, Stored } from '../../../src/store/contract.ts';

const key = { resource: 'namespaces', namespace: '', name: 'a' };
const stored = { name: 'a' } as Stored;

/** A store that knows `after` once it has looked at what others have committed. */
function storeOf(known: Stored | undefined, after: Stored | Error | undefined): Pick<Store, 'get' | 'fresh'> {
  let found = known;
  return {
    get: () => found,
    async fresh() {
      await Promise.resolve();
      if (after instanceof Error) throw after;
      found = after;
      return 1;
    },
  };
}

const found = (object: Stored | undefined): string => object?.name ?? 'none';
const refuse = (): never => {
  throw new Error('refused');
};

describe('what a write needs', () => {
  test('is used at once where it is known', () => {
    expect(lookUp(storeOf(stored, undefined) as Store, key, found)).toBe('a');
    expect(() => lookUp(storeOf(stored, undefined) as Store, key, refuse)).toThrow('refused');
  });
  test.each<[string, Stored | Error | undefined, string]>([
    ['was made by another process', stored, 'a'],
    ['is nowhere', undefined, 'none'],
  ])('is looked for where it %s', async (_, after, answer) => {
    const pending = lookUp(storeOf(undefined, after) as Store, key, found);
    expect(pending).toBeInstanceOf(Promise);
    expect(await pending).toBe(answer);
  });
  test.each<[string, Stored | Error, (object: Stored | undefined) => string, string]>([
    ['the look at others fails', new Error('no database'), found, 'no database'],
    ['it is refused then', stored, refuse, 'refused'],
  ])('fails the write where %s', async (_, after, use, words) => {
    await expect(async () => lookUp(storeOf(undefined, after) as Store, key, use)).rejects.toThrow(words);
  });
});
