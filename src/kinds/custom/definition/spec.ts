import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../meta/object.ts';
import type { PrinterColumn } from '../columns.ts';
import type { JsonSchema } from '../json-schema.ts';
import type { ScalePaths } from '../scale.ts';

/** JSONSchemaProps with all that a definition may say, the unsupported parts included. */
export interface AnySchema extends Omit<
  JsonSchema,
  'items' | 'properties' | 'allOf' | 'anyOf' | 'oneOf' | 'not' | 'additionalProperties'
> {
  id?: string;
  $schema?: string;
  $ref?: string;
  items?: AnySchema | AnySchema[];
  properties?: Record<string, AnySchema>;
  additionalProperties?: AnySchema | boolean;
  patternProperties?: Record<string, AnySchema>;
  definitions?: Record<string, AnySchema>;
  dependencies?: Record<string, AnySchema | string[]>;
  additionalItems?: AnySchema | boolean;
  allOf?: AnySchema[];
  anyOf?: AnySchema[];
  oneOf?: AnySchema[];
  not?: AnySchema;
  externalDocs?: { description?: string; url?: string };
  example?: unknown;
}
export interface Subresources {
  status?: object;
  scale?: Partial<ScalePaths>;
}
export interface Version {
  name: string;
  served?: boolean;
  storage?: boolean;
  deprecated?: boolean;
  deprecationWarning?: string;
  schema?: { openAPIV3Schema?: AnySchema };
  subresources?: Subresources;
  additionalPrinterColumns?: Partial<PrinterColumn>[];
  selectableFields?: { jsonPath?: string }[];
}
export interface Names {
  plural?: string;
  singular?: string;
  shortNames?: string[];
  kind?: string;
  listKind?: string;
  categories?: string[];
}
export interface Conversion {
  strategy?: string;
  webhook?: {
    clientConfig?: {
      url?: string;
      service?: { namespace?: string; name?: string; path?: string; port?: number };
      caBundle?: string;
    };
    conversionReviewVersions?: string[];
  };
}
export interface DefinitionSpec {
  group?: string;
  scope?: string;
  names?: Names;
  versions?: Version[];
  conversion?: Conversion;
  preserveUnknownFields?: boolean;
}

/** What all versions have in common stands once, for all of them; errors and their paths speak of it there. */
export interface Hoisted {
  versions: Version[];
  validation?: Version['schema'];
  subresources?: Subresources;
  additionalPrinterColumns?: Version['additionalPrinterColumns'];
  selectableFields?: Version['selectableFields'];
}

export const specOf = (object: KubeObject): DefinitionSpec => (object['spec'] ?? {}) as DefinitionSpec;

type Part = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields';
/** The empty list and the absent one are one thing. */
const partOf = (version: Version, part: Part): unknown => {
  const value = version[part] ?? undefined;
  return Array.isArray(value) && value.length === 0 ? undefined : value;
};

/** The internal form of a definition's versions: parts that are the same in all of them are moved up. */
export function hoisted(spec: DefinitionSpec): Hoisted {
  const versions = spec.versions ?? [];
  const first = versions[0];
  if (!first) return { versions };
  const shared = (['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const).filter((part) =>
    versions.every((v) => isDeepStrictEqual(partOf(v, part), partOf(first, part))),
  );
  const own = versions.map(
    (v) => Object.fromEntries(Object.entries(v).filter(([key]) => !shared.includes(key as Part))) as unknown as Version,
  );
  const up = (part: Part): unknown => (shared.includes(part) ? partOf(first, part) : undefined);
  return {
    versions: own,
    validation: up('schema') as Version['schema'],
    subresources: up('subresources') as Subresources | undefined,
    additionalPrinterColumns: up('additionalPrinterColumns') as Version['additionalPrinterColumns'],
    selectableFields: up('selectableFields') as Version['selectableFields'],
  };
}
