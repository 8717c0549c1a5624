import type { GraphQLSchema } from 'graphql';
import { expect, test } from 'vitest';
import type { Kind } from '../../../src/kinds/kind.ts';
import { DEFAULT_LIMITS } from '../../../src/resolvers/limits.ts';
import { Operations } from '../../../src/resolvers/schema/operations.ts';
import { RecordingApi } from '../recording-api.ts';

const PODS = '{ pods { resourceVersion } }';

test('definitions that change one after the other cost a schema a second, and what is new is there at once', () => {
  const { api } = new RecordingApi();
  let now = 10_000;
  const operations = new Operations(api, DEFAULT_LIMITS, () => now);
  const schemas = new Set<GraphQLSchema>();
  const ask = (query: string): string => {
    const asked = operations.ask({ query });
    if (!asked.operation) return 'refused';
    schemas.add(asked.operation.schema);
    return 'taken';
  };
  const define = (name: string): void => {
    const of = { group: 'example.com', kind: `T${name}`, resource: `t${name}s` };
    api.registry.setCustom('x', [{ ...api.registry.preferred('pods')!, ...of } satisfies Kind]);
  };
  expect(ask(PODS)).toBe('taken');
  for (let i = 0; i < 100; i++) {
    define(`hing${i}`);
    expect(ask(PODS)).toBe('taken');
  }
  expect(schemas.size).toBe(1);

  expect(ask('{ thing99s { resourceVersion } }')).toBe('taken');
  expect(ask('{ thing98s { resourceVersion } }')).toBe('refused');
  expect(schemas.size).toBe(2);

  define('other');
  expect(ask('{ __schema { description } }')).toBe('taken');
  expect(schemas.size).toBe(3);

  define('more');
  now += 1001;
  expect(ask(PODS)).toBe('taken');
  expect(schemas.size).toBe(4);
});
