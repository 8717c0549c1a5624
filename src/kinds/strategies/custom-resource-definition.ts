import { forbidden, invalid, notSupported, Path, required, typeInvalid, type FieldError } from '../../meta/field.ts';
import { isDns1035Label, isDns1123Subdomain } from '../../meta/names.ts';
import type { KubeObject } from '../../meta/object.ts';
import { compileCel } from '../cel.ts';
import { celSyntaxError } from '../cel-error.ts';
import type { Strategy } from '../kind.ts';
import { validateImmutable } from '../validation/values.ts';
import { withStatus } from './status-split.ts';

/** apiextensions.k8s.io/v1 CustomResourceDefinition. Its conditions and accepted names are the API's matter. */
type Any = Record<string, any>; // eslint-disable-line @typescript-eslint/no-explicit-any
type Errors = FieldError[];
const SPEC = Path.root('spec');
const versionsOf = (object: KubeObject): Any[] => object.spec?.versions ?? [];
const storageVersion = (object: KubeObject): string | undefined => versionsOf(object).find((v) => v.storage)?.name;

export const customResourceDefinitionStrategy: Strategy = withStatus({
  unconditionalUpdate: false,
  defaults(object) {
    const { spec } = object;
    if (!spec) return;
    const names = (spec.names ??= {});
    if (names.kind) {
      names.singular ||= names.kind.toLowerCase();
      names.listKind ||= `${names.kind}List`;
    }
    spec.conversion ??= { strategy: 'None' };
    if (spec.conversion.webhook?.clientConfig?.service) spec.conversion.webhook.clientConfig.service.port ??= 443;
  },
  prepareForCreate(object) {
    const stored = versionsOf(object).filter((v) => v.storage).slice(0, 1).map((v) => v.name as string);
    object.status = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: stored.length ? stored : null };
  },
  prepareForUpdate(object) {
    const version = storageVersion(object);
    const stored = (object.status?.storedVersions ?? []) as string[];
    if (version && !stored.includes(version)) object.status = { ...object.status, storedVersions: [...stored, version] };
  },
  validate: (object) => [...validateNames(object), ...validateVersions(object), ...validateSchemas(object)],
  validateUpdate(object, old) {
    const established = ((old.status?.conditions ?? []) as Any[]).some((c) => c.type === 'Established' && c.status === 'True');
    if (!established) return [];
    return [
      ...validateImmutable(object.spec?.scope, old.spec?.scope, SPEC.child('scope')),
      ...validateImmutable(object.spec?.names?.kind, old.spec?.names?.kind, SPEC.child('names', 'kind')),
    ];
  },
});

