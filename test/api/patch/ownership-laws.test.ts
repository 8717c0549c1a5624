import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyPatch } from '../../../src/api/patch/apply/applypatch.ts';
import { fieldsOf } from '../../../src/api/patch/apply/compare.ts';
import {
  difference,
  EMPTY,
  intersection,
  isEmptySet,
  members,
  type FieldSet,
} from '../../../src/api/patch/apply/fieldset.ts';
import { updateManagedFields } from '../../../src/api/patch/apply/managed.ts';
import { normalizeObject } from '../../../src/kinds/normalize.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { isStatusError } from '../../../src/meta/status.ts';

const { schema } = createRegistry().byKind('', 'v1', 'Pod')!;
const now = '2024-05-01T10:00:00Z';

/** A configuration of labels, environment and ports, whose keys are drawn from `names`. */
const configs = (names: readonly string[]): fc.Arbitrary<KubeObject> => {
  const name = fc.constantFrom(...names);
  const value = fc.constantFrom('1', '2');
  const env = fc.uniqueArray(fc.record({ name, value }), { selector: (e) => e.name, minLength: 1, maxLength: 3 });
  const port = fc.constantFrom(...names.map((_, i) => 80 + i + 10 * names[0]!.charCodeAt(0)));
  const ports = fc.uniqueArray(fc.record({ containerPort: port, protocol: fc.constantFrom('TCP', 'UDP') }), {
    selector: (p) => `${p.containerPort}${p.protocol}`,
    minLength: 1,
    maxLength: 2,
  });
  const container = fc.record({ name: fc.constant('c'), env, ports }, { requiredKeys: ['name'] });
  return fc
    .record(
      {
        labels: fc.dictionary(name, value, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
        finalizers: fc.uniqueArray(
          name.map((n) => `x/${n}`),
          { minLength: 1, maxLength: 2 },
        ),
        containers: container.map((c) => [c]),
      },
      { requiredKeys: [] },
    )
    .map(({ labels, finalizers, containers }) => {
      const object = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', labels, finalizers },
        spec: { containers },
      };
      return JSON.parse(JSON.stringify(object)) as KubeObject;
    });
};
const any = configs(['a', 'b', 'c', 'd']);

const stored = (object: KubeObject): KubeObject => {
  const form = normalizeObject(schema, object, false);
  return { ...form, metadata: { ...form.metadata, uid: 'u', resourceVersion: '1' } };
};
const apply = (live: KubeObject | undefined, patch: KubeObject, manager: string, force = true): KubeObject =>
  stored(applyPatch({ schema, apiVersion: 'v1', live, patch, manager, force, now }));
const update = (live: KubeObject, object: KubeObject, manager: string): KubeObject =>
  stored(
    updateManagedFields({
      schema,
      apiVersion: 'v1',
      live,
      object: stored({ ...object, metadata: { ...object.metadata } }),
      manager,
      now,
    }),
  );
const owned = (object: KubeObject, manager: string): FieldSet =>
  object.metadata.managedFields?.find((e) => e.manager === manager)?.fieldsV1 ?? EMPTY;
const without = ({ metadata: { managedFields: _, ...metadata }, ...rest }: KubeObject): unknown => ({
  ...rest,
  metadata,
});
/** Leaves of the object as text, each with its value, whatever the order of lists. */
const content = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map((item) => JSON.stringify(content(item))).sort()
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, item]) => [key, content(item)]),
        )
      : value;
/** Lists and maps that nothing is left in keep their owners. */
const MAY_BE_EMPTY = ['f:spec', 'f:labels', 'f:finalizers', 'f:containers', 'f:env', 'f:ports'];
const check = (property: fc.IPropertyWithHooks<never> | fc.IProperty<never>): void =>
  fc.assert(property as fc.IProperty<never>, { numRuns: 200 });

describe('field owners', () => {
  test('name only fields that are there', () => {
    const step = fc.record({ by: fc.constantFrom('m1', 'm2', 'm3'), applies: fc.boolean(), config: any });
    check(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        let live: KubeObject | undefined;
        for (const { by, applies, config } of steps) {
          live = applies || !live ? apply(live, config, by) : update(live, config, by);
          const there = fieldsOf(schema, without(live), 'atomic');
          for (const { fieldsV1 } of live.metadata.managedFields ?? []) {
            for (const path of members(difference(fieldsV1!, there))) expect(MAY_BE_EMPTY).toContain(path.at(-1));
          }
        }
      }) as never,
    );
  });

  test('of different fields may apply in any order', () => {
    check(
      fc.property(configs(['a', 'b']), configs(['c', 'd']), (one, two) => {
        const left = apply(apply(undefined, one, 'm1', false), two, 'm2', false);
        const right = apply(apply(undefined, two, 'm2', false), one, 'm1', false);
        expect(content(without(left))).toEqual(content(without(right)));
        for (const manager of ['m1', 'm2']) expect(owned(left, manager)).toEqual(owned(right, manager));
      }) as never,
    );
  });

  test('who leaves takes away exactly what nobody else owns', () => {
    const nothing = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } } as KubeObject;
    check(
      fc.property(any, any, (one, two) => {
        const other = apply(undefined, two, 'm2');
        const live = apply(other, one, 'm1');
        const left = apply(live, nothing, 'm1');
        const gone = difference(fieldsOf(schema, without(live), 'atomic'), fieldsOf(schema, without(left), 'atomic'));
        expect(isEmptySet(intersection(gone, owned(live, 'm2')))).toBe(true);
        const remaining = intersection(
          fieldsOf(schema, without(left), 'atomic'),
          difference(owned(live, 'm1'), owned(live, 'm2')),
        );
        for (const path of members(remaining))
          expect([...MAY_BE_EMPTY, 'f:name', 'k:{"name":"c"}']).toContain(path.at(-1));
        expect(owned(left, 'm1')).toEqual({});
        expect(owned(left, 'm2')).toEqual(owned(live, 'm2'));
      }) as never,
    );
  });

  test('a conflict names what force takes, and nothing else changes hands', () => {
    check(
      fc.property(any, any, (one, two) => {
        const live = apply(undefined, one, 'm1');
        let fields: string[] = [];
        try {
          apply(live, two, 'm2', false);
        } catch (error) {
          if (!isStatusError(error, 'Conflict')) throw error;
          fields = (error.status.details?.causes ?? []).map((cause) => cause.field!);
        }
        const forced = apply(live, two, 'm2', true);
        const lost = difference(owned(live, 'm1'), owned(forced, 'm1'));
        const leaves = (set: FieldSet): number =>
          Object.entries(set).reduce(
            (sum, [element, child]) => sum + (element === '.' ? 0 : isEmptySet(child) ? 1 : leaves(child)),
            0,
          );
        expect(leaves(lost)).toBe(fields.length);
        expect(isEmptySet(intersection(lost, owned(forced, 'm2')))).toBe(fields.length === 0);
      }) as never,
    );
  });
});
