import { describe, expect, test } from 'vitest';
import { customKinds } from '../../../src/kinds/custom.ts';
import type { Kind } from '../../../src/kinds/kind.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { customDefinitions } from '../../../src/rest/openapi/custom.ts';
import type { Node, OpenApiVersion } from '../../../src/rest/openapi/definitions.ts';
import { the } from '../../support/at.ts';

const kindOf = (openAPIV3Schema: object | undefined): Kind => {
  const definition = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [{ name: 'v1', served: true, storage: true, ...(openAPIV3Schema && { schema: { openAPIV3Schema } }) }],
    },
  };
  return the(customKinds(definition as unknown as KubeObject)[0]);
};

/** Without descriptions, which are words of our own. */
function plain(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(plain);
  if (typeof node !== 'object' || node === null) return node;
  const rest = Object.entries(node).filter(([key, value]) => key !== 'description' || typeof value !== 'string');
  return Object.fromEntries(rest.map(([key, value]) => [key, plain(value)]));
}

const publishedOf = (schema: object | undefined, version: OpenApiVersion): Node =>
  plain(customDefinitions(kindOf(schema), version)['com.example.v1.Widget']) as Node;

const field = (schema: object, version: OpenApiVersion): unknown =>
  (publishedOf({ type: 'object', properties: { field: schema } }, version)['properties'] as Node)['field'];

const GVK = { 'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Widget', version: 'v1' }] };
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const TEXTS = { apiVersion: { type: 'string' }, kind: { type: 'string' } };
const COMMON = {
  2: { ...TEXTS, metadata: { $ref: `#/definitions/${META}` } },
  3: { ...TEXTS, metadata: { allOf: [{ $ref: `#/components/schemas/${META}` }] } },
};
const open = { 'x-kubernetes-preserve-unknown-fields': true };

/** What kube-apiserver 1.35.4 publishes of a field. */
const FIELDS: readonly [name: string, schema: object, second: object, third: object][] = [
  ['an object of which nothing is said', { type: 'object' }, { type: 'object' }, { type: 'object' }],
  ['an object that is open', { type: 'object', ...open }, open, { type: 'object', ...open }],
  [
    'an open object with properties',
    { type: 'object', ...open, properties: { a: { type: 'string' } } },
    open,
    { type: 'object', ...open, properties: { a: { type: 'string' } } },
  ],
  ['a text that may be null', { type: 'string', nullable: true }, {}, { type: 'string', nullable: true }],
  [
    'a list that may be null',
    { type: 'array', nullable: true, items: { type: 'string' } },
    {},
    { type: 'array', nullable: true, items: { type: 'string' } },
  ],
  [
    'a property that may be null is not required',
    {
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { type: 'string' }, b: { type: 'string', nullable: true } },
    },
    { type: 'object', required: ['a'], properties: { a: { type: 'string' }, b: {} } },
    {
      type: 'object',
      required: ['a', 'b'],
      properties: { a: { type: 'string' }, b: { type: 'string', nullable: true } },
    },
  ],
  [
    'an integer or a text',
    { 'x-kubernetes-int-or-string': true, pattern: '^1' },
    { 'x-kubernetes-int-or-string': true, pattern: '^1' },
    { 'x-kubernetes-int-or-string': true, pattern: '^1', anyOf: [{ type: 'integer' }, { type: 'string' }] },
  ],
  [
    'an integer or a text that says more',
    { 'x-kubernetes-int-or-string': true, anyOf: [{ minimum: 1 }] },
    { 'x-kubernetes-int-or-string': true },
    {
      'x-kubernetes-int-or-string': true,
      anyOf: [{ minimum: 1 }],
      allOf: [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }],
    },
  ],
  [
    'an object of its own',
    { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
    {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      required: ['kind', 'apiVersion'],
      properties: { spec: { type: 'object' }, ...COMMON[2] },
    },
    {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      required: ['kind', 'apiVersion'],
      properties: { spec: { type: 'object' }, ...COMMON[3] },
    },
  ],
  [
    'an open object of its own',
    { type: 'object', 'x-kubernetes-embedded-resource': true, ...open },
    { 'x-kubernetes-embedded-resource': true, ...open },
    {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      ...open,
      required: ['kind', 'apiVersion'],
      properties: COMMON[3],
    },
  ],
  [
    'defaults, examples and junctors',
    { type: 'string', default: 'a', example: 'b', externalDocs: { url: 'http://a' }, oneOf: [{ pattern: 'a' }] },
    { type: 'string' },
    { type: 'string', default: 'a', oneOf: [{ pattern: 'a' }] },
  ],
];

describe.each(FIELDS)('%s', (_, schema, second, third) => {
  test('in version 2', () => expect(field(schema, 2)).toEqual(second));
  test('in version 3', () => expect(field(schema, 3)).toEqual(third));
});

test('a property that is called description is one', () => {
  const schema = { type: 'object', properties: { description: { type: 'string' }, items: { type: 'string' } } };
  expect(field(schema, 2)).toEqual(schema);
  expect(field(schema, 3)).toEqual(schema);
});

describe('the root', () => {
  test.each([2, 3] as const)('has what every object has, in version %i', (version) => {
    expect(publishedOf({ type: 'object' }, version)).toEqual({ type: 'object', properties: COMMON[version], ...GVK });
  });
  test('that is open names nothing in version 2', () => {
    const schema = { type: 'object', ...open, properties: { spec: { type: 'object' } } };
    expect(publishedOf(schema, 2)).toEqual({ type: 'object', ...GVK });
    expect(publishedOf(schema, 3)).toMatchObject({ ...open, properties: { spec: { type: 'object' }, ...COMMON[3] } });
  });
  test.each([2, 3] as const)('without a schema says that it is an object, in version %i', (version) => {
    expect(publishedOf(undefined, version)).toEqual({ type: 'object', ...GVK });
  });
});
