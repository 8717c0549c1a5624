import type { CustomResourceDefinition } from '../../../schema/types.ts';
import { objectType, type Type } from '../../cel/types.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import { isEstablished } from '../../rules/established.ts';
import { objectMetaSchema } from '../builtin-schema.ts';
import type { JsonSchema } from '../custom/json-schema.ts';
import { optionalResourceFacts, resourceFacts, type ResourceFacts } from '../facts.ts';
import { structType } from './builtin-type.ts';
import { schemaType } from './schema-type.ts';

/** A kind whose objects' types are known. */
export interface CheckedKind extends Pick<ResourceFacts, 'group' | 'version' | 'kind' | 'resource' | 'singular'> {
  /** @param name of the type; types within it are named by their paths */
  type(name: string): Type | undefined;
}

const builtin = ({ group, version, kind, resource, singular, type }: ResourceFacts): CheckedKind => ({
  group,
  version,
  kind,
  resource,
  singular,
  type: (name) => structType(type, name),
});

/** As OpenAPI describes a custom resource: with all metadata, of which its own rules see the names alone. */
function customType(schema: JsonSchema, name: string): Type | undefined {
  const found = schemaType(schema, name, true)?.type;
  if (!found?.fields) return found;
  const metadata = structType(objectMetaSchema.name, `${name}.metadata`);
  return objectType(name, new Map([...found.fields, ['metadata', { key: 'metadata', type: metadata }]]));
}

function* custom(definition: CustomResourceDefinition): Generator<CheckedKind> {
  if (!isEstablished(definition)) return;
  const { group, names, versions } = definition.spec;
  for (const { name: version, served, schema } of versions) {
    if (!served) continue;
    const { kind, plural: resource, singular = kind.toLowerCase() } = names;
    const json = schema?.openAPIV3Schema as JsonSchema | undefined;
    yield { group, version, kind, resource, singular, type: (name) => customType(json ?? { type: 'object' }, name) };
  }
}

/** Every kind that is served and described. @param optional versions that are served when asked for */
export function checkedKinds(
  optional: readonly string[],
  definitions: readonly CustomResourceDefinition[],
): CheckedKind[] {
  const wanted = optionalResourceFacts.filter((facts) => optional.includes(apiVersionOf(facts)));
  return [...[...resourceFacts, ...wanted].map(builtin), ...definitions.flatMap((one) => [...custom(one)])];
}
