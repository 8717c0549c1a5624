import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CreatedSets, shapeOf } from '../../../src/api/patch/apply/created.ts';
import { createdFields } from '../../../src/api/patch/apply/managed.ts';
import { normalizeObject } from '../../../src/kinds/normalize.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { parseApiVersion } from '../../../src/meta/gvk.ts';
import { atOnce } from '../../../src/meta/steps.ts';

const registry = createRegistry();
const pairs = JSON.parse(readFileSync(new URL('../../golden/protobuf.json', import.meta.url), 'utf8')) as {
  json: KubeObject;
}[];
const objects = pairs.flatMap(({ json }) => {
  const { group, version } = parseApiVersion(json.apiVersion ?? '');
  const kind = registry.byKind(group, version, json.kind ?? '');
  const { managedFields: _, ...metadata } = json.metadata ?? {};
  return kind && !json['items'] ? [{ kind, object: { ...json, metadata } as KubeObject }] : [];
});

type Node = Record<string | number, unknown>;
/** Every place of an object, as the container and the key there. */
function places(value: unknown, found: [Node, string | number][] = []): [Node, string | number][] {
  if (typeof value !== 'object' || value === null) return found;
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    found.push([value as Node, key]);
    places((value as Node)[key], found);
  }
  return found;
}

/** What a value becomes: nothing, the zero value, another of its type. */
function changed(value: unknown, how: number): unknown {
  if (Array.isArray(value)) return how === 0 ? [] : value.slice(0, -1);
  if (typeof value === 'object' && value !== null) return {};
  if (typeof value === 'number') return how === 0 ? 0 : value + 1;
  if (typeof value === 'boolean') return !value;
  return how === 0 ? '' : `${String(value)}x`;
}

test('a set by shape is the set that a comparison gives, whatever came before', () => {
  expect(objects.length).toBeGreaterThan(30);
  const sets = new CreatedSets();
  const change = fc.record({ at: fc.nat(1_000), how: fc.nat(2) });
  fc.assert(
    fc.property(fc.nat(objects.length - 1), fc.array(change, { maxLength: 4 }), (which, changes) => {
      const { kind, object: original } = objects[which]!;
      const object = structuredClone(original);
      for (const { at, how } of changes) {
        const all = places(object).filter(([, key]) => key !== 'kind' && key !== 'apiVersion');
        if (all.length === 0) break;
        const [where, key] = all[at % all.length]!;
        if (how === 2 && !Array.isArray(where)) delete where[key];
        else where[key] = changed(where[key], how);
      }
      object.metadata ??= {} as KubeObject['metadata'];
      const of = { schema: kind.schema, apiVersion: original.apiVersion! };
      const make = () => createdFields(of, normalizeObject(kind.schema, object, false));
      const set = atOnce(sets.of(`${of.apiVersion} ${kind.kind}`, kind.schema, object, make));
      expect(set).toEqual(atOnce(make()));
    }),
    { numRuns: 3_000 },
  );
});

test('shapes tell keys of maps apart, however they are spelt', () => {
  const { schema } = registry.byKind('', 'v1', 'ConfigMap')!;
  const shape = (data: Record<string, string>) => shapeOf(schema, { metadata: {}, data });
  expect(shape({ a: '1', b: '1' })).toBe(shape({ a: '2', b: 'other' }));
  const different = [{ 'a1,1:b': '1' }, { a: '1', b: '1' }, { a: '', b: '1' }, { a: '1' }, { 'a,b': '1' }, {}];
  expect(new Set(different.map((data) => shape(data as Record<string, string>))).size).toBe(different.length);
});
