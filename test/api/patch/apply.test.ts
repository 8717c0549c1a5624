import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject, ManagedFieldsEntry } from '../../../src/meta/object.ts';
import { isStatusError } from '../../../src/meta/status.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { Field, ObjectSchema, Schema } from '../../../src/kinds/schema.ts';
import { applyPatch, type ApplyRequest } from '../../../src/api/patch/apply/applypatch.ts';
import { keepTimes, updateManagedFields } from '../../../src/api/patch/apply/managed.ts';
import { managedFieldsOfScale, managedFieldsOfScaled } from '../../../src/api/patch/apply/scale.ts';
import type { Pod } from '../../../schema/types.ts';

const registry = createRegistry();
const pod = registry.byKind('', 'v1', 'Pod')!.schema;
const configMap = registry.byKind('', 'v1', 'ConfigMap')!.schema;
const deployment = registry.byKind('apps', 'v1', 'Deployment')!.schema;
const now = '2024-05-01T10:00:00Z';
const later = '2024-05-01T11:00:00Z';

const config = (data: object, metadata: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...metadata }, data }) as unknown as KubeObject;
const stored = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, uid: 'u', resourceVersion: '1' },
});
const apply = (
  live: KubeObject | undefined,
  patch: KubeObject,
  manager: string,
  more: Partial<ApplyRequest> = {},
): KubeObject =>
  stored(applyPatch({ schema: configMap, apiVersion: 'v1', live, patch, manager, force: false, now, ...more }));
const update = (live: KubeObject | undefined, object: KubeObject, manager: string, time = now): KubeObject =>
  stored(
    updateManagedFields({
      schema: configMap,
      apiVersion: 'v1',
      live,
      object: {
        ...object,
        metadata: { ...(live && { managedFields: live.metadata.managedFields ?? [] }), ...object.metadata },
      },
      manager,
      now: time,
    }),
  );
const fields = (object: KubeObject): Record<string, unknown> =>
  Object.fromEntries((object.metadata.managedFields ?? []).map((e) => [e.manager, e.fieldsV1]));
const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (isStatusError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
  return '';
};

