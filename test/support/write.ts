import type { Columns, Key, Write } from '../../src/store/contract.ts';

const by = { user: 'tester', manager: 'vitest', verb: 'test' };
export const keyOf = (name: string, namespace = 'default', resource = 'things'): Key => ({ resource, namespace, name });

/** The body and columns of a small object whose `value` tells its versions apart. */
export function contentOf(
  key: Key,
  value: unknown = 0,
  columns: Partial<Columns> = {},
): { body: Buffer; columns: Columns } {
  const uid = columns.uid ?? `uid-${key.resource}-${key.namespace}-${key.name}`;
  const body = Buffer.from(JSON.stringify({ metadata: { name: key.name, namespace: key.namespace, uid }, value }));
  return { body, columns: { labels: undefined, fields: undefined, owners: undefined, ...columns, uid } };
}

export const create = (key: Key, value?: unknown, columns?: Partial<Columns>): Write => ({
  ...key,
  by,
  type: 'create',
  ...contentOf(key, value, columns),
});
export const update = (key: Key, expect: number, value?: unknown, columns?: Partial<Columns>): Write => ({
  ...key,
  by,
  type: 'update',
  expect,
  ...contentOf(key, value, columns),
});
export const remove = (key: Key, expect: number): Write => ({ ...key, by, type: 'delete', expect });
