import type { GraphQLResolveInfo } from 'graphql';
import type { OperationContext } from '../context.ts';

/**
 * What a relation leads to, or a promise of it, without what graphql-js needs for its pace. A field that has it (as its
 * `extensions`) is compiled: the object is as it was read, and arguments are coerced once for all objects.
 */
export type Read = (
  object: never,
  args: never,
  context: OperationContext,
  info: Pick<GraphQLResolveInfo, 'path'>,
) => unknown;

export const reads = (read: Read): { reads: Read } => ({ reads: read });
