import type { GraphQLSchema } from 'graphql';
import { expect, test } from 'vitest';
import type { Kind } from '../../../src/kinds/kind.ts';
import { DEFAULT_LIMITS } from '../../../src/resolvers/limits.ts';
import { Operations } from '../../../src/resolvers/schema/operations.ts';
import { RecordingApi } from '../recording-api.ts';

const PODS = '{ pods { resourceVersion } }';

test('a definition that comes costs only those who ask for it, and what is new is there at once', () => {
  const { api } = new RecordingApi();
  const operations = new Operations(api, DEFAULT_LIMITS);
  const schemas = new Map<string, Set<GraphQLSchema>>();
  const ask = (query: string): string => {
    const asked = operations.ask({ query });
    if (!asked.operation) return 'refused';
    const used = schemas.get(query) ?? new Set();
    schemas.set(query, used.add(asked.operation.schema));
    return 'taken';
  };
  const define = (name: string): void => {
    const of = { group: 'example.com', kind: `T${name}`, resource: `t${name}s`, singular: `t${name}`, custom: true };
    const pods = api.registry.preferred('pods')!;
    const storage = { ...pods.storage, group: of.group, kind: of.kind, key: `${of.resource}.example.com` };
    api.registry.setCustom('x', [{ ...pods, ...of, storage } satisfies Kind]);
  };
  expect(ask(PODS)).toBe('taken');
  for (let i = 0; i < 100; i++) {
    define(`hing${i}`);
    expect(ask(PODS)).toBe('taken');
  }
  expect(schemas.get(PODS)?.size).toBe(1);

  const [last, gone] = ['{ thing99s { resourceVersion } }', '{ thing98s { resourceVersion } }'];
  expect(ask(last)).toBe('taken');
  expect(ask(gone)).toBe('refused');
  define('hing98');
  expect(ask(gone)).toBe('taken');
  expect(ask(last)).toBe('refused');
  define('hing98');
  expect(ask(gone)).toBe('taken');
  expect(schemas.get(gone)?.size).toBe(2);
  expect(ask(PODS)).toBe('taken');
  expect(schemas.get(PODS)?.size).toBe(1);
});
