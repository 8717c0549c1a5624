import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { placeInYaml, type PlaceInYaml } from './place-in-yaml.ts';
import {
  fieldOf,
  LONGEST_TEXT,
  resolve,
  schemaAt,
  typeNameOf,
  type KindSchema,
  type Schema,
  type Schemas,
} from './schema.ts';

/** What completion has to know of the cluster. */
export interface Known {
  schemaOf(apiVersion: string, kind: string): Promise<KindSchema | undefined>;
  /** the kinds that are served */
  kinds: readonly { group: string; version: string; kind: string }[];
}

/** Completes fields and values of what is written in YAML, by the schema of its kind. */
export const completeYaml =
  (known: Known) =>
  async ({ state, pos, explicit }: CompletionContext): Promise<CompletionResult | null> => {
    if (state.doc.length > LONGEST_TEXT) return null;
    const place = placeInYaml(state.doc.toString(), pos);
    // on an empty line it is offered to who asks for it
    if (!place || (!explicit && place.word === '' && place.field === undefined)) return null;
    const options = await optionsAt(place, known);
    return options.length > 0 ? { from: pos - place.word.length, options, validFor: /^[\w./-]*$/ } : null;
  };

/** What may be written at a place. */
export async function optionsAt(place: PlaceInYaml, known: Known): Promise<Completion[]> {
  const atTop = place.path.length === 0;
  if (atTop && place.field === 'kind') return kindsOf(place.apiVersion, known);
  if (atTop && place.field === 'apiVersion') return versionsOf(place.kind, known);
  const kind = await known.schemaOf(place.apiVersion, place.kind);
  if (!kind)
    return atTop && place.field === undefined ? ['apiVersion', 'kind', 'metadata'].flatMap(topField(place)) : [];
  const schema = schemaAt(kind, place.path);
  if (!schema) return [];
  return place.field === undefined
    ? fieldsOf(schema, place, kind.all)
    : valuesOf(resolve(fieldOf(schema, place.field), kind.all));
}

const topField =
  ({ present }: PlaceInYaml) =>
  (label: string): Completion[] =>
    present.has(label)
      ? []
      : [{ label, type: 'property', apply: label === 'metadata' ? 'metadata:\n  ' : `${label}: ` }];

const apiVersionOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `${group}/${version}` : version;

const kindsOf = (apiVersion: string, { kinds }: Known): Completion[] =>
  kinds
    .filter((each) => apiVersion === '' || apiVersionOf(each) === apiVersion)
    .map((each) => ({ label: each.kind, detail: apiVersionOf(each), type: 'class' }));

const versionsOf = (kind: string, { kinds }: Known): Completion[] =>
  [...new Set(kinds.filter((each) => kind === '' || each.kind === kind).map(apiVersionOf))].map((label) => ({
    label,
    type: 'constant',
  }));

/** Fields of an object, those first that it has to have. */
function fieldsOf(
  { properties = {}, required = [] }: Schema,
  { present, column }: PlaceInYaml,
  all: Schemas,
): Completion[] {
  return Object.entries(properties)
    .filter(([name]) => !present.has(name))
    .map(([name, schema]) => {
      const whole = resolve(schema, all) ?? schema;
      const description = schema.description ?? whole.description;
      return {
        label: name,
        detail: typeNameOf(schema, all),
        type: 'property',
        boost: required.includes(name) ? 1 : 0,
        apply: name + endOf(whole, column),
        ...(description !== undefined && { info: description }),
      };
    });
}

/** What follows the name of a field, so that one writes on where its value begins. */
function endOf({ type, properties, additionalProperties }: Schema, column: number): string {
  const inside = ' '.repeat(column);
  if (type === 'array') return `:\n${inside}- `;
  return (properties ?? additionalProperties) ? `:\n${inside}  ` : ': ';
}

function valuesOf(schema: Schema | undefined): Completion[] {
  const values = schema?.enum ?? (schema?.type === 'boolean' ? [true, false] : []);
  return values.map((value) => ({ label: String(value), type: 'enum' }));
}
