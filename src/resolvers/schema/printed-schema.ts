import { lexicographicSortSchema, printSchema } from 'graphql';
import type { Registry } from '../../kinds/kind.ts';
import { buildSchema } from './schema.ts';

/** The schema in GraphQL's own language, sorted, so that a change of it is a change of a few lines. */
export const printedSchema = (registry: Registry): string =>
  `${printSchema(lexicographicSortSchema(buildSchema(registry)))}\n`;
