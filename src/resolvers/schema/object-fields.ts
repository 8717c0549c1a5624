import { GraphQLError, GraphQLString } from 'graphql';
import { toYaml } from '../../kinds/yaml/write-yaml.ts';
import { stringifyExact } from '../../go/json-numbers.ts';
import { PLAIN } from '../compiled/plain.ts';
import type { FieldConfigs } from './output-types.ts';
import type { Scalars } from './scalars-of.ts';

/** Characters of the JSON of an object that is written as YAML: some ms of work. */
const MAX_YAML = 128 * 1024;

/** A whole object in other forms: `raw` and `yaml`. */
export const objectFields = (scalars: Scalars): FieldConfigs => ({
  raw: {
    type: scalars.any,
    description: 'The whole object as JSON.',
    extensions: PLAIN,
    resolve: (source: unknown) => source,
  },
  yaml: {
    type: GraphQLString,
    description: `The whole object as YAML, as kubectl prints it; an error where its JSON is longer than ${MAX_YAML} characters.`,
    resolve: (source: unknown) => yamlOf(source),
  },
  _json: {
    type: scalars.any,
    description: 'The whole object as JSON.',
    deprecationReason: 'It is called raw.',
    extensions: PLAIN,
    resolve: (source: unknown) => source,
  },
});

function yamlOf(object: unknown): string {
  const { length } = stringifyExact(object);
  if (length > MAX_YAML)
    throw new GraphQLError(
      `the object is ${length} characters long, more than the ${MAX_YAML} that are written as YAML`,
    );
  return toYaml(object);
}
