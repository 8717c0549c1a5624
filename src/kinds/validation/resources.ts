import { invalid, type FieldError, type Path } from '../../meta/field.ts';
import { parseQuantity, QuantityError } from '../../meta/quantity.ts';

/** A resource's amount: not negative, and whole for resources that cannot be split. */
export function quantityErrors(value: string | number, at: Path, resource: string): FieldError[] {
  try {
    const quantity = parseQuantity(String(value));
    if (quantity.nano < 0n) return [invalid(at, String(value), 'must be greater than or equal to 0')];
    const divisible = resource === 'cpu' || resource.startsWith('requests.cpu') || resource.startsWith('limits.cpu');
    const extended = resource.includes('/') && !resource.includes('kubernetes.io/');
    return extended && !divisible && quantity.nano % 1_000_000_000n !== 0n ? [invalid(at, String(value), 'must be an integer')] : [];
  } catch (error) {
    if (error instanceof QuantityError) return [invalid(at, String(value), error.message)];
    throw error;
  }
}
