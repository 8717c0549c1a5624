import { fieldDescription } from '../../kinds/descriptions.ts';
import type { Field, ObjectSchema, Schema } from '../../kinds/schema.ts';

/** Characters of the values that are told. */
const MAX_VALUES = 400;

/** What is said of a field wherever it stands: in an object, an input, a filter or an order. */
export const fieldText = (struct: ObjectSchema, { name, description }: Field): string | undefined =>
  fieldDescription(struct.name, name) ?? description;

/** The same, and which values it takes: built-in kinds have them as strings. */
export function fieldTextWithValues(struct: ObjectSchema, field: Field): string | undefined {
  const text = fieldText(struct, field);
  const values = valuesOf(field.schema);
  if (!values?.length) return text;
  const told = `One of ${values.map((value) => `\`${value}\``).join(', ')}.`;
  if (told.length > MAX_VALUES) return text;
  return text ? `${text}\n\n${told}` : told;
}

const valuesOf = (schema: Schema): readonly string[] | undefined =>
  schema.type === 'list' ? valuesOf(schema.item) : schema.type === 'string' ? schema.enum : undefined;
