import { describe, expect, test } from 'vitest';
import { bestVolume } from '../../src/reconcilers/best-volume.ts';
import { claim, kept, volume } from '../rules/volumes.ts';

describe('bestVolume.takes', () => {
  const many: ('ReadWriteOnce' | 'ReadWriteMany')[] = ['ReadWriteOnce', 'ReadWriteMany'];
  test.each([
    ['the fewest modes', [volume('a', { accessModes: many }), volume('b', { capacity: { storage: '9Gi' } })], 'b'],
    ['more modes where there is no other', [volume('a', { accessModes: many })], 'a'],
    ['the kept one of those with the same modes', [volume('a'), volume('b', kept)], 'b'],
  ])('%s', (_what, volumes, expected) => {
    expect(bestVolume(volumes, claim())?.metadata.name).toBe(expected);
  });
});
