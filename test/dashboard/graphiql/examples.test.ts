import { readFileSync } from 'node:fs';
import { buildSchema, getOperationAST, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { describe, expect, test } from 'vitest';
import { EXAMPLES } from '../../../dashboard/graphiql/examples.ts';

const schema = buildSchema(readFileSync(new URL('../../../schema/schema.graphql', import.meta.url), 'utf8'));

/** The page has no types of its own to keep in step: what it knows of the schema is these documents. */
describe('the documents of the page', () => {
  test.each(EXAMPLES.map((example) => [example.query.split('\n', 1)[0]!, example] as const))(
    '%s',
    (_, { query, variables = '{}' }) => {
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      const definitions = getOperationAST(document)?.variableDefinitions ?? [];
      const values = JSON.parse(variables) as Record<string, unknown>;
      expect(getVariableValues(schema, definitions, values)).toEqual({ coerced: values });
      expect(Object.keys(values)).toEqual(definitions.map(({ variable }) => variable.name.value));
    },
  );
});
