import { isDeepStrictEqual } from 'node:util';
import { forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1035Label, isDns1123Subdomain } from '../../../meta/names.ts';
import type { Steps } from '../../../meta/steps.ts';
import type { ObjectLike } from '../../../meta/object.ts';
import { isEstablished } from '../../../rules/established.ts';
import { validateImmutable } from '../../validation/values.ts';
import { validateApproval } from './approval.ts';
import { bundleProblem } from './ca-bundle.ts';
import { validateConversion } from './conversion.ts';
import { validateDefaults } from './defaults.ts';
import { goFields, goSchema, goVersion } from './go-form.ts';
import { requireNames, validateNames } from './names.ts';
import { validateOpenApi } from './open-api.ts';
import { validateColumns, validateDeprecation, validateSelectableFields, validateSubresources } from './parts.ts';
import {
  hoisted,
  specOf,
  type AnySchema,
  type Definition,
  type DefinitionSpec,
  type Hoisted,
  type Version,
} from './spec.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { validateStructural } from './structural.ts';
import { isUnsupported, someSchema } from './walk.ts';

const SPEC = Path.root('spec');
const SCOPES = ['Cluster', 'Namespaced'];
const PRESERVE =
  'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';

/**
 * A new definition, or with `old` one that takes its place, a step for each look at a schema, which may be large.
 * Source: apiextensions' ValidateCustomResourceDefinition.
 */
export function* validateDefinition(object: Definition, old: Definition | undefined): Steps<FieldError[]> {
  const spec = specOf(object);
  return [
    ...(old ? [] : validateName(object, spec)),
    ...(yield* validateSpec(spec, old)),
    ...(old ? validateChange(spec, old) : []),
    ...validateStatus(object),
    ...validateStoredVersions(object.status?.storedVersions ?? [], spec.versions ?? []),
    ...validateApproval(object, old),
    ...(spec.preserveUnknownFields && !old?.spec?.preserveUnknownFields
      ? [invalid(SPEC.child('preserveUnknownFields'), true, PRESERVE)]
      : []),
  ];
}

/** status.acceptedNames, all that a write to the status has to get right. */
export const validateStatus = ({ status }: Definition): FieldError[] =>
  validateNames(status?.acceptedNames ?? {}, Path.root('status').child('acceptedNames'));

