import { expect, test } from 'vitest';
import { defaultClassOf } from '../../src/rules/default-class.ts';

type Classes = readonly [name: string, created: string, mark?: string][];
const made = (classes: Classes) =>
  classes.map(([name, creationTimestamp, mark = 'true']) => ({
    metadata: { name, creationTimestamp, annotations: { mark }, uid: name, resourceVersion: '1' },
  }));

test.each<[string, Classes, string | undefined]>([
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
])('the default class is %s', (_what, classes, expected) => {
  expect(defaultClassOf(made(classes), 'mark')?.metadata.name).toBe(expected);
});
