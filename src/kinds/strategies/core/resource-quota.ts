import type { ResourceQuota, ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '../../../../schema/types.ts';
import { invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import { canonicalQuantity, compareQuantity, parseQuantity } from '../../../meta/quantity.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { isStandardQuotaResource, quantityErrors, validateQuotaResourceName } from '../../validation/resources.ts';
import { IMMUTABLE } from '../../validation/values.ts';
import { internalValue } from '../../internal-value.ts';
import { withStatus, statusWith } from '../status-split.ts';
import { since } from '../../cells.ts';

type Errors = FieldError[];
const SPEC = Path.root('spec');
const STATUS = Path.root('status');
const SCOPES = new Set([
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
]);
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
const POD_RESOURCES = ['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory'];
/** The standard resources that each scope can be about. */
const ABOUT: Readonly<Record<string, readonly string[]>> = {
  Terminating: POD_RESOURCES,
  NotTerminating: POD_RESOURCES,
  NotBestEffort: POD_RESOURCES,
  PriorityClass: POD_RESOURCES,
  CrossNamespacePodAffinity: POD_RESOURCES,
  BestEffort: ['pods'],
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
};

const validateAmounts = (amounts: Record<string, string> | undefined, at: Path): Errors =>
  Object.entries(amounts ?? {}).flatMap(([name, amount]) => [
    ...validateQuotaResourceName(name, at.key(name)),
    ...quantityErrors(amount, at.key(name), name),
  ]);

/** Each standard resource of the quota that a scope cannot be about. */
const foreign = (scope: string, hard: Record<string, string> | undefined): string[] =>
  Object.keys(hard ?? {}).filter(
    (name) => isStandardQuotaResource(name) && ABOUT[scope] && !ABOUT[scope].includes(name),
  );

const opposed = (scopes: readonly string[]): number =>
  OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope))).length;
const times = (count: number, error: FieldError): Errors => Array<FieldError>(count).fill(error);

function validateScopes({ scopes, hard }: Parts<ResourceQuotaSpec>): Errors {
  if (!scopes?.length) return [];
  const at = SPEC.child('scopes');
  return [
    ...scopes.flatMap((scope) => (SCOPES.has(scope) ? [] : [invalid(at, scopes, 'unsupported scope')])),
    // a scope that comes again is about the same resources
    ...[...new Set(scopes)].flatMap((scope) =>
      foreign(scope, hard).map(() => invalid(at, scopes, 'unsupported scope applied to resource')),
    ),
    ...times(opposed(scopes), invalid(at, scopes, 'conflicting scopes')),
  ];
}

const ONLY_EXISTS = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const ONLY_EXISTS_WORDS =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, " +
  'ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';

function validateRequirement(term: Parts<ScopedResourceSelectorRequirement>, at: Path): Errors {
  const { scopeName = '', operator = '', values } = term;
  const errors: Errors = [];
  const here = at.child('operator');
  if (ONLY_EXISTS.includes(scopeName) && operator !== 'Exists') errors.push(invalid(here, operator, ONLY_EXISTS_WORDS));
  if (operator === 'In' || operator === 'NotIn') {
    if (!values?.length)
      errors.push(
        required(
          at.child('values'),
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        ),
      );
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values?.length)
      errors.push(
        invalid(
          at.child('values'),
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        ),
      );
  } else errors.push(invalid(here, operator, 'not a valid selector operator'));
  return errors;
}

function validateScopeSelector({ scopeSelector: selector, hard, scopes }: Parts<ResourceQuotaSpec>): Errors {
  if (!selector) return [];
  const at = SPEC.child('scopeSelector', 'matchExpressions');
  const terms = selector.matchExpressions ?? [];
  const named = terms.map(({ scopeName = '' }): string => scopeName);
  const errors = terms.flatMap((term, i) => [
    ...(SCOPES.has(named[i]!) ? [] : [invalid(at.child('scopeName'), named[i], 'unsupported scope')]),
    ...foreign(named[i]!, hard).map(() =>
      invalid(at, internalValue('ScopeSelector', selector), 'unsupported scope applied to resource'),
    ),
    ...validateRequirement(term, at),
  ]);
  return [...errors, ...times(opposed(named), invalid(at, scopes ?? null, 'conflicting scopes'))];
}

/** A quota of requests above that of limits can never be used up. */
function warnings(hard: Record<string, string>): string[] {
  return ['cpu', 'memory', 'storage', 'ephemeral-storage'].flatMap((name) => {
    const plain = (name === 'cpu' || name === 'memory') && hard[`requests.${name}`] === undefined;
    const [request, limit] = [plain ? name : `requests.${name}`, `limits.${name}`];
    const [asked, most] = [hard[request], hard[limit]];
    if (asked === undefined || most === undefined || compareQuantity(parseQuantity(asked), parseQuantity(most)) <= 0)
      return [];
    return [
      `ResourceQuota ${request} (${canonicalQuantity(asked)}) should be less than ${limit} (${canonicalQuantity(most)})`,
    ];
  });
}

export const resourceQuotaStrategy: Strategy<ResourceQuota> = withStatus<ResourceQuota>({
  validate: ({ spec = {} }) => [
    ...validateAmounts(spec.hard, SPEC.child('hard')),
    ...validateScopes(spec),
    ...validateScopeSelector(spec),
  ],
  validateUpdate(object, old) {
    const [now, before] = [new Set(object.spec?.scopes), new Set(old.spec?.scopes)];
    const same = now.size === before.size && [...now].every((scope) => before.has(scope));
    return same ? [] : [invalid(SPEC.child('scopes'), object.spec?.scopes ?? null, IMMUTABLE)];
  },
  subresources: {
    status: statusWith<ResourceQuota>(({ status }) => [
      ...validateAmounts(status?.hard, STATUS.child('hard')),
      ...validateAmounts(status?.used, STATUS.child('used')),
    ]),
  },
  warnings: ({ spec }, old) => (old ? [] : warnings(spec?.hard ?? {})),
  generation: false,
  cells,
  returnsDeleted: true,
});

/** Each resource as `name: used/hard`, limits in a column of their own. */
function cells({ metadata, status }: Unchecked<ResourceQuota>, now: number): Cell[] {
  const requests: string[] = [];
  const limits: string[] = [];
  for (const [name, hard] of Object.entries(status?.hard ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)))
    (name.startsWith('limits.') ? limits : requests).push(`${name}: ${status?.used?.[name] ?? '0'}/${hard}`);
  return [metadata.name, requests.join(', '), limits.join(', '), since(metadata.creationTimestamp, now)];
}
