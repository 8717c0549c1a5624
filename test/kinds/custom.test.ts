import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { customKinds } from '../../src/kinds/custom.ts';
import { decode, decodePatched } from '../../src/kinds/decode.ts';
import { Walk } from '../../src/kinds/decode-struct.ts';
import { objectOf } from '../../src/kinds/encode.ts';
import type { Kind, StrategyContext } from '../../src/kinds/kind.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { badRequest, type StatusError } from '../../src/meta/status.ts';
import { atOnce } from '../../src/meta/steps.ts';

const specSchema = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
    color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
    name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
    tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set', maxItems: 3 },
    parts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
      items: {
        type: 'object',
        required: ['id'],
        properties: { id: { type: 'string' }, n: { type: 'integer', default: 1 } },
      },
    },
    any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    port: { 'x-kubernetes-int-or-string': true },
    when: { type: 'string', format: 'date-time' },
    nul: { type: 'string', nullable: true },
    map: { type: 'object', additionalProperties: { type: 'integer' } },
  },
};

function widgets(spec: object = specSchema, more: object = {}): Kind {
  const definition = {
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: { spec, status: { type: 'object', properties: { ready: { type: 'boolean' } } } },
            },
          },
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.replicas' },
          },
          additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }],
          selectableFields: [{ jsonPath: '.spec.color' }],
          ...more,
        },
      ],
    },
  };
  return customKinds(definition as unknown as KubeObject)[0] as Kind;
}

const ctx: StrategyContext = {
  now: '2025-01-01T00:00:00Z',
  user: 'u',
  warn: () => {},
  subresource: '',
  apiVersion: 'example.com/v1',
};
const widget = (spec: unknown, more: object = {}): object => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name: 'a' },
  spec,
  ...more,
});
const read = (kind: Kind, value: object, mode = 'Warn', warnings: string[] = []): KubeObject => {
  const object = decode(Buffer.from(JSON.stringify(value)), '', kind, mode, (w) => warnings.push(w));
  kind.storage.strategy.defaults?.(object);
  return object;
};
const errorsOf = (kind: Kind, spec: unknown): string[] =>
  atOnce(kind.storage.strategy.validateSteps!(read(kind, widget(spec)), undefined, ctx))
    .map((e) => `${e.field}: ${e.body}`)
    .sort();

