import { isDns1123Label, isDns1123Subdomain } from '../../meta/names.ts';
import { LIST_COST, sizeOf, STRUCT_COST, TRAVERSAL } from '../cost.ts';
import { method, type Costs, type Library, type Overload } from '../overload.ts';
import { add, fixed, scale, UNKNOWN, type Range } from '../range.ts';
import { BOOL, opaque, STRING, type Type } from '../types.ts';
import { error, Opaque, type Value } from '../values.ts';

/** What `authorizer` in an expression asks (KEP-3488): may a user do this? */
export interface Question {
  /** other than the one whose request it is */
  serviceAccount?: { namespace: string; name: string };
  path?: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  verb: string;
  fieldSelector?: string;
  labelSelector?: string;
}
export interface Verdict {
  allowed: boolean;
  reason: string;
}
type Ask = (question: Question) => Verdict;

const NAMES = 'kubernetes.authorization.';
/** One step of a chain such as `authorizer.group('').resource('pods').namespace('a').check('get')`. */
class Step extends Opaque {
  readonly typeName: string;
  constructor(
    kind: string,
    readonly ask: Ask,
    readonly question: Question,
  ) {
    super();
    this.typeName = NAMES + kind;
  }
  equals(other: Step): boolean {
    return this.ask === other.ask && JSON.stringify(this.question) === JSON.stringify(other.question);
  }
}
class Decision extends Opaque {
  readonly typeName = `${NAMES}Decision`;
  constructor(readonly verdict: Verdict) {
    super();
  }
  equals(other: Decision): boolean {
    return this.verdict.allowed === other.verdict.allowed && this.verdict.reason === other.verdict.reason;
  }
}
const NOTHING: Question = { group: '', resource: '', subresource: '', namespace: '', name: '', verb: '' };

/** The value of `authorizer`, and of `authorizer.requestResource`: what the request is about. */
export const authorizerValue = (ask: Ask): Value => new Step('Authorizer', ask, NOTHING);
export const resourceCheck = (ask: Ask, what: Omit<Question, 'verb'>): Value =>
  new Step('ResourceCheck', ask, { ...what, verb: '' });
const type = (name: string): Type => opaque(NAMES + name);
const [PATH, GROUP, RESOURCE, DECISION] = [
  type('PathCheck'),
  type('GroupCheck'),
  type('ResourceCheck'),
  type('Decision'),
];
const AUTHORIZER = type('Authorizer');
/** The types of `authorizer` and `authorizer.requestResource`. */
export { AUTHORIZER as AUTHORIZER_TYPE, RESOURCE as RESOURCE_CHECK_TYPE };

const next =
  (kind: string, change: (value: string) => Partial<Question>, required?: string) =>
  (from: Step, value: string): Value =>
    required && value.trim() === ''
      ? error(`${required} must not be empty`)
      : new Step(kind, from.ask, { ...from.question, ...change(value) });
function serviceAccount(from: Step, namespace: string, name: string): Value {
  if (isDns1123Subdomain(name).length) return error('Invalid service account name');
  if (isDns1123Label(namespace).length) return error('Invalid service account namespace');
  return new Step('Authorizer', from.ask, { ...from.question, serviceAccount: { namespace, name } });
}
const check = (from: Step, verb: string): Value => new Decision(from.ask({ ...from.question, verb }));

/** So much that an expression can ask twice. */
const CHECK = 350_000;
const CHECKED: Costs = { cost: () => CHECK, estimate: () => ({ cost: fixed(CHECK) }) };
/** A requirement of a selector takes two characters at least. */
const REQUIREMENTS = 0.5;
const selectorCost = (size: Range): Range =>
  add(add(fixed(LIST_COST), scale(size, TRAVERSAL)), scale(scale(size, REQUIREMENTS), LIST_COST + STRUCT_COST));
const SELECTOR: Costs = {
  cost: ([, text]) => selectorCost(fixed(sizeOf(text as Value))).max,
  estimate: ([, text]) => ({ cost: selectorCost(text?.size ?? UNKNOWN) }),
};
const narrowed = (id: string, field: keyof Question, costs?: Costs): Overload =>
  method(
    id,
    [RESOURCE, STRING],
    RESOURCE,
    next('ResourceCheck', (value) => ({ [field]: value })),
    costs,
  );

export const authorizer: Library = {
  path: [
    method(
      'authorizer_path',
      [AUTHORIZER, STRING],
      PATH,
      next('PathCheck', (path) => ({ path }), 'path'),
    ),
  ],
  group: [
    method(
      'authorizer_group',
      [AUTHORIZER, STRING],
      GROUP,
      next('GroupCheck', (group) => ({ group })),
    ),
  ],
  serviceAccount: [method('authorizer_serviceaccount', [AUTHORIZER, STRING, STRING], AUTHORIZER, serviceAccount)],
  resource: [
    method(
      'groupcheck_resource',
      [GROUP, STRING],
      RESOURCE,
      next('ResourceCheck', (resource) => ({ resource }), 'resource'),
    ),
  ],
  subresource: [narrowed('resourcecheck_subresource', 'subresource')],
  namespace: [narrowed('resourcecheck_namespace', 'namespace')],
  name: [narrowed('resourcecheck_name', 'name')],
  fieldSelector: [narrowed('authorizer_fieldselector', 'fieldSelector', SELECTOR)],
  labelSelector: [narrowed('authorizer_labelselector', 'labelSelector', SELECTOR)],
  check: [
    method('pathcheck_check', [PATH, STRING], DECISION, check, CHECKED),
    method('resourcecheck_check', [RESOURCE, STRING], DECISION, check, CHECKED),
  ],
  allowed: [method('decision_allowed', [DECISION], BOOL, ({ verdict }: Decision) => verdict.allowed)],
  reason: [method('decision_reason', [DECISION], STRING, ({ verdict }: Decision) => verdict.reason)],
  errored: [method('decision_errored', [DECISION], BOOL, () => false)],
  error: [method('decision_error', [DECISION], STRING, () => '')],
};
