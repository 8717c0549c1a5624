import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ManagedFieldsEntry } from '../../../src/meta/object.ts';
import { isStatusError, type Status } from '../../../src/meta/status.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import { applyPatch } from '../../../src/api/patch/apply/applypatch.ts';
import { updateManagedFields } from '../../../src/api/patch/apply/managed.ts';

/** What kube-apiserver recorded as managedFields after a write, or answered to an apply in conflict. */
const cases = JSON.parse(readFileSync(new URL('./ownership.json', import.meta.url), 'utf8')) as any[];
const registry = createRegistry();
const now = '2024-05-01T10:00:00Z';

const entries = (list: ManagedFieldsEntry[] = []): string[] =>
  list.map(({ time: _, ...entry }) => JSON.stringify(sorted(entry))).sort();

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, child]) => [key, sorted(child)]),
  );
}

describe('ownership as recorded', () => {
  test.each(cases.map((c, i) => [`${c.kind[2]} ${c.name} ${c.manager} #${i}`, c] as const))('%s', (_, c) => {
    const [group, version, resource] = c.kind as [string, string, string];
    const { schema } = registry.byResource(group, version, resource)!;
    const apiVersion = group ? `${group}/${version}` : version;
    const common = {
      schema,
      apiVersion,
      manager: c.manager,
      subresource: c.subresource,
      live: c.live,
      now,
      ignored: c.ignored,
    };
    if (c.error) {
      let status: Status | undefined;
      try {
        applyPatch({ ...common, patch: c.apply, force: false });
      } catch (error) {
        if (!isStatusError(error)) throw error;
        status = error.status;
      }
      expect(status).toEqual(c.error);
      return;
    }
    const before = JSON.stringify(c.live);
    const object = c.object && {
      ...c.object,
      metadata: { ...c.object.metadata, managedFields: c.live?.metadata.managedFields },
    };
    const result = c.apply
      ? applyPatch({ ...common, patch: c.apply, force: c.force ?? false })
      : updateManagedFields({ ...common, object });
    expect(entries(result.metadata.managedFields)).toEqual(entries(c.managedFields));
    expect(JSON.stringify(c.live)).toBe(before);
  });
});
