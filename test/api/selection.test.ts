import { expect, test } from 'vitest';
import { selectionOf } from '../../src/api/selection.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { Stored } from '../../src/store/contract.ts';
import { Random } from '../support/random.ts';

const kind = createRegistry().preferred('pods')!;
const target = { kind, namespace: 'a', name: '', subresource: '' };
const VALUES = ['', 'n1', 'n2', 'n3'];
const FIELDS = ['spec.nodeName', 'status.phase', 'metadata.name'];
const matches = (fieldSelector: string, stored: Stored): boolean => {
  const selection = selectionOf(target, { fieldSelector });
  return (selection.scope.name ?? stored.name) === stored.name && (selection.matches?.(stored) ?? true);
};

test('a selector of many fields matches what each of its terms matches', () => {
  const random = new Random(11);
  const found = { true: 0, false: 0 };
  for (let i = 0; i < 2000; i++) {
    const few = random.list(
      1,
      3,
      () => `${random.pick(FIELDS)}${random.pick(['=', '!=', '!='])}${random.pick(VALUES)}`,
    );
    const many = random.list(9, 20, () => random.pick(few));
    const fields = { 'spec.nodeName': random.pick(VALUES), 'status.phase': random.pick(VALUES) };
    const stored = { namespace: 'a', name: random.pick(['n1', 'n2', 'n3']), fields } as Partial<Stored> as Stored;
    const each = many.every((term) => matches(term, stored));
    found[`${each}`]++;
    expect([many, fields, matches(many.join(','), stored)]).toEqual([many, fields, each]);
  }
  expect(Math.min(found.true, found.false)).toBeGreaterThan(200);
});
