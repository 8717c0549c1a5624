import { readdirSync, readFileSync } from 'node:fs';
import type { GraphQLInputObjectType, GraphQLObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import json from '../../schema/descriptions.json' with { type: 'json' };
import { ANY_LIST, ANY_OBJECT, fieldDescription, typeDescription } from '../../src/kinds/descriptions.ts';
import { typeFacts } from '../../src/kinds/facts.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { ObjectSchema, Schema } from '../../src/kinds/schema.ts';
import { namesOf, uniqueFieldNames } from '../../src/resolvers/schema/names.ts';
import { buildSchema } from '../../src/resolvers/schema/schema.ts';
import { definitionOf } from '../../src/rest/openapi/definitions.ts';

interface TypeText {
  description?: string;
  fields?: Record<string, string>;
}
const types: Record<string, TypeText> = json.types;
const columns: Record<string, Record<string, string>> = json.columns;
const registry = createRegistry();

/** Of each object's fields, with the name of its type: `io.k8s.api.core.v1.Pod.spec` */
const sentences = Object.entries(types).flatMap(([type, { description, fields = {} }]) => [
  ...(description === undefined ? [] : [[type, description] as const]),
  ...Object.entries(fields).map(([field, text]) => [`${type}.${field}`, text] as const),
]);

describe('the file', () => {
  it('speaks only of types and fields that there are', () => {
    const unknown = Object.entries(types).flatMap(([type, { fields = {} }]) => {
      if (type === ANY_OBJECT || type === ANY_LIST) return [];
      const known = typeFacts[type];
      if (!known) return [type];
      return Object.keys(fields).filter((field) => !known.fields?.some(([name]) => name === field));
    });
    expect(unknown).toEqual([]);
  });

  it('speaks only of columns that there are', () => {
    const known = new Map(registry.all().map((kind) => [resourceOf(kind), kind.columns.map((c) => c.name)]));
    for (const [resource, texts] of Object.entries(columns)) {
      const names = resource === '*' ? [...known.values()].flat() : (known.get(resource) ?? []);
      expect(Object.keys(texts).filter((name) => !names.includes(name))).toEqual([]);
    }
  });

  it('has one line each, which ends like a sentence', () => {
    const all = [...sentences, ...Object.values(columns).flatMap((texts) => Object.entries(texts))];
    expect(all.filter(([, text]) => text !== '' && !/^[^\n]{3,180}\.$/.test(text))).toEqual([]);
  });
});

const resourceOf = ({ group, version, resource }: { group: string; version: string; resource: string }): string =>
  [group, version, resource].filter(Boolean).join('/');

/** A Table of kube-apiserver has no words for these. */
const WORDLESS = ['node.k8s.io/v1/runtimeclasses Handler'];

it('every column of every kind has a description', () => {
  const without = registry
    .all()
    .flatMap((kind) => kind.columns.filter((c) => !c.description).map((c) => `${resourceOf(kind)} ${c.name}`));
  expect(without).toEqual(WORDLESS);
});

it.each([
  ['apiVersion', /^APIVersion defines /],
  ['kind', /^Kind /],
  ['metadata', /^Standard object's metadata/],
])('%s begins as tools expect it, in every kind', (field, words) => {
  for (const kind of registry.all())
    if (kind.schema.fields.has(field)) expect(fieldDescription(kind.schema.name, field)).toMatch(words);
});

it('creationTimestamp begins as tools expect it', () => {
  const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
  expect(fieldDescription(meta, 'creationTimestamp')).toMatch(/^CreationTimestamp is a timestamp /);
});

it('recordings hold no descriptions of columns, but for what a definition is', () => {
  const folder = new URL('../golden/api/', import.meta.url);
  const found = readdirSync(folder).flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(/"description":"((?:[^"\\]|\\.)*)","priority"/g)].map(
      (match) => match[1] ?? '',
    ),
  );
  expect(found.length).toBeGreaterThan(0);
  expect(found.filter((text) => text && text !== '«text»' && !text.startsWith('Custom resource definition'))).toEqual(
    [],
  );
});

describe('OpenAPI', () => {
  it.each([2, 3] as const)('version %d has them all', (version) => {
    const different = Object.entries(types).flatMap(([type, { description, fields = {} }]) => {
      const node = definitionOf(type, version);
      if (!node) return [];
      const properties = (node['properties'] ?? {}) as Record<string, { description?: string }>;
      const wrong = Object.entries(fields).filter(([field, text]) => properties[field]?.description !== text);
      return [...(node['description'] === description ? [] : [type]), ...wrong.map(([field]) => `${type}.${field}`)];
    });
    expect(different).toEqual([]);
  });

  it('describes nothing else', () => {
    const pod = definitionOf('io.k8s.api.core.v1.RBDVolumeSource', 3);
    expect(JSON.stringify(pod)).not.toContain('description');
  });
});

describe('GraphQL', () => {
  const schema = buildSchema(registry);
  type Fields = Record<string, { description?: string | null | undefined }>;
  const described = (name: string): { own: unknown; fields: Fields } | undefined => {
    const type = schema.getType(name) as GraphQLObjectType | GraphQLInputObjectType | undefined;
    return type && { own: type.description ?? undefined, fields: type.getFields() };
  };

  /** Compares a struct and all within it with the type of this name; `seen` counts them. */
  function compare(of: Schema, name: string, seen: Map<ObjectSchema, string>, wrong: string[]): void {
    if (of.type === 'list') return compare(of.item, name, seen, wrong);
    if (of.type !== 'object' || of.fields.size === 0 || seen.has(of)) return;
    seen.set(of, name);
    for (const found of [described(name), described(`${name}Input`)]) {
      if (!found) continue;
      // of what OpenAPI says nothing GraphQL says where to look
      if (found.own !== (typeDescription(of.name) ?? `\`${of.name}\` in Kubernetes' OpenAPI document.`))
        wrong.push(name);
      for (const [json, as] of uniqueFieldNames(of.fields.keys()))
        // the values that OpenAPI has beside the words stand behind them
        if (
          (found.fields[as]?.description ?? '').replace(/(^|\n\n)One of `.*`\.$/, '') !==
          (fieldDescription(of.name, json) ?? '')
        )
          wrong.push(`${name}.${as}`);
    }
    const output = schema.getType(name) as GraphQLObjectType;
    for (const [json, as] of uniqueFieldNames(of.fields.keys())) {
      const type = String(output.getFields()[as]?.type).replace(/[[\]!]/g, '');
      compare(of.fields.get(json)!.schema, type, seen, wrong);
    }
  }

  it('says of types and fields what OpenAPI says, in and out', () => {
    const seen = new Map<ObjectSchema, string>();
    const wrong: string[] = [];
    for (const kind of registry.all()) compare(kind.schema, namesOf(kind).type, seen, wrong);
    expect(wrong).toEqual([]);
    expect(seen.size).toBeGreaterThan(400);
    expect(described('Container')?.fields['image']?.description).toBe(
      json.types['io.k8s.api.core.v1.Container'].fields.image,
    );
  });
});
