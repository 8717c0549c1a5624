import { expect, it, test } from 'vitest';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { cellsOf } from '../../src/kinds/table-cells.ts';

const created = '2025-01-01T00:00:00Z';
const NOW = Date.parse('2025-01-02T00:00:00Z');
const empty = { metadata: { name: 'a', creationTimestamp: created } } as KubeObject;
const kinds = createRegistry()
  .all()
  .filter((kind) => kind.columns.length > 0);

test.each(kinds.map((kind) => [`${kind.group}/${kind.version} ${kind.kind}`, kind] as const))(
  '%s has as many cells as columns, even when it is empty',
  (_, kind) => {
    const row = cellsOf(kind, empty, NOW);
    expect(row).toHaveLength(kind.columns.length);
    expect(row).not.toContain(undefined);
  },
);

it('is name and time of creation where nothing else is known', () => {
  expect(cellsOf(undefined, empty, NOW)).toEqual(['a', created]);
  expect(cellsOf(undefined, { metadata: { name: 'a' } } as KubeObject, NOW)).toEqual(['a', '1970-01-01T00:00:00Z']);
});
