import type { ResourceRequirements } from '../../../../../schema/types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
  type FieldError,
  type Path,
} from '../../../../meta/field.ts';
import { isDns1123Label } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { canonicalQuantity, compareAmounts, parseQuantity } from '../../../../meta/quantity.ts';
import { addReasons } from '../../../validation/report.ts';
import {
  isHugePages,
  isOvercommitAllowed,
  isStandardContainerResource,
  quantityErrors,
  validateContainerResourceName,
  validateResourceName,
} from '../../../validation/resources.ts';

type NameRule = (errors: FieldError[], name: string, at: Path) => void;
const COMPUTE = new Set(['cpu', 'memory']);

const containerName: NameRule = (errors, name, at) => {
  if (!isStandardContainerResource(name)) errors.push(...validateContainerResourceName(name, at));
};

const POD_LEVEL = ['cpu', 'hugepages-', 'memory'];
/** Of the pod as a whole (KEP-2837). */
const podName: NameRule = (errors, name, at) => {
  if (COMPUTE.has(name)) return;
  const reasons = validateResourceName(name, at);
  errors.push(...reasons);
  if (reasons.length === 0 && !isHugePages(name)) errors.push(notSupported(at, name, POD_LEVEL));
};

/** Resources of a container, or with `pod` those of the pod. `claims`: names of spec.resourceClaims. */
export function addResources(
  errors: FieldError[],
  resources: Parts<ResourceRequirements> | undefined,
  claims: readonly string[],
  at: Path,
  pod = false,
): void {
  if (!resources) return;
  const { limits, requests } = resources;
  const nameRule = pod ? podName : containerName;
  let compute = false;
  let hugePages = false;
  const look = (name: string): void => {
    if (COMPUTE.has(name)) compute = true;
    else if (isHugePages(name)) hugePages = true;
  };
  for (const name in limits) {
    look(name);
    addAmount(errors, nameRule, name, String(limits[name]), at.child('limits').key(name));
  }
  for (const name in requests) {
    look(name);
    const request = String(requests[name]);
    addAmount(errors, nameRule, name, request, at.child('requests').key(name));
    const limit = limits?.[name];
    if (limit !== undefined) addAgainstLimit(errors, name, request, String(limit), at.child('requests'));
    else if (!isOvercommitAllowed(name))
      errors.push(required(at.child('limits'), 'Limit must be set for non overcommitable resources'));
  }
  if (hugePages && !compute) errors.push(forbidden(at, 'HugePages require cpu or memory'));
  if (resources.claims?.length) addClaims(errors, resources.claims, claims, at.child('claims'));
}

function addAmount(errors: FieldError[], nameRule: NameRule, name: string, amount: string, at: Path): void {
  nameRule(errors, name, at);
  // nearly all amounts: nothing to parse
  if (COMPUTE.has(name) && !amount.startsWith('-')) return;
  errors.push(...quantityErrors(amount, at, name));
  if (isHugePages(name) && !isMultiple(amount, name.slice('hugepages-'.length))) {
    const shown = canonicalQuantity(amount);
    errors.push(invalid(at, shown, `${shown} is not positive integer multiple of ${name}`));
  }
}

function isMultiple(amount: string, page: string): boolean {
  try {
    const size = parseQuantity(page).nano;
    return size > 0n && size % 10n ** 9n === 0n && parseQuantity(amount).nano % size === 0n;
  } catch {
    return false;
  }
}

function addAgainstLimit(errors: FieldError[], name: string, request: string, limit: string, at: Path): void {
  if (request === limit) return;
  const order = compareAmounts(request, limit);
  const must =
    order !== 0 && !isOvercommitAllowed(name)
      ? 'must be equal to'
      : order > 0
        ? 'must be less than or equal to'
        : undefined;
  if (must)
    errors.push(invalid(at, canonicalQuantity(request), `${must} ${name} limit of ${canonicalQuantity(limit)}`));
}

/** A container uses whole claims or requests of them, each once. */
function addClaims(
  errors: FieldError[],
  used: readonly { name?: string; request?: string }[],
  claims: readonly string[],
  at: Path,
): void {
  const seen = new Set<string>();
  const named = new Set(claims);
  used.forEach(({ name, request }, i) => {
    const here = at.index(i);
    if (!name) {
      errors.push(required(here));
      return;
    }
    if (seen.has(name)) errors.push(duplicate(here, name));
    else {
      if (request) addReasons(errors, isDns1123Label(request), request, here, 'request');
      const key = request ? `${name}/${request}` : name;
      if (seen.has(key)) errors.push(duplicate(here, key));
      else if (!request) for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicate(here, name));
      seen.add(key);
    }
    if (named.has(name)) return;
    const list = claims.length ? `: ${[...new Set(claims)].sort().join(', ')}` : ' which is empty';
    errors.push(notFoundValue(here, name, `must be one of the names in pod.spec.resourceClaims${list}`));
  });
}
