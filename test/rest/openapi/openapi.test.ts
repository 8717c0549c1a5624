import { beforeEach, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/meta/object.ts';
import { customKinds } from '../../../src/kinds/custom.ts';
import { createRegistry } from '../../../src/kinds/registry.ts';
import type { Registry } from '../../../src/kinds/kind.ts';
import { OpenApi } from '../../../src/rest/openapi/openapi.ts';
import { largeDefinition } from '../../support/large-definition.ts';
import { readOpenApi } from './read.ts';

interface Document {
  paths: Record<string, unknown>;
  definitions?: Record<string, unknown>;
  components?: { schemas: Record<string, unknown> };
}

const whole = (pieces: Iterable<Buffer>): Buffer => Buffer.concat([...pieces]);
const parse = (pieces: Iterable<Buffer>): Document => JSON.parse(whole(pieces).toString()) as Document;
const definition = (i: number, generation = 1): KubeObject => {
  const made = largeDefinition(i, 20);
  return { ...made, metadata: { ...made.metadata, uid: `uid-${i}`, generation } } as unknown as KubeObject;
};

let registry: Registry;
let openapi: OpenApi;
const add = (i: number, generation?: number): void =>
  registry.setCustom(`resources${i}`, customKinds(definition(i, generation)));

beforeEach(() => {
  registry = createRegistry();
  openapi = new OpenApi(registry);
});

test('version 2 has the paths and types of all kinds, in both of its forms', () => {
  add(0);
  add(1);
  const json = parse(openapi.second.jsonPieces());
  const protobuf = readOpenApi(whole(openapi.second.protobufPieces()));
  expect(protobuf.paths.toSorted()).toEqual(Object.keys(json.paths).toSorted());
  expect(protobuf.definitions.toSorted()).toEqual(Object.keys(json.definitions ?? {}).toSorted());
  expect(Object.keys(json.definitions ?? {})).toEqual(
    expect.arrayContaining(['io.k8s.api.core.v1.Pod', 'com.example.provider.group0.v1.Resource0List']),
  );
  expect(Object.keys(json.paths)).toContain('/apis/group1.provider.example.com/v1/namespaces/{namespace}/resources1');
});

test('a document of version 3 has all that it refers to', () => {
  add(0);
  for (const path of openapi.index().keys()) {
    const text = whole(openapi.third(path)?.pieces() ?? []).toString();
    const { schemas } = (JSON.parse(text) as Document).components ?? {};
    const refs = [...text.matchAll(/#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(refs.filter((name) => !Object.hasOwn(schemas ?? {}, name ?? ''))).toEqual([]);
  }
});

test('hashes change with what is said, and with nothing else', () => {
  const hashes = (): Record<string, string> => Object.fromEntries(openapi.index());
  add(0);
  const [before, second] = [hashes(), openapi.second.hash('json')];
  add(0);
  expect(hashes()).toEqual(before);
  expect(openapi.second.hash('json')).toBe(second);
  add(0, 2);
  const path = 'apis/group0.provider.example.com/v1';
  expect(hashes()).toEqual({ ...before, [path]: expect.not.stringMatching(before[path] ?? '') as unknown });
  expect(openapi.second.hash('json')).not.toBe(second);
  expect(openapi.second.hash('protobuf')).not.toBe(openapi.second.hash('json'));
  expect(openapi.second.hash('json')).toMatch(/^[0-9A-F]{128}$/);
});

test('what has been made is kept, and is told again byte for byte until its definition says something else', () => {
  const { second } = openapi;
  const documents = (): string[] => [second.jsonPieces(), second.protobufPieces()].map((p) => whole(p).toString('hex'));
  add(0);
  add(1);
  const [json, protobuf] = documents();
  const [jsonAgain, protobufAgain] = documents();
  expect(jsonAgain === json && protobufAgain === protobuf).toBe(true);
  registry.setCustom('resources0', customKinds({ ...definition(2), metadata: definition(0, 2).metadata }));
  const { paths } = parse(second.jsonPieces());
  expect(Object.keys(paths).some((path) => path.includes('/resources0'))).toBe(false);
  expect(Object.keys(paths).some((path) => path.includes('/resources2'))).toBe(true);
});