describe('server-side apply', () => {
  const pods = fc.record({
    labels: fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), fc.constantFrom('1', '2'), {
      minKeys: 1,
    }),
    containers: fc.uniqueArray(
      fc.record(
        {
          name: fc.constantFrom('x', 'y', 'z'),
          image: fc.constantFrom('i:1', 'i:2'),
          env: fc.uniqueArray(fc.record({ name: fc.constantFrom('A', 'B'), value: fc.constantFrom('1', '2') }), {
            selector: (e) => e.name,
            minLength: 1,
          }),
        },
        { requiredKeys: ['name'] },
      ),
      // an empty list is not owned, and the types of Go do not tell it from none
      { selector: (c) => c.name, minLength: 1 },
    ),
    nodeSelector: fc.option(fc.constant({ disk: 'ssd' }), { nil: undefined }),
  });
  type Shape = typeof pods extends fc.Arbitrary<infer T> ? T : never;
  const podOf = ({ labels, containers, nodeSelector }: Shape): KubeObject =>
    JSON.parse(
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', labels },
        spec: { containers, nodeSelector },
      }),
    ) as KubeObject;
  const applyPod = (live: KubeObject | undefined, patch: KubeObject, manager: string, time = now): KubeObject =>
    stored(applyPatch({ schema: pod, apiVersion: 'v1', live, patch, manager, force: true, now: time }));

  test('twice is once, and its own configuration is what the manager owns', () => {
    fc.assert(
      fc.property(pods, pods, pods, (first, second, other) => {
        const live = applyPod(applyPod(undefined, podOf(first), 'm'), podOf(other), 'other');
        const before = JSON.stringify(live);
        const once = applyPod(live, podOf(second), 'm');
        expect(JSON.stringify(live)).toBe(before);
        const twice = applyPod(once, podOf(second), 'm', later);
        expect(twice).toEqual(once);
        expect(keepTimes(once, twice)).toBe(true);
        const mine = once.metadata.managedFields!.find((e) => e.manager === 'm')?.fieldsV1;
        const alone = applyPod(undefined, podOf(second), 'm').metadata.managedFields?.[0]?.fieldsV1;
        expect(mine).toEqual(alone);
        // what is applied is there
        const names = (o: KubeObject): string[] => ((o as Pod).spec?.containers ?? []).map((c) => c.name);
        for (const { name, image } of second.containers) {
          const found = (once as Pod).spec?.containers.find((c) => c.name === name);
          if (image) expect(found?.image).toBe(image);
        }
        // and what neither applies any more is gone
        const wanted = new Set([...second.containers, ...other.containers].map((c) => c.name));
        expect(names(once).every((name) => wanted.has(name as 'x'))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('shared fields stay until the last owner leaves them', () => {
    let live = apply(undefined, config({ a: '1', b: '1' }), 'm1');
    live = apply(live, config({ a: '1' }), 'm2');
    live = apply(live, config({}), 'm1');
    expect(live['data']).toEqual({ a: '1' });
    live = apply(live, config({}), 'm2');
    expect(live['data'] ?? {}).toEqual({});
  });

  test('conflicts name every field and manager', () => {
    let live = apply(undefined, config({ a: '1', b: '1' }), 'm1');
    live = update(live, { ...config({ a: '1', b: '1', c: '1' }) }, 'u');
    expect(messageOf(() => apply(live, config({ a: '2', b: '2', c: '2' }), 'm2'))).toBe(
      '409 Apply failed with 3 conflicts: conflicts with "m1":\n- .data.a\n- .data.b\nconflicts with "u" using v1:\n- .data.c',
    );
    const forced = apply(live, config({ a: '2', c: '2' }), 'm2', { force: true });
    expect(fields(forced)).toEqual({ m1: { 'f:data': { 'f:b': {} } }, m2: { 'f:data': { 'f:a': {}, 'f:c': {} } } });
  });

  test.each<[string, object, string]>([
    ['an unknown field', { bogus: 1 }, '.bogus: field not declared in schema'],
    ['the first of two of them', { bogus: 1, other: 2 }, '.bogus: field not declared in schema'],
    ['a number for a string', { data: { a: 1 } }, '.data.a: expected string, got &value.valueUnstructured{Value:1}'],
    ['a string for a boolean', { immutable: 'x' }, '.immutable: expected boolean, got &{x}'],
    ['a list for a map', { data: [1] }, '.data: expected map, got &{[1]}'],
  ])('refuses %s', (_, more, problem) => {
    const patch = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'n' },
      ...more,
    } as unknown as KubeObject;
    expect(messageOf(() => apply(undefined, patch, 'm'))).toBe(
      `500 failed to create typed patch object (n/a; /v1, Kind=ConfigMap): ${problem}`,
    );
  });

  test('refuses another version', () => {
    expect(messageOf(() => apply(undefined, { ...config({}), apiVersion: 'v2' }, 'm'))).toBe(
      '400 invalid object type: /v2, Kind=ConfigMap',
    );
  });

  test("an object that nobody is known to own is before-first-apply's", () => {
    const live = apply(stored(config({ a: '1', b: '1' })), config({ a: '1' }), 'm');
    expect(fields(live)).toEqual({
      'before-first-apply': { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } },
      m: { 'f:data': { 'f:a': {} } },
    });
  });

  test('kubectl takes over what it applied from the client', () => {
    const last = JSON.stringify(config({ a: '1' }));
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': `${last}\n` };
    const live = update(undefined, config({ a: '1', b: '1' }, { annotations }), 'kubectl-client-side-apply');
    const result = apply(live, config({ a: '2' }), 'kubectl');
    expect(result['data']).toEqual({ a: '2', b: '1' });
    expect(JSON.parse(result.metadata.annotations!['kubectl.kubernetes.io/last-applied-configuration']!)).toEqual(
      config({ a: '2' }),
    );
    expect(messageOf(() => apply(live, config({ b: '2' }), 'kubectl'))).toMatch('409 Apply failed with 1 conflict');
  });
});

describe('updates', () => {
  test('an update that changes nothing changes nothing', () => {
    const live = update(undefined, config({ a: '1' }), 'm');
    const again = update(live, config({ a: '1' }), 'm', later);
    expect(again).toEqual(live);
    expect(again.metadata.managedFields![0]).toBe(live.metadata.managedFields![0]);
    expect(keepTimes(live, again)).toBe(true);
  });

  test('times are kept where nothing but times would change', () => {
    const live = update(undefined, config({ a: '1' }), 'm');
    const object = structuredClone(live);
    object.metadata.managedFields![0]!.time = later;
    expect(keepTimes(live, object)).toBe(true);
    expect(object).toEqual(live);
    expect(keepTimes(live, { ...live, data: { a: '2' } })).toBe(false);
  });

  test.each([[[]], [[{}]]])('managedFields %j resets', (managedFields) => {
    const live = update(undefined, config({ a: '1' }), 'm');
    const reset = update(live, config({ a: '1' }, { managedFields: managedFields as ManagedFieldsEntry[] }), 'm');
    expect(reset.metadata.managedFields).toBeUndefined();
    expect(update(reset, config({ a: '2' }), 'm').metadata.managedFields).toBeUndefined();
  });

  test('entries that cannot be read are those of the live object', () => {
    const live = update(undefined, config({ a: '1' }), 'm');
    const bad = [{ manager: 'x', operation: 'Other' }] as unknown as ManagedFieldsEntry[];
    expect(fields(update(live, config({ a: '1' }, { managedFields: bad }), 'n'))).toEqual(fields(live));
  });

  test('more than ten updaters are merged, the oldest first', () => {
    let live: KubeObject | undefined;
    const data: Record<string, string> = {};
    for (let i = 0; i < 14; i++) {
      data[`k${i}`] = '1';
      live = update(
        live,
        config({ ...data }),
        `m${String(i).padStart(2, '0')}`,
        `2024-05-01T10:00:${String(i).padStart(2, '0')}Z`,
      );
    }
    const entries = live!.metadata.managedFields!;
    expect(entries).toHaveLength(10);
    const ancient = entries.find((e) => e.manager === 'ancient-changes')!;
    expect(Object.keys(ancient.fieldsV1!['f:data']!).sort()).toEqual(['.', 'f:k0', 'f:k1', 'f:k2', 'f:k3', 'f:k4']);
    expect(ancient.time).toBe('2024-05-01T10:00:04Z');
  });

  test('an updater of another version that is served no more goes', () => {
    const live = update(undefined, config({ a: '1' }), 'm');
    live.metadata.managedFields = [{ ...live.metadata.managedFields![0]!, apiVersion: 'v0' }];
    const result = updateManagedFields({
      schema: configMap,
      apiVersion: 'v1',
      live,
      object: { ...config({ a: '1', b: '1' }), metadata: { ...live.metadata } },
      manager: 'n',
      now,
      convert: (object, apiVersion) => (apiVersion === 'v1' ? { object, schema: configMap } : undefined),
    });
    expect(fields(result)).toEqual({ n: { 'f:data': { 'f:b': {} } } });
  });

  test('custom kinds own their containers, and untyped parts field by field', () => {
    const text: Schema = { type: 'string' };
    const field = (name: string, schema: Schema) =>
      [name, { name, schema, required: false, nullable: false, omitEmpty: true, pointer: true, number: 0 }] as [
        string,
        Field,
      ];
    const inner: ObjectSchema = {
      type: 'object',
      name: '',
      atomic: false,
      preserveUnknown: false,
      fields: new Map([field('any', { type: 'any' }), field('text', text)]),
    };
    const schema: ObjectSchema = { ...inner, fields: new Map([...pod.fields, field('spec', inner)]) };
    const object = {
      apiVersion: 'x/v1',
      kind: 'X',
      metadata: { name: 'a' },
      spec: { any: { kept: [1, { x: null }] }, text: 'a' },
    } as unknown as KubeObject;
    const result = updateManagedFields({
      schema,
      custom: true,
      apiVersion: 'x/v1',
      live: undefined,
      object,
      manager: 'm',
      now,
    });
    expect(fields(result)).toEqual({ m: { 'f:spec': { '.': {}, 'f:any': { '.': {}, 'f:kept': {} }, 'f:text': {} } } });
  });
});

describe('scale', () => {
  const paths = { 'apps/v1': ['f:spec', 'f:replicas'] };
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: { replicas: 1, paused: true },
  } as unknown as KubeObject;
  const live = updateManagedFields({
    schema: deployment,
    apiVersion: 'apps/v1',
    live: undefined,
    object,
    manager: 'm',
    now,
  });

  test('shows who owns the replicas, and takes them away from who lost them', () => {
    const scale = managedFieldsOfScale(live.metadata.managedFields, paths);
    expect(scale).toMatchObject([
      { manager: 'm', apiVersion: 'autoscaling/v1', fieldsV1: { 'f:spec': { 'f:replicas': {} } } },
    ]);
    expect(managedFieldsOfScaled(live.metadata.managedFields, scale, 'apps/v1', paths)).toEqual(
      live.metadata.managedFields,
    );
    const other: ManagedFieldsEntry[] = [{ ...scale[0]!, manager: 'hpa', subresource: 'scale', time: later }];
    expect(managedFieldsOfScaled(live.metadata.managedFields, other, 'apps/v1', paths)).toEqual([
      {
        manager: 'hpa',
        operation: 'Update',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
        subresource: 'scale',
      },
      { ...live.metadata.managedFields![0], fieldsV1: { 'f:spec': { 'f:paused': {} } } },
    ]);
  });
});
