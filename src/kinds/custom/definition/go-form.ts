import type { ValidationRule } from '../json-schema.ts';
import type { AnySchema, Version } from './spec.ts';

/** Parts of a definition as Go's encoder writes its internal structs: all fields, by their Go names, in their order. */
const map = <T>(of: Record<string, T> | undefined, each: (value: T) => unknown): unknown =>
  of
    ? Object.fromEntries(
        Object.keys(of)
          .sort()
          .map((key) => [key, each(of[key] as T)]),
      )
    : null;
type Below = (schema: AnySchema) => object;
const list = (of: AnySchema[] | undefined, below: Below): unknown => of?.map((each) => below(each)) ?? null;
const schemaOrBool = (of: AnySchema | boolean | undefined, below: Below): unknown => {
  if (of === undefined) return null;
  return typeof of === 'boolean' ? { Allows: of, Schema: null } : { Allows: true, Schema: below(of) };
};
const schemaOrList = (of: AnySchema | AnySchema[] | undefined, below: Below): unknown => {
  if (!of) return null;
  return Array.isArray(of) ? { Schema: null, JSONSchemas: list(of, below) } : { Schema: below(of), JSONSchemas: null };
};

export const goRule = (rule: ValidationRule): object => ({
  Rule: rule.rule ?? '',
  Message: rule.message ?? '',
  MessageExpression: rule.messageExpression ?? '',
  Reason: rule.reason ?? null,
  FieldPath: rule.fieldPath ?? '',
  OptionalOldSelf: rule.optionalOldSelf ?? null,
});

const bounds = (s: AnySchema): object => ({
  Maximum: s.maximum ?? null,
  ExclusiveMaximum: s.exclusiveMaximum ?? false,
  Minimum: s.minimum ?? null,
  ExclusiveMinimum: s.exclusiveMinimum ?? false,
  MaxLength: s.maxLength ?? null,
  MinLength: s.minLength ?? null,
  Pattern: s.pattern ?? '',
  MaxItems: s.maxItems ?? null,
  MinItems: s.minItems ?? null,
  UniqueItems: s.uniqueItems ?? false,
  MultipleOf: s.multipleOf ?? null,
  Enum: s.enum ?? null,
  MaxProperties: s.maxProperties ?? null,
  MinProperties: s.minProperties ?? null,
  Required: s.required ?? null,
});

const extensions = (s: AnySchema): object => ({
  XPreserveUnknownFields: s['x-kubernetes-preserve-unknown-fields'] ?? null,
  XEmbeddedResource: s['x-kubernetes-embedded-resource'] ?? false,
  XIntOrString: s['x-kubernetes-int-or-string'] ?? false,
  XListMapKeys: s['x-kubernetes-list-map-keys'] ?? null,
  XListType: s['x-kubernetes-list-type'] ?? null,
  XMapType: s['x-kubernetes-map-type'] ?? null,
  XValidations: s['x-kubernetes-validations']?.map(goRule) ?? null,
});

export const goSchema = (schema: AnySchema): object => goFields(schema, goSchema);

/** The fields of a schema alone. @param below what stands in place of each schema within it */
export function goFields(s: AnySchema, below: Below): Record<string, unknown> {
  return {
    ID: s.id ?? '',
    Schema: s.$schema ?? '',
    Ref: s.$ref ?? null,
    Description: s.description ?? '',
    Type: s.type ?? '',
    Nullable: s.nullable ?? false,
    Format: s.format ?? '',
    Title: s.title ?? '',
    Default: s.default ?? null,
    ...bounds(s),
    Items: schemaOrList(s.items, below),
    AllOf: list(s.allOf, below),
    OneOf: list(s.oneOf, below),
    AnyOf: list(s.anyOf, below),
    Not: s.not ? below(s.not) : null,
    Properties: map(s.properties, below),
    AdditionalProperties: schemaOrBool(s.additionalProperties, below),
    PatternProperties: map(s.patternProperties, below),
    Dependencies: map(s.dependencies, (d) =>
      Array.isArray(d) ? { Schema: null, Property: d } : { Schema: below(d), Property: null },
    ),
    AdditionalItems: schemaOrBool(s.additionalItems, below),
    Definitions: map(s.definitions, below),
    ExternalDocs: s.externalDocs
      ? { Description: s.externalDocs.description ?? '', URL: s.externalDocs.url ?? '' }
      : null,
    Example: s.example ?? null,
    ...extensions(s),
  };
}

const goSubresources = (s: Version['subresources']): unknown =>
  s
    ? {
        Status: s.status ? {} : null,
        Scale: s.scale
          ? {
              SpecReplicasPath: s.scale.specReplicasPath ?? '',
              StatusReplicasPath: s.scale.statusReplicasPath ?? '',
              LabelSelectorPath: s.scale.labelSelectorPath ?? null,
            }
          : null,
      }
    : null;

export const goVersion = (v: Version): object => ({
  Name: v.name ?? '',
  Served: v.served ?? false,
  Storage: v.storage ?? false,
  Deprecated: v.deprecated ?? false,
  DeprecationWarning: v.deprecationWarning ?? null,
  Schema: v.schema ? { OpenAPIV3Schema: v.schema.openAPIV3Schema ? goSchema(v.schema.openAPIV3Schema) : null } : null,
  Subresources: goSubresources(v.subresources),
  AdditionalPrinterColumns:
    v.additionalPrinterColumns?.map((c) => ({
      Name: c.name ?? '',
      Type: c.type ?? '',
      Format: c.format ?? '',
      Description: c.description ?? '',
      Priority: c.priority ?? 0,
      JSONPath: c.jsonPath ?? '',
    })) ?? null,
  SelectableFields: v.selectableFields?.map((f) => ({ JSONPath: f.jsonPath ?? '' })) ?? null,
});
