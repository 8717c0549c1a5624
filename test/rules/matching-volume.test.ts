import { describe, expect, test } from 'vitest';
import { isKeptFor, matchingVolume, storageClassOf } from '../../src/rules/matching-volume.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../../schema/types.ts';
import { beta, claim, kept, meta, volume } from './volumes.ts';

const named = (found: PersistentVolume | undefined): string | undefined => found?.metadata.name;

describe('matchingVolume.finds', () => {
  test.each<[string, PersistentVolumeClaim, PersistentVolume[], string | undefined]>([
    ['the smallest', claim(), [volume('b', { capacity: { storage: '2Gi' } }), volume('a')], 'a'],
    ['of equals the first by name', claim(), [volume('b'), volume('a')], 'a'],
    ['none that is too small', claim(), [volume('a', { capacity: { storage: '1023Mi' } })], undefined],
    ['none of another class', claim(), [volume('a', { storageClassName: 'd' })], undefined],
    ['the class of the annotation', claim({}, beta('d')), [volume('a'), volume('b', {}, beta('d'))], 'b'],
    ['none of another mode', claim(), [volume('a', { volumeMode: 'Block' })], undefined],
    ['Filesystem where none is said', claim({ volumeMode: 'Filesystem' }), [volume('a')], 'a'],
    ['none with other attributes', claim(), [volume('a', { volumeAttributesClassName: 'fast' })], undefined],
    ['none that lacks an access mode', claim({ accessModes: ['ReadWriteMany'] }), [volume('a')], undefined],
    ['none that is going', claim(), [volume('a', {}, { deletionTimestamp: '2030-01-01T00:00:00Z' })], undefined],
    ['none that is not available', claim(), [volume('a', {}, {}, 'Released')], undefined],
    [
      'those that the selector selects',
      claim({ selector: { matchLabels: { x: '1' } } }),
      [volume('a'), volume('b', {}, { labels: { x: '1' } })],
      'b',
    ],
    ['the one that is kept for it', claim(), [volume('a'), volume('b', { ...kept, storageClassName: 'd' })], 'b'],
    ['none that is kept for another', claim(), [volume('a', { claimRef: { namespace: 'ns', name: 'x' } })], undefined],
    [
      'not even a kept one that is too small',
      claim(),
      [volume('a', { ...kept, capacity: { storage: '1' } })],
      undefined,
    ],
    ['nor a kept one that is going', claim(), [volume('a', kept, { deletionTimestamp: 'now' })], undefined],
  ])('%s', (_what, wish, volumes, expected) => {
    expect(named(matchingVolume(wish, volumes))).toBe(expected);
  });
});

describe('matchingVolume.under circumstances', () => {
  const far = { reaches: ({ metadata }: PersistentVolume) => metadata.name !== 'a' };
  test.each([
    ['a taken one is not found', { taken: new Set(['a']) }, [volume('a'), volume('b')], 'b'],
    ['one out of reach is not found', far, [volume('a'), volume('b')], 'b'],
    ['a kept one out of reach leaves nothing', far, [volume('a', kept), volume('b')], undefined],
    ['only a kept one is taken', { keptOnly: true }, [volume('a'), volume('b', kept)], 'b'],
    ['no free one is taken', { keptOnly: true }, [volume('a')], undefined],
  ])('%s', (_what, circumstances, volumes, expected) => {
    expect(named(matchingVolume(claim(), volumes, circumstances))).toBe(expected);
  });
});

test.each([
  [{ namespace: 'ns', name: 'claim' }, true],
  [{ namespace: 'ns', name: 'claim', uid: 'uid-claim' }, true],
  [{ namespace: 'ns', name: 'claim', uid: 'older' }, false],
  [{ namespace: 'other', name: 'claim' }, false],
])('isKeptFor.%j is %s', (claimRef, expected) => {
  expect(isKeptFor(volume('a', { claimRef }), claim())).toBe(expected);
});

test('storageClassOf.the annotation wins, even an empty one', () => {
  expect(storageClassOf(claim())).toBe('c');
  expect(storageClassOf(claim({}, beta('d')))).toBe('d');
  expect(storageClassOf(claim({}, beta('')))).toBe('');
  expect(storageClassOf({ metadata: meta('x') })).toBe('');
});