describe('a custom resource', () => {
  test('is pruned and defaulted by its schema, with a warning for what went away', () => {
    const warnings: string[] = [];
    const spec = { size: 2, extra: 'x', any: { kept: [1, { x: null }] }, parts: [{ id: 'p' }], port: '80', nul: null };
    const object = read(widgets(), widget(spec, { junk: 1 }), 'Warn', warnings);
    expect(warnings).toEqual(['unknown field "junk"', 'unknown field "spec.extra"']);
    expect(object.spec).toEqual({
      any: { kept: [1, { x: null }] },
      color: 'red',
      nul: null,
      parts: [{ id: 'p', n: 1 }],
      port: '80',
      size: 2,
    });
  });
  test.each([
    [
      { apiVersion: undefined },
      "Internal error occurred: Object 'apiVersion' is missing in 'object has no apiVersion field'",
    ],
    [{ apiVersion: null }, 'refused: .apiVersion accessor error: <nil> is of the type <nil>, expected string'],
    [
      { kind: '', metadata: undefined, spec: undefined },
      `refused: Object 'Kind' is missing in '{"apiVersion":"example.com/v1","kind":""}'`,
    ],
    [{ metadata: 5 }, 'refused: json: cannot unmarshal number into Go value of type v1.ObjectMeta'],
    [
      { metadata: { labels: { a: 1 } } },
      'refused: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
    ],
    [{ kind: 'Other' }, 'Other.example.com "a" is invalid: kind: Invalid value: "Other": must be Widget'],
  ])('is refused when a patch makes it one with %j', (changed, message) => {
    const refuse = (why: string): StatusError => badRequest(`refused: ${why}`);
    const kind = widgets();
    const decoded = (): unknown =>
      decodePatched(
        widget({}, changed),
        kind,
        'Ignore',
        () => undefined,
        { refuse, refuseKind: refuse },
        [],
        new Walk(kind.schema),
      );
    expect(decoded).toThrow(message);
  });
  test('refuses unknown fields under Strict', () => {
    expect(() => read(widgets(), widget({ size: 1, bogus: 2 }), 'Strict')).toThrow(
      'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.bogus"',
    );
  });
  test('is validated with the words of the API server', () => {
    const spec = {
      color: 'green',
      size: 11,
      name: 'ABC',
      tags: ['a', 'a'],
      parts: [{ id: 'p' }, { id: 'p' }],
      map: { a: 'x' },
      when: 'yesterday',
    };
    expect(errorsOf(widgets(), spec)).toEqual([
      'spec.color: Unsupported value: "green": supported values: "red", "blue"',
      'spec.map.a: Invalid value: "string": spec.map.a in body must be of type integer: "string"',
      'spec.name: Invalid value: "ABC": spec.name in body should match \'^[a-z]+$\'',
      'spec.parts[1]: Duplicate value: {"id":"p"}',
      'spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10',
      'spec.tags[1]: Duplicate value: "a"',
      'spec.when: Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"',
    ]);
  });
  test('says both that spec is no object and that its scale cannot be read', () => {
    expect(errorsOf(widgets(), 'str')).toEqual([
      '.spec.size: Invalid value: 0: .spec.size accessor error: str is of the type string, expected map[string]interface{}',
      'spec: Invalid value: "string": spec in body must be of type object: "string"',
    ]);
  });
  test('tolerates on update what was wrong before and did not change', () => {
    const kind = widgets();
    const [old, object] = [read(kind, widget({ size: 99 })), read(kind, widget({ size: 99, color: 'blue' }))];
    expect(atOnce(kind.storage.strategy.validateSteps!(object, old, ctx))).toEqual([]);
  });
  test('is read by the schema of now', () => {
    const stored = { bytes: Buffer.alloc(0), object: { metadata: { name: 'a' }, spec: { gone: 1, size: 4 } } };
    expect(objectOf(widgets(), stored as never)).toEqual(widget({ size: 4, color: 'red' }));
  });
  test('has cells and selectable fields from its definition', () => {
    const strategy = widgets().storage.strategy;
    const object = read(widgets(), widget({ size: 4 }));
    expect(strategy.cells?.(object, 0)).toEqual(['a', 4]);
    expect(strategy.fields?.(object)).toEqual({ 'spec.color': 'red' });
  });
  test('leaves cells empty that would take more of a row than it may have', () => {
    const columns = (count: number, jsonPath: string): object => ({
      additionalPrinterColumns: Array.from({ length: count }, (_, i) => ({ name: `c${i}`, type: 'string', jsonPath })),
    });
    const rowOf = (more: object, any: unknown): unknown[] =>
      widgets(specSchema, more).storage.strategy.cells?.(widget({ size: 4, any }) as KubeObject, 0) ?? [];
    const shown = rowOf(columns(200, '.spec'), { text: 'x'.repeat(100_000) }).filter((cell) => cell !== null);
    expect(shown).toHaveLength(1 + 3);
    // each step into the depth leads to what is below it by as many ways as there are, 10^15 in all
    let nested: object = {};
    for (let i = 0; i < 400; i++) nested = { c: nested };
    expect(rowOf(columns(3, '..c..c..c..c..c..c..c.none'), nested)).toEqual(['a', null, null, null]);
    expect(
      rowOf(
        columns(2, '.spec.any[*].b'),
        Array.from({ length: 90_000 }, () => ({ b: 'x' })),
      ),
    ).toEqual(['a', 'x', 'x']);
  });
});

describe('CEL rules', () => {
  const ruled = (rule: object): Kind =>
    widgets({
      type: 'object',
      properties: { a: { type: 'integer' }, b: { type: 'integer' } },
      'x-kubernetes-validations': [rule],
    });
  test('fail with their message at the place of the rule', () => {
    const kind = ruled({ rule: 'self.a <= self.b', message: 'a must not exceed b' });
    expect(errorsOf(kind, { a: 2, b: 1 })).toEqual(['spec: Invalid value: a must not exceed b']);
    expect(errorsOf(kind, { a: 1, b: 1 })).toEqual([]);
  });
  test('compare with oldSelf only when there was a value', () => {
    const kind = ruled({ rule: 'self.a == oldSelf.a', message: 'a is immutable' });
    const [old, object] = [read(kind, widget({ a: 1 })), read(kind, widget({ a: 2 }))];
    expect(errorsOf(kind, { a: 2 })).toEqual([]);
    expect(atOnce(kind.storage.strategy.validateSteps!(object, old, ctx)).map((e) => e.body)).toEqual([
      'Invalid value: a is immutable',
    ]);
  });
});

