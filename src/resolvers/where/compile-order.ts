import type { Kind } from '../../kinds/kind.ts';
import { badRequest } from '../../meta/status.ts';
import { compileField, keyOf } from './compile-field.ts';
import type { Order } from './filter.ts';
import { partsOf } from './parts.ts';
import { compareKeys, type Comparable } from './scalar-values.ts';

/** Fields of one order: each is read of every object of a list. */
const MAX_FIELDS = 10;

/**
 * Compiles an `orderBy` of a kind: fields in the order of their weight, each ASC (VALUE is the same) or DESC. Through a
 * list the smallest value counts, or with DESC the largest. Throws 400 with the path of what is wrong.
 */
export function compileOrder(kind: Kind, orderBy: unknown): Order {
  const given = Array.isArray(orderBy) ? (orderBy as unknown[]) : [orderBy];
  if (given.length > MAX_FIELDS) throw badRequest(`orderBy: more than ${MAX_FIELDS} fields`);
  const fields = given.map((each, i) => compileField(kind, each, `orderBy[${i}]`));
  const readers = fields.map((field) => keyOf(field, compareKeys));
  const signs = fields.map(({ pick }) => (pick === 'DESC' ? -1 : 1));
  return {
    key: JSON.stringify(fields.map(({ path, pick }) => [path, pick === 'DESC'])),
    keyOf: (object) => readers.map((read) => read(object)),
    compare(a, b) {
      for (let i = 0; i < signs.length; i++) {
        const left = a[i] as Comparable | undefined;
        const right = b[i] as Comparable | undefined;
        if (left === right) continue;
        if (left === undefined) return 1;
        if (right === undefined) return -1;
        const order = compareKeys(left, right);
        if (order) return order * (signs[i] ?? 1);
      }
      return 0;
    },
    parts: partsOf(fields.map(({ part }) => part)),
  };
}
