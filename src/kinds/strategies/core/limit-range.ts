import { repeatedAt } from '../../validation/repeated.ts';
import type { LimitRange, LimitRangeItem } from '../../../../schema/types.ts';
import { duplicate, forbidden, invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import { isQualifiedName } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';
import { compareQuantity, formatQuantity, parseQuantity, quantityOf, type Quantity } from '../../../meta/quantity.ts';
import type { Steps } from '../../../meta/steps.ts';
import { newUid } from '../../../meta/uid.ts';
import type { Strategy } from '../../kind.ts';
import {
  isOvercommitAllowed,
  validateContainerResourceName,
  validateResourceName,
} from '../../validation/resources.ts';

type Errors = FieldError[];
const LIMITS = Path.root('spec').child('limits');
const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];
const ONE = quantityOf(1);

function validateType(type: string, at: Path): Errors {
  const errors = isQualifiedName(type).map((why) => invalid(at, type, why));
  return errors.length || type.includes('/') || TYPES.includes(type)
    ? errors
    : [invalid(at, type, 'must be a standard limit type or fully qualified')];
}

interface Amounts {
  min?: Quantity;
  max?: Quantity;
  default?: Quantity;
  defaultRequest?: Quantity;
  maxLimitRequestRatio?: Quantity;
}
const FIELDS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

/** Smaller comes first: each pair that is the wrong way round, with the field and the value that the message names. */
const ORDERED = [
  ['min', 'max', 'min', 'min', 'min value', 'max value'],
  ['min', 'defaultRequest', 'defaultRequest', 'defaultRequest', 'min value', 'default request value'],
  ['defaultRequest', 'max', 'defaultRequest', 'defaultRequest', 'default request value', 'max value'],
  ['defaultRequest', 'default', 'defaultRequest', 'defaultRequest', 'default request value', 'default limit value'],
  ['min', 'default', 'default', 'min', 'min value', 'default value'],
  ['default', 'max', 'default', 'max', 'default value', 'max value'],
] as const;

function validateAmounts(amounts: Amounts, at: Path, resource: string): Errors {
  const errors: Errors = [];
  const wrong = (field: string, value: Quantity, why: string) =>
    errors.push(invalid(at.child(field).key(resource), formatQuantity(value), why));
  for (const [low, high, field, shown, lowName, highName] of ORDERED) {
    const [a, b] = [amounts[low], amounts[high]];
    if (a && b && compareQuantity(a, b) > 0)
      wrong(field, amounts[shown]!, `${lowName} ${formatQuantity(a)} is greater than ${highName} ${formatQuantity(b)}`);
  }
  const { min, max, default: limit, defaultRequest: request, maxLimitRequestRatio: ratio } = amounts;
  if (ratio && compareQuantity(ratio, ONE) < 0)
    wrong('maxLimitRequestRatio', ratio, `ratio ${formatQuantity(ratio)} is less than 1`);
  if (ratio && min && max) {
    const most = Number(max.nano) / Number(min.nano);
    if (Number(ratio.nano) / 1e9 > most)
      wrong(
        'maxLimitRequestRatio',
        ratio,
        `ratio ${formatQuantity(ratio)} is greater than max/min = ${most.toFixed(6)}`,
      );
  }
  if (!isOvercommitAllowed(resource) && limit && request && compareQuantity(limit, request) !== 0) {
    wrong(
      'defaultRequest',
      request,
      `default value ${formatQuantity(limit)} must equal to defaultRequest value ${formatQuantity(request)} in ${resource}`,
    );
  }
  return errors;
}

/** Amounts that are looked at between two pauses. */
const STEP = 1000;

function* validateItem(item: Parts<LimitRangeItem>, at: Path): Steps<Errors> {
  let seen = 0;
  const errors = validateType(item.type ?? '', at.child('type'));
  const byResource = new Map<string, Amounts>();
  const nameRule =
    item.type === 'Pod' || item.type === 'Container' ? validateContainerResourceName : validateResourceName;
  for (const field of FIELDS) {
    const list = Object.entries(item[field] ?? {});
    if (item.type === 'Pod' && (field === 'default' || field === 'defaultRequest')) {
      if (list.length) errors.push(forbidden(at.child(field), "may not be specified when `type` is 'Pod'"));
      continue;
    }
    for (const [name, amount] of list) {
      errors.push(...nameRule(name, at.child(field).key(name)));
      const amounts = byResource.get(name) ?? {};
      amounts[field] = parseQuantity(amount);
      byResource.set(name, amounts);
      if (++seen % STEP === 0) yield;
    }
  }
  if (item.type === 'PersistentVolumeClaim' && !item.min?.['storage'] && !item.max?.['storage']) {
    errors.push(
      required(at.child('limits'), 'either minimum or maximum storage value is required, but neither was provided'),
    );
  }
  for (const [name, amounts] of byResource) {
    errors.push(...validateAmounts(amounts, at, name));
    if (++seen % STEP === 0) yield;
  }
  return errors;
}

export const limitRangeStrategy: Strategy<LimitRange> = {
  metadata: { whole: 1, update: false },
  /** For a container: no default limit is the max, no default request is the default limit, else the min (SetDefaults_LimitRangeItem). */
  defaults({ spec }) {
    for (const item of spec?.limits ?? []) {
      if (item.type !== 'Container') continue;
      item.default = { ...item.max, ...item.default };
      item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
    }
  },
  prepareForCreate({ metadata }) {
    // alone among all kinds it needs no name
    if (!metadata.name) metadata.name = newUid();
  },
  *validateSteps({ spec }) {
    const items = spec?.limits ?? [];
    const repeated = repeatedAt(items.map((item) => item.type ?? ''));
    const errors: Errors = [];
    for (const [i, item] of items.entries()) {
      for (const error of yield* validateItem(item, LIMITS.index(i))) errors.push(error);
      if (repeated.has(i)) errors.push(duplicate(LIMITS.index(i).child('type'), item.type ?? ''));
    }
    return errors;
  },
  createOnUpdate: true,
  generation: false,
};