function validateNames(object: KubeObject): Errors {
  const { spec, metadata } = object;
  const names = (spec?.names ?? {}) as Any;
  const errors: Errors = [];
  const expected = `${names.plural}.${spec?.group}`;
  if (metadata.name && metadata.name !== expected) errors.push(invalid(Path.root('metadata').child('name'), metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (!spec?.group) errors.push(required(SPEC.child('group')));
  else if (isDns1123Subdomain(spec.group).length) errors.push(...isDns1123Subdomain(spec.group).map((m) => invalid(SPEC.child('group'), spec.group, m)));
  else if (!spec.group.includes('.')) errors.push(invalid(SPEC.child('group'), spec.group, 'should be a domain with at least one dot'));
  if (!['Cluster', 'Namespaced'].includes(spec?.scope)) errors.push(spec?.scope ? notSupported(SPEC.child('scope'), spec.scope, ['Cluster', 'Namespaced']) : required(SPEC.child('scope')));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const at = SPEC.child('names', field);
    const value = names[field] as string | undefined;
    if (!value) errors.push(required(at));
    else errors.push(...isDns1035Label(value.toLowerCase()).map((m) => invalid(at, value, field.toLowerCase().endsWith('kind') ? `may have mixed case, but should otherwise match: ${m}` : m)));
  }
  if (names.kind && names.kind === names.listKind) errors.push(invalid(SPEC.child('names', 'listKind'), names.listKind, 'kind and listKind may not be the same'));
  return errors;
}

/** A version as Go's encoder writes the internal struct. */
const internalVersion = (v: Any) => ({
  Name: v.name,
  Served: v.served ?? false,
  Storage: v.storage ?? false,
  Deprecated: v.deprecated ?? false,
  DeprecationWarning: v.deprecationWarning ?? null,
  Schema: null,
  Subresources: v.subresources ?? null,
  AdditionalPrinterColumns: v.additionalPrinterColumns ?? null,
  SelectableFields: v.selectableFields ?? null,
});

function validateVersions(object: KubeObject): Errors {
  const versions = versionsOf(object);
  const at = SPEC.child('versions');
  const errors: Errors = [];
  versions.forEach((v, i) => {
    errors.push(...isDns1035Label(v.name ?? '').map((m) => invalid(at.index(i).child('name'), v.name ?? '', m)));
    if (!v.schema?.openAPIV3Schema) errors.push(required(at.index(i).child('schema', 'openAPIV3Schema')));
  });
  if (versions.filter((v) => v.storage).length !== 1) errors.push(invalid(at, versions.map(internalVersion), 'must have exactly one version marked as storage version'));
  if (new Set(versions.map((v) => v.name)).size !== versions.length) errors.push(invalid(at, versions.map(internalVersion), 'must contain unique version names'));
  const stored = (object.status?.storedVersions ?? null) as string[] | null;
  const storedAt = Path.root('status').child('storedVersions');
  if (!stored?.length) errors.push(invalid(storedAt, stored, 'must have at least one stored version'));
  else {
    const last = versions.filter((v) => v.storage).at(-1)?.name as string | undefined;
    if (last && !stored.includes(last)) errors.push(invalid(storedAt, stored, `must have the storage version ${last}`));
  }
  return errors;
}

/** One schema for all versions is spoken of as the old field that held it. */
function validateSchemas(object: KubeObject): Errors {
  const versions = versionsOf(object).filter((v) => v.schema?.openAPIV3Schema);
  if (versions.length !== versionsOf(object).length) return [];
  const same = new Set(versions.map((v) => JSON.stringify(v.schema))).size === 1;
  if (same) return structural(versions[0].schema.openAPIV3Schema, SPEC.child('validation', 'openAPIV3Schema'), true);
  return versions.flatMap((v, i) => structural(v.schema.openAPIV3Schema, SPEC.child('versions').index(i).child('schema', 'openAPIV3Schema'), true));
}

/** The rules of a structural schema (KEP-1193-like: kubernetes.io, "Specifying a structural schema"). */
function structural(schema: Any, at: Path, root: boolean): Errors {
  const errors: Errors = [];
  const free = schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-int-or-string'];
  if (!schema.type && !free) errors.push(required(at.child('type'), root ? 'must not be empty at the root' : 'must not be empty for specified object fields'));
  if (root && schema.type && schema.type !== 'object') errors.push(invalid(at.child('type'), schema.type, 'must be object at the root'));
  if (schema.type === 'array' && !schema.items) errors.push(required(at.child('items'), 'must be specified'));
  if (schema.properties && schema.additionalProperties !== undefined) errors.push(forbidden(at.child('additionalProperties'), 'additionalProperties and properties are mutual exclusive'));
  if (schema.default !== undefined && schema.default !== null) errors.push(...defaultErrors(schema, at.child('default')));
  errors.push(...rules(schema, at));
  for (const [name, child] of Object.entries((schema.properties ?? {}) as Record<string, Any>)) errors.push(...structural(child, at.child('properties').key(name), false));
  if (schema.items && !Array.isArray(schema.items)) errors.push(...structural(schema.items, at.child('items'), false));
  if (schema.additionalProperties && typeof schema.additionalProperties === 'object' && !schema.properties) errors.push(...structural(schema.additionalProperties, at.child('additionalProperties'), false));
  return errors;
}

function defaultErrors(schema: Any, at: Path): Errors {
  const value = schema.default as unknown;
  const got = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value === 'number' ? 'number' : typeof value;
  if (!schema.type || got === schema.type || (schema.type === 'number' && got === 'integer')) return [];
  return [typeInvalid(at, got, ` in body must be of type ${schema.type}: ${JSON.stringify(got)}`)];
}

function rules(schema: Any, at: Path): Errors {
  return ((schema['x-kubernetes-validations'] ?? []) as Any[]).flatMap((rule, i) => {
    const here = at.child('x-kubernetes-validations').index(i).child('rule');
    if (!rule.rule?.trim()) return [required(here, 'rule is not specified')];
    try {
      compileCel(rule.rule as string);
      return [];
    } catch (error) {
      const internal = {
        Rule: rule.rule, Message: rule.message ?? '', MessageExpression: rule.messageExpression ?? '', Reason: rule.reason ?? null,
        FieldPath: rule.fieldPath ?? '', OptionalOldSelf: rule.optionalOldSelf ?? null,
      };
      return [invalid(here, internal, `compilation failed: ${celSyntaxError(error as Error, rule.rule as string)}`)];
    }
  });
}
