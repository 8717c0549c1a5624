import type { PodResourceClaim, PodSpec } from '../../../../../schema/types.ts';
import { duplicate, forbidden, invalid, required, WHOLE, type FieldError, type Path } from '../../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain } from '../../../../meta/names.ts';
import type { ObjectMeta, Parts } from '../../../../meta/object.ts';
import {
  canonicalQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
} from '../../../../meta/quantity.ts';
import {
  containerAmounts,
  exact,
  isPodLevelResource,
  type Side,
  type SpecOfAmounts,
} from '../../../../rules/pod-amounts.ts';
import { addReasons } from '../../../validation/report.ts';
import { isHugePages, isOvercommitAllowed } from '../../../validation/resources.ts';
import { addResources } from '../container/resources.ts';
import { internalValue } from '../../../internal-value.ts';

const sums = (spec: SpecOfAmounts, side: Side): [name: string, sum: Quantity][] =>
  Object.entries(containerAmounts(spec, side, exact));

/** spec.resources: what the pod as a whole may use (KEP-2837). `at` is the spec. */
export function addPodResources(errors: FieldError[], spec: Parts<PodSpec>, claims: readonly string[], at: Path): void {
  const { resources } = spec;
  if (!resources) return;
  const here = at.child('resources');
  if (spec.os?.name === 'windows') {
    errors.push(forbidden(here, 'may not be set for a windows pod'));
    return;
  }
  if (resources.claims)
    errors.push(forbidden(here.child('claims'), 'claims may not be set for Resources at pod-level'));
  addResources(errors, resources, claims, here, true);
  addConsistency(errors, spec, here);
}

/** The containers together ask for no more, and each alone may use no more than the pod. */
function addConsistency(errors: FieldError[], spec: Parts<PodSpec>, at: Path): void {
  const { requests, limits } = spec.resources!;
  const exceeds = (most: string, amounts: Quantity): boolean => compareQuantity(amounts, parseQuantity(most)) > 0;
  for (const [name, sum] of sums(spec, 'requests')) {
    const own = requests?.[name];
    if (own === undefined || !exceeds(String(own), sum)) continue;
    const why = `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`;
    errors.push(invalid(at.child('requests').key(name), canonicalQuantity(String(own)), why));
  }
  for (const [name, sum] of sums(spec, 'limits')) {
    const own = limits?.[name];
    if (!isHugePages(name) || own === undefined || !exceeds(String(own), sum)) continue;
    const why = `must be greater than or equal to aggregate container limits of ${formatQuantity(sum)}`;
    errors.push(invalid(at.child('limits').key(name), canonicalQuantity(String(own)), why));
  }
  spec.containers?.forEach((container, i) => {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const own = limits?.[name];
      if (own === undefined || !exceeds(String(own), parseQuantity(String(limit)))) continue;
      const here = at.child('containers').index(i).key(name).child('limits');
      errors.push(
        invalid(
          here,
          canonicalQuantity(String(limit)),
          `must be less than or equal to pod limits of ${canonicalQuantity(String(own))}`,
        ),
      );
    }
  });
}

/** What the pod's own resources are where they are given in part (defaultHugePagePodLimits, defaultPodRequests). Pods only. */
export function defaultPodResources(spec: Parts<PodSpec>): void {
  const { resources } = spec;
  if (!resources) return;
  const { limits, requests } = resources;
  if (Object.keys(limits ?? {}).length === 0 && Object.keys(requests ?? {}).length === 0) return;
  for (const [name, sum] of sums(spec, 'limits')) {
    if (isHugePages(name) && requests?.[name] === undefined) (resources.limits ??= {})[name] ??= formatQuantity(sum);
  }
  const most = resources.limits ?? {};
  if (Object.keys(most).length === 0) return;
  const own: Record<string, string> = requests ?? {};
  for (const [name, sum] of sums(spec, 'requests')) {
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) own[name] ??= formatQuantity(sum);
  }
  for (const [name, limit] of Object.entries(most)) if (isPodLevelResource(name)) own[name] ??= limit;
  if (Object.keys(own).length) resources.requests = own;
}

/** Claims for devices (KEP-4381). `annotations` of the pod, where it is one. */
export function addResourceClaims(
  errors: FieldError[],
  claims: readonly Parts<PodResourceClaim>[] | undefined,
  meta: ObjectMeta | undefined,
  at: Path,
): void {
  if (!claims?.length) return;
  const isStatic = meta?.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  const names = new Set<string>();
  claims.forEach((claim, i) => {
    if (isStatic) errors.push(forbidden(WHOLE, 'static pods do not support resource claims'));
    else addClaim(errors, claim, names, at.index(i));
  });
}

function addClaim(errors: FieldError[], claim: Parts<PodResourceClaim>, names: Set<string>, at: Path): void {
  const { name, resourceClaimName: of, resourceClaimTemplateName: template } = claim;
  if (!name) errors.push(required(at.child('name')));
  else if (names.has(name)) errors.push(duplicate(at.child('name'), name));
  else {
    addReasons(errors, isDns1123Label(name), name, at, 'name');
    names.add(name);
  }
  const refuse = (why: string): void => {
    errors.push(invalid(at, internalValue('PodResourceClaim', claim), why));
  };
  if (of != null && template != null)
    refuse('at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified');
  if (of == null && template == null) refuse('must specify one of: `resourceClaimName`, `resourceClaimTemplateName`');
  if (of != null) addReasons(errors, isDns1123Subdomain(of), of, at, 'resourceClaimName');
  if (template != null) addReasons(errors, isDns1123Subdomain(template), template, at, 'resourceClaimTemplateName');
}
