import { isDeepStrictEqual } from 'node:util';
import type { StorageVersionMigration, StorageVersionMigrationSpec } from '../../../../schema/optional-types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1035Label, isDns1123Subdomain } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell } from '../../kind.ts';
import { validateConditions } from '../../validation/conditions.ts';
import { dnsSubdomainName } from '../../validation/names.ts';
import { IMMUTABLE } from '../../validation/values.ts';
import { isolatedStatus, withStatus } from '../status-split.ts';

type Migration = Unchecked<StorageVersionMigration>;

const SPEC = Path.root('spec');
const RESOURCE = SPEC.child('resource');
const VERSION = Path.root('status').child('resourceVersion');
const CONDITIONS = Path.root('status').child('conditions');

/** All that is wrong with a name is one error. */
const nameErrors = (name: string, rule: (name: string) => string[], at: Path): FieldError[] => {
  const bad = rule(name);
  return bad.length ? [invalid(at, name, bad.join(','))] : [];
};

function specErrors({
  resource: { group = '', resource = '' } = {},
}: Parts<StorageVersionMigrationSpec>): FieldError[] {
  return [
    ...(resource
      ? nameErrors(resource, isDns1035Label, RESOURCE.child('resource'))
      : [required(RESOURCE.child('resource'), 'resource is required to be set')]),
    ...(group ? nameErrors(group, isDns1123Subdomain, RESOURCE.child('group')) : []),
  ];
}

/** The spec as Go prints the internal struct, which has no JSON names of its own. */
const internalSpec = (spec: Migration['spec']): unknown => ({ Resource: { group: '', ...spec?.resource } });

const isTrue = ({ status }: Migration, type: string): boolean =>
  status?.conditions?.find((condition) => condition.type === type)?.status === 'True';

/** Pairs of conditions that cannot both be true, each with what is said then. */
const APART = [
  ['Succeeded', 'Failed', 'Both success and failed conditions cannot be true at the same time'],
  ['Succeeded', 'Running', 'Running condition cannot be true when success condition is true'],
  ['Failed', 'Running', 'Running condition cannot be true when failed condition is true'],
] as const;
/** Conditions that stay, once they are true. */
const LASTING = [
  ['Succeeded', 'Success condition cannot be set to false once it is true'],
  ['Failed', 'Failed condition cannot be set to false once it is true'],
] as const;

/** A migration that has ended has ended, and what it compares with is written once. */
function statusErrors(object: Migration, old: Migration): FieldError[] {
  const { resourceVersion: version = '', conditions } = object.status ?? {};
  const before = old.status?.resourceVersion ?? '';
  const wrong = (detail: string): FieldError => invalid(CONDITIONS, conditions, detail);
  return [
    ...(/^[1-9][0-9]*$/.test(version)
      ? []
      : [invalid(VERSION, version, `resource version is not well formed: ${version}`)]),
    ...validateConditions(conditions, CONDITIONS),
    ...(before && before !== version ? [invalid(VERSION, version, IMMUTABLE)] : []),
    ...APART.flatMap(([a, b, detail]) => (isTrue(object, a) && isTrue(object, b) ? [wrong(detail)] : [])),
    ...LASTING.flatMap(([type, detail]) => (isTrue(old, type) && !isTrue(object, type) ? [wrong(detail)] : [])),
  ];
}

const STATES = ['Running', 'Succeeded', 'Failed'];

function cells({ metadata, spec, status }: Migration): Cell[] {
  const { group = '', resource = '' } = spec?.resource ?? {};
  const state = status?.conditions?.findLast((each) => each.status === 'True' && STATES.includes(each.type ?? ''));
  return [metadata.name, group ? `${resource}.${group}` : resource, state?.type ?? 'Unknown'];
}

/** storagemigration.k8s.io/v1beta1 StorageVersionMigration: what it migrates is fixed. */
export const storageVersionMigrationStrategy = withStatus<StorageVersionMigration>({
  generation: false,
  unconditionalUpdate: false,
  name: dnsSubdomainName,
  prepareForCreate(object) {
    object.status = {};
  },
  validatesAllOnUpdate: true,
  validate: ({ spec }) => specErrors(spec ?? {}),
  validateUpdate: (object, old) => [
    ...specErrors(object.spec ?? {}),
    ...(isDeepStrictEqual(object.spec, old.spec) ? [] : [invalid(SPEC, internalSpec(object.spec), IMMUTABLE)]),
  ],
  subresources: { status: { ...isolatedStatus, validateUpdate: statusErrors } },
  cells,
});
