import {
  addQuantity,
  compareQuantity,
  formatQuantity,
  parseQuantity,
  QuantityError,
  subtractQuantity,
  type Quantity as Amount,
} from '../../meta/quantity.ts';
import { ofText, sizeOf, TRAVERSAL } from '../cost.ts';
import { func, method, type Costs, type Library } from '../overload.ts';
import { scale, UNKNOWN } from '../range.ts';
import { addHeld, heldInteger, heldOf, int64Of, negated, type HeldInteger } from './held-integer.ts';
import { BOOL, DOUBLE, INT, opaque, STRING } from '../types.ts';
import { CelError, Double, error, Opaque, whole, type Value } from '../values.ts';
import { work } from '../work.ts';

class Quantity extends Opaque {
  readonly typeName = 'kubernetes.Quantity';
  constructor(
    readonly amount: Amount,
    readonly held: HeldInteger | undefined,
  ) {
    super();
  }
  equals(other: Quantity): boolean {
    return this.amount.nano === other.amount.nano;
  }
  override toString(): string {
    return formatQuantity(this.amount);
  }
}
const GIGA = 1_000_000_000n;
const PARSE_WORK = 60;
/** More digits than any quantity has; what is longer is none. */
const MAX_TEXT = 1000;

function parse(text: string): Quantity | CelError {
  work(PARSE_WORK);
  try {
    return new Quantity(parseQuantity(text.length > MAX_TEXT ? '' : text), heldInteger(text));
  } catch (failure) {
    if (failure instanceof QuantityError) return error(failure.message);
    throw failure;
  }
}
/** The value of an amount as objects have it; an error for what is none. */
export const quantityValue = (text: string): Value => parse(text);
const sum = (a: Quantity, b: Quantity): Quantity =>
  new Quantity(addQuantity(a.amount, b.amount), addHeld(a.held, b.held));
const difference = (a: Quantity, b: Quantity): Quantity =>
  new Quantity(subtractQuantity(a.amount, b.amount), addHeld(a.held, negated(b.held)));
const ofInt = (number: number | bigint): Quantity =>
  new Quantity({ nano: BigInt(number) * GIGA, format: 'DecimalExponent' }, heldOf(number));
const order = (a: Quantity, b: Quantity): number => compareQuantity(a.amount, b.amount);
const PARSE: Costs = {
  cost: ([text]) => ofText(sizeOf(text as Value)),
  estimate: ([text]) => ({ cost: scale(text?.size ?? UNKNOWN, TRAVERSAL) }),
};
const QUANTITY = opaque('kubernetes.Quantity');
const two = [QUANTITY, QUANTITY];

export const quantities: Library = {
  quantity: [func('string_to_quantity', [STRING], QUANTITY, parse, PARSE)],
  isQuantity: [func('is_quantity_string', [STRING], BOOL, (text: string) => parse(text) instanceof Quantity, PARSE)],
  sign: [
    func('quantity_sign', [QUANTITY], INT, ({ amount: { nano } }: Quantity) => (nano > 0n ? 1 : nano < 0n ? -1 : 0)),
  ],
  isGreaterThan: [method('quantity_is_greater_than', two, BOOL, (a: Quantity, b: Quantity) => order(a, b) > 0)],
  isLessThan: [method('quantity_is_less_than', two, BOOL, (a: Quantity, b: Quantity) => order(a, b) < 0)],
  compareTo: [method('quantity_compare_to', two, INT, order)],
  asApproximateFloat: [
    method('quantity_get_float', [QUANTITY], DOUBLE, ({ amount: { nano } }: Quantity) => {
      const [number, rest] = [nano / GIGA, nano % GIGA];
      return new Double(rest === 0n ? Number(number) : Number(nano) / 1e9);
    }),
  ],
  asInteger: [
    method('quantity_get_int', [QUANTITY], INT, (quantity: Quantity): Value => {
      const number = int64Of(quantity.held);
      return number === undefined ? error('cannot convert value to integer') : whole(number);
    }),
  ],
  isInteger: [method('quantity_is_integer', [QUANTITY], BOOL, ({ held }: Quantity) => int64Of(held) !== undefined)],
  add: [
    method('quantity_add', two, QUANTITY, sum),
    method('quantity_add_int', [QUANTITY, INT], QUANTITY, (a: Quantity, b: number | bigint) => sum(a, ofInt(b))),
  ],
  sub: [
    method('quantity_sub', two, QUANTITY, difference),
    method('quantity_sub_int', [QUANTITY, INT], QUANTITY, (a: Quantity, b: number | bigint) => difference(a, ofInt(b))),
  ],
};
