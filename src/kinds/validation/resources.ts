import { invalid, type FieldError, type Path } from '../../meta/field.ts';
import { isQualifiedName } from '../../meta/names.ts';
import { canonicalQuantity, parseQuantity, QuantityError } from '../../meta/quantity.ts';
import { NOT_NEGATIVE } from './values.ts';

/** Names and amounts of compute, storage and quota resources (pkg/apis/core/helper and its validation). */
type Errors = FieldError[];
const WHOLE = 1_000_000_000n;

const INTEGER = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);
const CONTAINER = new Set(['cpu', 'memory', 'ephemeral-storage']);
const QUOTA = new Set([
  ...INTEGER,
  ...CONTAINER,
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
]);

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const isQuotaHugePages = (name: string): boolean => isHugePages(name) || name.startsWith('requests.hugepages-');
/** Without a prefix, or with one of kubernetes.io. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
/** `example.com/device` */
const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0;
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name);
const isIntegerResource = (name: string): boolean => INTEGER.has(name) || isExtendedResource(name);
export const isStandardQuotaResource = (name: string): boolean => QUOTA.has(name) || isQuotaHugePages(name);
export const isStandardContainerResource = (name: string): boolean => CONTAINER.has(name) || isHugePages(name);
const isStandardResource = (name: string): boolean => name === 'storage' || isStandardQuotaResource(name);

/** A resource's amount: not negative, and whole for resources that cannot be split. */
export function quantityErrors(value: string | number, at: Path, resource: string): Errors {
  try {
    const { nano } = parseQuantity(String(value));
    const errors: Errors = nano < 0n ? [invalid(at, canonicalQuantity(String(value)), NOT_NEGATIVE)] : [];
    if (isIntegerResource(resource) && nano % WHOLE !== 0n)
      errors.push(invalid(at, canonicalQuantity(String(value)), 'must be an integer'));
    return errors;
  } catch (error) {
    if (error instanceof QuantityError) return [invalid(at, String(value), error.message)];
    throw error;
  }
}

/** An amount that is more than nothing. */
export const validatePositiveQuantity = (value: string, at: Path): Errors =>
  parseQuantity(value).nano <= 0n ? [invalid(at, canonicalQuantity(value), 'must be greater than zero')] : [];

/** The weaker rule that capacities have; the value is shown as a whole number. */
export function validateBasicQuantity(value: string, at: Path): Errors {
  const { nano } = parseQuantity(value);
  // rounded away from zero, so that a half is not nothing
  return nano < 0n ? [invalid(at, Number((nano - WHOLE + 1n) / WHOLE), 'must be a valid resource quantity')] : [];
}

/** A qualified name that, without a prefix, is one of the standard resources. */
export function validateResourceName(name: string, at: Path): Errors {
  const errors = isQualifiedName(name).map((why) => invalid(at, name, why));
  if (errors.length) return errors;
  return name.includes('/') || isStandardResource(name)
    ? []
    : [invalid(at, name, 'must be a standard resource type or fully qualified')];
}

/** What a container may ask for. */
export function validateContainerResourceName(name: string, at: Path): Errors {
  const errors = validateResourceName(name, at);
  if (!name.includes('/'))
    return isStandardContainerResource(name)
      ? errors
      : [...errors, invalid(at, name, 'must be a standard resource for containers')];
  return isNativeResource(name) || isExtendedResource(name)
    ? errors
    : [...errors, invalid(at, name, "doesn't follow extended resource name standard")];
}

/** What a quota may limit. */
export function validateQuotaResourceName(name: string, at: Path): Errors {
  const errors = validateResourceName(name, at);
  return name.includes('/') || isStandardQuotaResource(name)
    ? errors
    : [...errors, invalid(at, name, 'must be a standard resource for quota')];
}