/** Also what a name is made of is to be the name, so that none can be. */
function validateName({ metadata }: ObjectLike, spec: DefinitionSpec): FieldError[] {
  const wanted = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`;
  return (['generateName', 'name'] as const).flatMap((field) => {
    const name = metadata[field];
    if (!name) return [];
    const faults = dnsSubdomainName(name, field === 'generateName');
    const other = name === wanted ? [] : ['must be spec.names.plural+"."+spec.group'];
    return [...faults, ...other].map((why) => invalid(Path.root('metadata').child(field), name, why));
  });
}

function validateChange(spec: DefinitionSpec, old: Definition): FieldError[] {
  const before = specOf(old);
  const established = isEstablished(old);
  return [
    ...(established ? validateImmutable(spec.scope, before.scope, SPEC.child('scope')) : []),
    ...(established ? validateImmutable(spec.names?.kind, before.names?.kind, SPEC.child('names', 'kind')) : []),
    ...validateImmutable(spec.group, before.group, SPEC.child('group')),
    ...validateImmutable(spec.names?.plural, before.names?.plural, SPEC.child('names', 'plural')),
  ];
}

function* validateSpec(spec: DefinitionSpec, old: Definition | undefined): Steps<FieldError[]> {
  const parts = hoisted(spec);
  const kept = keptVersions(spec, old);
  const names = spec.names ?? {};
  const { conversion, preserveUnknownFields } = spec;
  const errors = [
    ...validateGroup(spec.group),
    ...validateScope(spec.scope),
    ...(yield* validateVersions(parts, spec.versions !== undefined && spec.versions !== null, kept)),
  ];
  if (preserveUnknownFields && schemasOf(parts).some((schema) => someSchema(schema, (s) => s.default !== undefined))) {
    errors.push(
      invalid(SPEC.child('preserveUnknownFields'), true, 'must be false in order to use defaults in the schema'),
    );
  }
  errors.push(
    ...requireNames(names, SPEC.child('names')),
    ...validateNames(names, SPEC.child('names')),
    ...(yield* validateShared(spec, parts, kept)),
  );
  if (conversion && conversion.strategy !== 'None' && preserveUnknownFields) {
    errors.push(
      invalid(
        SPEC.child('conversion', 'strategy'),
        conversion.strategy ?? '',
        'must be None if spec.preserveUnknownFields is true',
      ),
    );
  }
  return [...errors, ...validateConversion(conversion, mayHaveAnyBundle(old), SPEC.child('conversion'))];
}

/** A bundle that was good stays good; one that is awaited, by what fills it in, does not have to be so yet. */
const mayHaveAnyBundle = (old: Definition | undefined): boolean =>
  !old || !isEstablished(old) || bundleProblem(specOf(old).conversion?.webhook?.clientConfig?.caBundle) !== undefined;

function validateGroup(group: string | undefined): FieldError[] {
  const at = SPEC.child('group');
  if (!group) return [required(at)];
  const why = isDns1123Subdomain(group);
  if (why.length) return [invalid(at, group, why.join(','))];
  return group.includes('.') ? [] : [invalid(at, group, 'should be a domain with at least one dot')];
}

function validateScope(scope: string | undefined): FieldError[] {
  if (!scope) return [required(SPEC.child('scope'))];
  return SCOPES.includes(scope) ? [] : [notSupported(SPEC.child('scope'), scope, SCOPES)];
}

const schemasOf = ({ validation, versions }: Hoisted): AnySchema[] =>
  [validation, ...versions.map((v) => v.schema)].flatMap((s) => (s?.openAPIV3Schema ? [s.openAPIV3Schema] : []));

/** The versions whose schemas are what they were. */
function keptVersions({ versions }: DefinitionSpec, old: Definition | undefined): ReadonlySet<string> {
  const before = new Map(old && specOf(old).versions?.map(({ name, schema }) => [name, schema]));
  const same = (versions ?? []).filter(
    ({ name, schema }) => before.has(name) && isDeepStrictEqual(schema, before.get(name)),
  );
  return new Set(same.map(({ name }) => name));
}

/** Each version by itself, then all of them together. `given`: the list is there, if empty. */
function* validateVersions(
  { versions, validation, subresources }: Hoisted,
  given: boolean,
  kept: ReadonlySet<string>,
): Steps<FieldError[]> {
  const at = SPEC.child('versions');
  const errors: FieldError[] = [];
  if (!validation?.openAPIV3Schema) {
    versions.forEach((v, i) => {
      if (!v.schema?.openAPIV3Schema) errors.push(required(at.index(i).child('schema', 'openAPIV3Schema')));
    });
  }
  for (const [i, v] of versions.entries())
    errors.push(...(yield* validateVersion(v, at.index(i), Boolean((subresources ?? v.subresources)?.status), kept)));
  const all = (): object[] | null => (given ? versions.map(goVersion) : null);
  if (new Set(versions.map((v) => v.name)).size !== versions.length)
    errors.push(invalid(at, all(), 'must contain unique version names'));
  if (versions.filter((v) => v.storage).length !== 1)
    errors.push(invalid(at, all(), 'must have exactly one version marked as storage version'));
  // the first version stands once more as the old field that held the only one
  const first = versions[0]?.name;
  const why = first ? isDns1035Label(first) : [];
  if (why.length) errors.push(invalid(SPEC.child('version'), first, why.join(',')));
  return errors;
}

function* validateVersion(
  version: Version,
  at: Path,
  hasStatus: boolean,
  kept: ReadonlySet<string>,
): Steps<FieldError[]> {
  const { name = '', schema, subresources, additionalPrinterColumns, selectableFields } = version;
  const errors: FieldError[] = [];
  const why = isDns1035Label(name);
  if (why.length) errors.push(invalid(at.child('name'), name, why.join(',')));
  errors.push(
    ...validateDeprecation(version, at.child('deprecationWarning')),
    ...(yield* validateSchema(
      schema?.openAPIV3Schema,
      at.child('schema', 'openAPIV3Schema'),
      hasStatus,
      kept.has(name),
    )),
    ...validateSubresources(subresources, at.child('subresources')),
    ...validateColumns(additionalPrinterColumns, at.child('additionalPrinterColumns')),
  );
  if (!selectableFields?.length) return errors;
  const fieldsAt = at.child('selectableFields');
  if (schema?.openAPIV3Schema)
    return [...errors, ...validateSelectableFields(selectableFields, schema.openAPIV3Schema, fieldsAt)];
  return [...errors, invalid(fieldsAt, '', 'may only be set when `version.schema.openAPIV3Schema` is not included')];
}

/** What all versions have in common. */
function* validateShared(spec: DefinitionSpec, parts: Hoisted, kept: ReadonlySet<string>): Steps<FieldError[]> {
  const { validation, subresources, additionalPrinterColumns, selectableFields } = parts;
  const hasStatus = (spec.versions ?? []).some((v) => v.subresources?.status);
  const errors = [
    ...(yield* validateSchema(
      validation?.openAPIV3Schema,
      SPEC.child('validation', 'openAPIV3Schema'),
      hasStatus,
      kept.has(spec.versions?.[0]?.name ?? ''),
    )),
    ...validateSubresources(subresources, SPEC.child('subresources')),
    ...validateColumns(additionalPrinterColumns, SPEC.child('additionalPrinterColumns')),
  ];
  if (!selectableFields?.length) return errors;
  const at = SPEC.child('selectableFields');
  if (validation?.openAPIV3Schema)
    return [...errors, ...validateSelectableFields(selectableFields, validation.openAPIV3Schema, at)];
  return [...errors, invalid(at, '', 'may only be set when validations.schema is included')];
}

/** Fields that the root may have beside status, by their Go names: what of them is not of type object stays valid for status alone. */
const ROOT_FIELDS = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
];
const AT_ROOT = 'at the root of the schema if the status subresource is enabled';
const isZero = (value: unknown): boolean => value === null || value === '' || value === false;

const NOTHING = {};

function validateRoot(schema: AnySchema, at: Path): FieldError[] {
  // whether there is anything below is all that counts of it
  for (const [field, value] of Object.entries(goFields(schema, () => NOTHING))) {
    if (isZero(value)) continue;
    if (field === 'Type') {
      if (value !== 'object') return [invalid(`${at}.type`, value, `only "object" is allowed as the type ${AT_ROOT}`)];
    } else if (!ROOT_FIELDS.includes(field)) {
      return [invalid(at, goSchema(schema), `only [${ROOT_FIELDS.join(' ')}] fields are allowed ${AT_ROOT}`)];
    }
  }
  return [];
}

function* validateSchema(
  schema: AnySchema | undefined,
  at: Path,
  hasStatus: boolean,
  kept: boolean,
): Steps<FieldError[]> {
  if (!schema) return [];
  const errors = hasStatus ? validateRoot(schema, at) : [];
  if (schema.nullable) errors.push(forbidden(`${at}.nullable`, 'nullable cannot be true at the root'));
  yield;
  const readable = !someSchema(schema, isUnsupported);
  const structural = readable ? validateStructural(schema, at) : [];
  yield;
  const defaults = readable && structural.length === 0 ? validateDefaults(schema, at) : [];
  yield;
  errors.push(...structural, ...defaults);
  const rules = readable && structural.length === 0 && defaults.length === 0;
  errors.push(...validateOpenApi(schema, at, rules, kept));
  yield;
  return errors;
}

function validateStoredVersions(stored: readonly string[], versions: readonly Version[]): FieldError[] {
  const at = Path.root('status').child('storedVersions');
  if (stored.length === 0) return [invalid(at, null, 'must have at least one stored version')];
  const missing = versions
    .filter((v) => v.storage && !stored.includes(v.name))
    .map((v) => invalid(at, stored, `must have the storage version ${v.name}`));
  const gone = stored.flatMap((version, i) =>
    versions.some((v) => v.name === version) ? [] : [invalid(at.index(i), version, stillStored(version))],
  );
  return [...missing, ...gone];
}

const stillStored = (version: string): string =>
  `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage ` +
  `migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
