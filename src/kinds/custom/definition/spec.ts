import type { CustomResourceDefinition } from '../../../../schema/types.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { PrinterColumn } from '../columns.ts';
import type { JsonSchema } from '../json-schema.ts';
import type { ScalePaths } from '../scale.ts';
import { semanticallyEqual } from '../../validation/values.ts';

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

/** Parts of a version that all of them may have in common. */
type Shared = Pick<Version, 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'>;
type Part = keyof Shared;
const PARTS = ['schema', 'subresources', 'additionalPrinterColumns', 'selectableFields'] as const;

/** What all versions have in common stands once, for all of them; errors and their paths speak of it there. */
export interface Hoisted extends Omit<Shared, 'schema'> {
  versions: Version[];
  validation?: NonNullable<Version['schema']>;
}

export type Definition = Unchecked<CustomResourceDefinition>;

/** The spec by what is known of schemas: the generated types leave open what may have several forms. */
export const specOf = ({ spec }: { spec?: unknown }): DefinitionSpec => (spec ?? {}) as DefinitionSpec;

/** The internal form of a definition's versions: parts that are the same in all of them are moved up. */
export function hoisted(spec: DefinitionSpec): Hoisted {
  const versions = spec.versions ?? [];
  const first = versions[0];
  if (!first) return { versions };
  const shared = PARTS.filter((part) => versions.every((v) => semanticallyEqual(v[part], first[part])));
  const up: Shared = {};
  for (const part of shared) copyPart(part, first, up);
  const { schema, ...rest } = up;
  return {
    versions: versions.map((version) => {
      const own = { ...version };
      for (const part of shared) delete own[part];
      return own;
    }),
    ...(schema && { validation: schema }),
    ...rest,
  };
}

function copyPart<P extends Part>(part: P, from: Shared, to: Shared): void {
  const value = from[part];
  if (value !== undefined && !semanticallyEqual(value, undefined)) to[part] = value;
}