test('kinds of a definition that can be read again do not keep it in memory', async () => {
  const definition = (): KubeObject =>
    ({
      metadata: { name: 'widgets.example.com', annotations: { 'ku7s.io/references': '[]' } },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'widgets', kind: 'Widget' },
        versions: ['v1', 'v2'].map((name) => ({
          name,
          served: true,
          storage: name === 'v1',
          schema: { openAPIV3Schema: { type: 'object', properties: { spec: specSchema } } },
        })),
      },
    }) as unknown as KubeObject;
  const made = (): { kinds: Kind[]; refs: WeakRef<object>[] } => {
    const read = definition();
    const { versions } = read['spec'] as { versions: { schema: object }[] };
    return { kinds: customKinds(read, 1, definition), refs: versions.map(({ schema }) => new WeakRef(schema)) };
  };
  const { kinds, refs } = made();
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // a WeakRef holds what it refers to until the turn in which it was made is over
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(refs.map((ref) => ref.deref())).toEqual([undefined, undefined]);
  expect(kinds.map((kind) => kind.definition?.schema()?.type)).toEqual(['object', 'object']);
});

test('custom kinds come and go in the registry', () => {
  const registry = createRegistry();
  let changes = 0;
  registry.onChange(() => changes++);
  registry.setCustom('widgets.example.com', [widgets()]);
  expect(registry.preferred('widgets.example.com')?.kind).toBe('Widget');
  expect(registry.groups().at(-1)).toEqual({ group: 'example.com', versions: ['v1'] });
  registry.setCustom('widgets.example.com', []);
  expect(registry.byResource('example.com', 'v1', 'widgets')).toBeUndefined();
  expect(changes).toBe(2);
});

