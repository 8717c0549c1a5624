import type {
  DeviceConstraint,
  DeviceRequest,
  DeviceSubRequest,
  ExactDeviceRequest,
  ResourceClaimSpec,
} from '../../../../schema/types.ts';
import { invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';
import { validateRule } from '../../validation/values.ts';
import { boundedErrors, fullyQualifiedNameErrors, uniqueErrors } from './bounds.ts';
import { configurationErrors, MAX_CONFIGURATIONS } from './configuration.ts';
import { selectorErrors } from './selectors.ts';

type ExactRequest = Parts<ExactDeviceRequest>;
type SubRequest = Parts<DeviceSubRequest>;
type Constraint = Parts<DeviceConstraint>;
export type ClaimSpec = Parts<ResourceClaimSpec>;
const MAX_REQUESTS = 32;
const MAX_CONSTRAINTS = 32;
const MAX_ALTERNATIVES = 8;
const MODES = ['All', 'ExactCount'];
const ONE_KIND = 'exactly one of `exactly` or `firstAvailable` is required';
const NO_REQUEST =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** Requests of both kinds: an alternative has what an exact one has, but for adminAccess. */
const exactRequests = ({ devices }: ClaimSpec): ExactRequest[] =>
  (devices?.requests ?? []).flatMap(({ exactly, firstAvailable }) => [
    ...(exactly ? [exactly] : []),
    ...(firstAvailable ?? []),
  ]);

export function defaultClaim(spec: ClaimSpec | undefined): void {
  for (const request of exactRequests(spec ?? {})) {
    request.allocationMode ||= 'ExactCount';
    if (request.allocationMode === 'ExactCount') request.count ||= 1;
  }
}

/** Takes away what belongs to features that are off in 1.35: taints (KEP-5055) and consumable capacity (KEP-5075). */
export function dropClaimFields(spec: ClaimSpec | undefined): void {
  for (const request of exactRequests(spec ?? {})) {
    delete request.tolerations;
    delete request.capacity;
  }
  for (const constraint of spec?.devices?.constraints ?? []) delete constraint.distinctAttribute;
}

/** Names that the rest of a claim may refer to: `request` and `request/subrequest`. */
export const requestNames = ({ devices }: ClaimSpec): ReadonlySet<string> =>
  new Set(
    (devices?.requests ?? []).flatMap(({ name = '', firstAvailable }) => [
      name,
      ...(firstAvailable ?? []).map((sub) => `${name}/${sub.name ?? ''}`),
    ]),
  );

export function requestRefErrors(name: string, names: ReadonlySet<string>, at: Path): FieldError[] {
  const segments = name.split('/');
  if (segments.length > 2) return [invalid(at, name, NO_REQUEST)];
  const errors = segments.flatMap((segment) => validateRule(segment, isDns1123Label, at));
  return names.has(name) ? errors : [...errors, invalid(at, name, NO_REQUEST)];
}

export const requestRefsErrors = (
  refs: readonly string[] | undefined,
  names: ReadonlySet<string>,
  at: Path,
): FieldError[] =>
  uniqueErrors(
    refs,
    MAX_REQUESTS,
    (name, here) => requestRefErrors(name, names, here),
    (name) => name,
    at,
  );

function exactErrors(
  { deviceClassName = '', selectors, allocationMode, count = 0 }: ExactRequest,
  at: Path,
): FieldError[] {
  const errors = deviceClassName
    ? validateRule(deviceClassName, isDns1123Subdomain, at.child('deviceClassName'))
    : [required(at.child('deviceClassName'))];
  errors.push(...selectorErrors(selectors, at.child('selectors')));
  if (allocationMode === 'All') {
    if (count !== 0)
      errors.push(invalid(at.child('count'), count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalid(at.child('count'), count, 'must be greater than zero'));
  } else errors.push(notSupported(at.child('allocationMode'), allocationMode ?? '', MODES));
  return errors;
}

const nameErrors = (name: string | undefined, at: Path): FieldError[] =>
  validateRule(name ?? '', isDns1123Label, at.child('name'));

function requestErrors({ name, exactly, firstAvailable }: Parts<DeviceRequest>, at: Path): FieldError[] {
  const errors = nameErrors(name, at);
  const alternatives = firstAvailable?.length ? firstAvailable : undefined;
  if (exactly && alternatives) return [...errors, invalid(at, null, `${ONE_KIND}, but multiple fields are set`)];
  if (exactly) return [...errors, ...exactErrors(exactly, at.child('exactly'))];
  if (!alternatives) return [...errors, required(at, ONE_KIND)];
  const check = (sub: SubRequest, here: Path): FieldError[] => [
    ...nameErrors(sub.name, here),
    ...exactErrors(sub, here),
  ];
  return [
    ...errors,
    ...uniqueErrors(alternatives, MAX_ALTERNATIVES, check, (sub) => sub.name ?? '', at.child('firstAvailable')),
  ];
}

function constraintErrors(
  { requests, matchAttribute }: Constraint,
  names: ReadonlySet<string>,
  at: Path,
): FieldError[] {
  const here = at.child('matchAttribute');
  return [
    ...requestRefsErrors(requests, names, at.child('requests')),
    ...(matchAttribute === undefined ? [required(here)] : fullyQualifiedNameErrors(matchAttribute, here)),
  ];
}

export function claimSpecErrors(spec: ClaimSpec | undefined, at: Path): FieldError[] {
  const { requests, constraints, config } = spec?.devices ?? {};
  const names = requestNames(spec ?? {});
  const here = at.child('devices');
  return [
    ...uniqueErrors(requests, MAX_REQUESTS, requestErrors, (request) => request.name ?? '', here.child('requests')),
    ...boundedErrors(
      constraints,
      MAX_CONSTRAINTS,
      (constraint, place) => constraintErrors(constraint, names, place),
      here.child('constraints'),
    ),
    ...boundedErrors(
      config,
      MAX_CONFIGURATIONS,
      (item, place) => [
        ...requestRefsErrors(item.requests, names, place.child('requests')),
        ...configurationErrors(item, place),
      ],
      here.child('config'),
    ),
  ];
}
