import { isDeepStrictEqual } from 'node:util';
import type { CertificateSigningRequest } from '../../../../schema/types.ts';
import { duplicate, forbidden, invalid, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import type { Unchecked } from '../../../meta/object.ts';

type Request = Unchecked<CertificateSigningRequest>;
type Condition = NonNullable<NonNullable<Request['status']>['conditions']>[number];
const CONDITIONS = Path.root('status').child('conditions');
const STATUSES = ['False', 'True', 'Unknown'];
/** Decisions, which are there or not, and stay. */
const DECISIONS = ['Approved', 'Denied', 'Failed'];
const APPROVALS = ['Approved', 'Denied'];

export const conditionsOf = (object: Request): Condition[] => object.status?.conditions ?? [];
const ofType = (object: Request, type: string): Condition[] =>
  conditionsOf(object).filter((condition) => condition.type === type);

export function conditionErrors(object: Request): FieldError[] {
  const seen = new Set<string>();
  return conditionsOf(object).flatMap(({ type = '', status = '' }, i) => {
    const at = CONDITIONS.index(i);
    const errors: FieldError[] = type ? [] : [required(at.child('type'))];
    const allowed = DECISIONS.includes(type) ? ['True'] : STATUSES;
    if (!status) errors.push(required(at.child('status')));
    else if (!allowed.includes(status)) errors.push(notSupported(at.child('status'), status, allowed));
    if ((type === 'Approved' && seen.has('Denied')) || (type === 'Denied' && seen.has('Approved'))) {
      errors.push(invalid(at.child('type'), type, 'Approved and Denied conditions are mutually exclusive'));
    }
    if (seen.has(type)) errors.push(duplicate(at.child('type'), type));
    seen.add(type);
    return errors;
  });
}

/** Decisions do not go away; who only writes the status may neither approve nor deny. */
export function conditionChangeErrors(object: Request, old: Request, mayApprove: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const type of DECISIONS) {
    const [now, before] = [ofType(object, type), ofType(old, type)];
    const quoted = JSON.stringify(type);
    if (now.length < before.length)
      errors.push(forbidden(CONDITIONS, `updates may not remove a condition of type ${quoted}`));
    else if (!mayApprove && APPROVALS.includes(type)) {
      if (now.length > before.length)
        errors.push(forbidden(CONDITIONS, `updates may not add a condition of type ${quoted}`));
      else if (!isDeepStrictEqual(now, before))
        errors.push(forbidden(CONDITIONS, `updates may not modify a condition of type ${quoted}`));
    }
  }
  return errors;
}

/** As many approvals as before are those of before, whatever is written: a status has no say in them. */
export function keepApprovals(object: Request, old: Request): void {
  for (const type of APPROVALS) {
    const before = ofType(old, type);
    if (before.length !== ofType(object, type).length) continue;
    let next = 0;
    const conditions = conditionsOf(object).map((condition) =>
      condition.type === type ? (before[next++] ?? condition) : condition,
    );
    const status = (object.status ??= {});
    if (conditions.length) status.conditions = conditions;
    else delete status.conditions;
  }
}

/** Conditions say when they were written, and since when they are so. */
export function stampConditions(object: Request, old: Request, now: string): void {
  for (const condition of conditionsOf(object)) {
    condition.lastUpdateTime ??= now;
    if (condition.lastTransitionTime !== undefined) continue;
    const same = conditionsOf(old).find(
      (c) => c.type === condition.type && c.status === condition.status && c.lastTransitionTime,
    );
    condition.lastTransitionTime = same?.lastTransitionTime ?? now;
  }
}