describe('validation', () => {
  const of = (schema: object, value: unknown): string[] =>
    errorsOf(widgets({ type: 'object', properties: { a: schema } }, { subresources: {} }), { a: value });
  test.each<[string, object, unknown, string[]]>([
    [
      'tells of the type and of the choices',
      { type: 'string', enum: ['x'] },
      5,
      [
        'spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"',
        'spec.a: Unsupported value: 5: supported values: "x"',
      ],
    ],
    [
      'prints large bounds of floats as Go does',
      { type: 'number', maximum: 1000000 },
      2000000.5,
      ['spec.a: Invalid value: 2.0000005e+06: spec.a in body should be less than or equal to 1e+06'],
    ],
    [
      'prints bounds of whole numbers whole',
      { type: 'integer', maximum: 1000000 },
      2000000,
      ['spec.a: Invalid value: 2000000: spec.a in body should be less than or equal to 1000000'],
    ],
    [
      'oneOf: two are good',
      { type: 'integer', oneOf: [{ minimum: 1 }, { minimum: 2 }] },
      3,
      ['<nil>: Invalid value: "": "spec.a" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    [
      'anyOf: the first of equals is told',
      { type: 'integer', anyOf: [{ minimum: 5 }, { minimum: 9 }] },
      3,
      [
        '<nil>: Invalid value: "": "spec.a" must validate at least one schema (anyOf)',
        'spec.a: Invalid value: 3: spec.a in body should be greater than or equal to 5',
      ],
    ],
    [
      'embedded resources have kind and apiVersion',
      { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      { kind: 'X y' },
      [
        'spec.a.apiVersion: Required value',
        `spec.a.kind: Invalid value: "X y": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [
      'embedded resources have metadata as objects have',
      { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'a/b', namespace: 'A', labels: { 'a b': 'c' }, finalizers: ['x'] },
      },
      [
        `spec.a.metadata.labels: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
        'spec.a.metadata.name: Invalid value: "a/b": may not contain \'/\'',
        `spec.a.metadata.namespace: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
      ],
    ],
    [
      'of a value whose format is known, the format is told where it is no text',
      { type: 'string', format: 'byte' },
      { x: 1 },
      ['spec.a: Invalid value: "": spec.a in body must be of type byte: ""'],
    ],
    [
      'and so of a number',
      { type: 'string', format: 'date-time' },
      1.5,
      ['spec.a: Invalid value: "float64": spec.a in body must be of type date-time: "float64"'],
    ],
    ['a list is left to the format, which looks at texts alone', { type: 'string', format: 'date-time' }, ['x'], []],
    [
      'formats of numbers are none for types',
      { type: 'integer', format: 'int32' },
      true,
      ['spec.a: Invalid value: "boolean": spec.a in body must be of type integer: "boolean"'],
    ],
    [
      'what is in a list where none belongs is not looked at',
      { type: 'string' },
      [null],
      ['spec.a: Invalid value: "array": spec.a in body must be of type string: "array"'],
    ],
    [
      'what is in an object where none belongs is pruned',
      { type: 'string', enum: ['x'] },
      { b: [{ c: 1 }] },
      [
        'spec.a: Invalid value: "object": spec.a in body must be of type string: "object"',
        'spec.a: Unsupported value: {}: supported values: "x"',
      ],
    ],
    [
      'items of a list by key are objects',
      {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['k'],
        items: { type: 'object', required: ['k'], properties: { k: { type: 'string' } } },
      },
      [{ k: 'x' }, { k: 'x' }, 'y'],
      [
        'spec.a[2]: Invalid value: "string": spec.a[2] in body must be of type object: "string"',
        'spec.a[2]: Invalid value: "y": must be an object for an array of list-type map',
      ],
    ],
    [
      'a null in a map goes where it is no value',
      { type: 'object', additionalProperties: { type: 'string', minLength: 1 } },
      { b: null, c: '' },
      ['spec.a.c: Invalid value: "": spec.a.c in body should be at least 1 chars long'],
    ],
    [
      'oneOf: once one is good, what failed before is not told',
      { type: 'integer', oneOf: [{ minimum: 5 }, { minimum: 1 }, { maximum: 4 }] },
      3,
      ['<nil>: Invalid value: "": "spec.a" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    ],
    [
      'a text that is too short is not matched',
      { type: 'string', minLength: 1, pattern: '^[a-z]+$' },
      '',
      ['spec.a: Invalid value: "": spec.a in body should be at least 1 chars long'],
    ],
    [
      'a text that is too long is not matched, but its format is looked at',
      { type: 'string', maxLength: 2, pattern: '^[a-z]+$', format: 'ipv4' },
      '123',
      [
        'spec.a: Invalid value: "123": spec.a in body must be of type ipv4: "123"',
        'spec.a: Too long: may not be more than 2 bytes',
      ],
    ],
  ])('%s', (_, schema, value, expected) => expect(of(schema, value)).toEqual(expected));

  const whole = {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
  };
  test.each([
    [{ kind: 1 }, 'spec.a.kind: Invalid value: 1: must be a string'],
    [
      { metadata: { name: 'x', labels: 'y' } },
      'spec.a.metadata: Invalid value: {"labels":"y","name":"x"}: json: cannot unmarshal string into Go struct field ObjectMeta.labels of type map[string]string',
    ],
    [
      { metadata: [{}] },
      'spec.a.metadata: Invalid value: [{}]: json: cannot unmarshal array into Go value of type v1.ObjectMeta',
    ],
  ])('an object within with %j cannot be read', (a, why) => {
    expect(() => of(whole, a)).toThrow(`Widget in version "v1" cannot be handled as a Widget: ${why}`);
  });

  test('leaves what was wrong before, with a warning', () => {
    const kind = widgets(
      {
        type: 'object',
        properties: {
          a: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 3' }] },
          b: { type: 'string' },
        },
      },
      { subresources: {} },
    );
    const [old, object] = [read(kind, widget({ a: 1 })), read(kind, widget({ a: 1, b: 'x' }))];
    const warnings: string[] = [];
    const warned = { ...ctx, warn: (text: string) => void warnings.push(text) };
    expect(atOnce(kind.storage.strategy.validateSteps!(object, old, warned))).toEqual([]);
    expect(warnings).toEqual(['spec.a: Invalid value: 1: failed rule: self > 3']);
  });
});

test('a custom object says what it is', () => {
  const kind = widgets();
  const sent = (more: object): unknown => {
    try {
      return read(kind, { ...(widget({ size: 1 }) as object), ...more });
    } catch (error) {
      return (error as { status: { code: number; message: string } }).status.message;
    }
  };
  expect(sent({ apiVersion: 'example.com/v9' })).toBe(
    'the API version in the data (example.com/v9) does not match the expected API version (example.com/v1)',
  );
  expect(sent({ kind: 'Gadget' })).toBe(
    'Gadget.example.com "a" is invalid: kind: Invalid value: "Gadget": must be Widget',
  );
  expect(sent({ kind: undefined })).toBe(
    `the object provided is unrecognized (must be of type Widget): Object 'Kind' is missing in '{"apiVersion":"example.com/v1","metadata":{"name":"a"},"spec":{"size":1}}' ({"apiVersion":"example.com/v1" ...)`,
  );
});
