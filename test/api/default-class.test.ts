import { expect, test } from 'vitest';
import { defaultClass } from '../../src/api/admission/default-class.ts';
import type { Store } from '../../src/store/contract.ts';

const store = (classes: [name: string, created: string, mark?: string][]): Store =>
  ({
    list: () => ({
      items: classes.map(([name, creationTimestamp, mark = 'true']) => ({
        name,
        object: { metadata: { creationTimestamp, annotations: { mark } } },
      })),
    }),
  }) as never;

test.each<[string, Parameters<typeof store>[0], string | undefined]>([
  ['none where none is marked', [['a', '2030-01-01T00:00:00Z', 'false']], undefined],
  [
    'the newest',
    [
      ['a', '2030-01-01T00:00:00Z'],
      ['b', '2030-01-02T00:00:00Z'],
    ],
    'b',
  ],
  [
    'of one second the first by name',
    [
      ['b', '2030-01-01T00:00:00Z'],
      ['a', '2030-01-01T00:00:00Z'],
    ],
    'a',
  ],
])('defaultClass.is %s', (_what, classes, expected) => {
  expect(defaultClass(store(classes), 'classes', 'mark')?.name).toBe(expected);
});
