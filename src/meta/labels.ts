import { byKey } from './labels-by-key.ts';
import { LabelParser } from './labels-parse.ts';
import type { Parts } from './object.ts';
import type { LabelOperator, Requirement } from './requirement.ts';
import { badRequest } from './status.ts';

/** meta/v1 LabelSelector */
export interface LabelSelectorLike {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** What all labels must satisfy; without requirements it matches everything, unless it is `nothing`. */
export interface Selector {
  readonly requirements: readonly Requirement[];
  /** no requirement: matches every object */
  readonly empty: boolean;
  matches(labels: Readonly<Record<string, string>> | undefined): boolean;
  toString(): string;
}

const NONE: Readonly<Record<string, string>> = {};
const integer = /^[+-]?\d+$/;

type Labels = Readonly<Record<string, string>>;

/**
 * A requirement as a function of its own: a list asks it once for each of its objects. What an object inherits is no
 * string, so it is never taken for a label.
 */
function compiled({ key, operator, values }: Requirement): (labels: Labels) => boolean {
  const [first] = values;
  switch (operator) {
    case 'exists':
      return (labels) => typeof labels[key] === 'string';
    case '!':
      return (labels) => typeof labels[key] !== 'string';
    case '=':
    case '==':
    case 'in':
      if (values.length === 1) return (labels) => labels[key] === first;
      return (labels) => values.includes(labels[key] as string);
    case '!=':
    case 'notin':
      if (values.length === 1) return (labels) => labels[key] !== first;
      return (labels) => !values.includes(labels[key] as string);
    default:
      return (labels) => {
        const value = labels[key];
        if (typeof value !== 'string' || !integer.test(value)) return false;
        const [left, right] = [BigInt(value), BigInt(first as string)];
        return operator === 'gt' ? left > right : left < right;
      };
  }
}

function show(r: Requirement): string {
  switch (r.operator) {
    case 'exists':
      return r.key;
    case '!':
      return `!${r.key}`;
    case 'in':
    case 'notin':
      return `${r.key} ${r.operator} (${[...r.values].sort().join(',')})`;
    case 'gt':
      return `${r.key}>${r.values[0]}`;
    case 'lt':
      return `${r.key}<${r.values[0]}`;
    default:
      return `${r.key}${r.operator}${r.values[0]}`;
  }
}

/** Requirements, and values of one, up to which each is asked in turn. */
const FEW = 8;

function testOf(requirements: readonly Requirement[]): (labels: Labels) => boolean {
  if (requirements.length > FEW || requirements.some(({ values }) => values.length > FEW)) return byKey(requirements);
  const tests = requirements.map(compiled);
  const [only] = tests;
  if (only && tests.length === 1) return only;
  return (labels) => {
    for (const test of tests) if (!test(labels)) return false;
    return true;
  };
}

/** Requirements are kept sorted by key, which is also the order of the text form. */
function selectorOf(requirements: readonly Requirement[]): Selector {
  const sorted = [...requirements].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const test = testOf(sorted);
  return {
    requirements: sorted,
    empty: sorted.length === 0,
    matches: (labels = NONE) => test(labels),
    toString: () => sorted.map(show).join(','),
  };
}

export const everything: Selector = selectorOf([]);
const nothing: Selector = { requirements: [], empty: false, matches: () => false, toString: () => '' };

/**
 * A label selector in its text form: `a=b,c!=d,e in (f,g),h,!i,j>1`.
 * Throws 400 with the parser's message.
 */
export function parseLabelSelector(text: string): Selector {
  if (text === '') return everything;
  const result = new LabelParser(text).parse();
  if (typeof result === 'string') throw badRequest(result);
  return selectorOf(result);
}

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/**
 * A LabelSelector object as a Selector: undefined selects nothing, `{}` everything. An operator that does not exist
 * throws 400; values are not checked (validation has done so).
 */
export function labelSelectorAsSelector(selector: Parts<LabelSelectorLike> | undefined | null): Selector {
  if (!selector) return nothing;
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {}))
    requirements.push({ key, operator: '=', values: [value] });
  for (const { key = '', operator = '', values = [] } of selector.matchExpressions ?? []) {
    const known = OPERATORS[operator];
    if (!known) throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push({ key, operator: known, values });
  }
  return requirements.length ? selectorOf(requirements) : everything;
}

/** The selector that a map of labels is (`spec.selector` of Services and ReplicationControllers). */
export const selectorFromSet = (labels: Record<string, string> | undefined): Selector =>
  selectorOf(Object.entries(labels ?? {}).map(([key, value]) => ({ key, operator: '=' as const, values: [value] })));
