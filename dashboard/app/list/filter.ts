import { ask } from '../server/query.ts';

/**
 * The filter of a list as one writes it: words separated by spaces, all of which must hold.
 *   web                         the name has it
 *   app=web  tier!=cache        labels, as kubectl -l has them (behind `label:`)
 *   status.phase=Running        a field; also != > >= < <= ~ (contains), and `path:exists`, `path:missing`
 */
export interface Condition {
  path: readonly string[];
  op: Operator;
  value: string;
}
type Operator = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'contains' | 'exists' | 'missing';

export interface Filter {
  conditions: readonly Condition[];
  labelSelector: string;
}

export class FilterError extends Error {}

const OPERATORS: readonly (readonly [text: string, op: Operator])[] = [
  ['!=', 'ne'],
  ['>=', 'gte'],
  ['<=', 'lte'],
  ['=', 'eq'],
  ['>', 'gt'],
  ['<', 'lt'],
  ['~', 'contains'],
];

/** Longest filter that is read, characters. */
const MAX = 1000;

/** Throws FilterError, which says which word is wrong. */
export function parseFilter(text: string): Filter {
  if (text.length > MAX) throw new FilterError(`a filter has at most ${MAX} characters`);
  const conditions: Condition[] = [];
  const labels: string[] = [];
  for (const word of wordsIn(text)) {
    if (word.startsWith('label:')) labels.push(word.slice('label:'.length));
    else conditions.push(conditionOf(word));
  }
  return { conditions, labelSelector: labels.filter(Boolean).join(',') };
}

/** Words; what stands in quotation marks may have spaces. */
function wordsIn(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let quoted = false;
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    else if (char === ' ' && !quoted) {
      if (word) words.push(word);
      word = '';
    } else word += char;
  }
  if (quoted) throw new FilterError('a quotation mark has no end');
  if (word) words.push(word);
  return words;
}

function conditionOf(word: string): Condition {
  const state = /^([\w.]+):(exists|missing)$/.exec(word);
  if (state) return { path: pathOf(state[1] ?? ''), op: state[2] as Operator, value: '' };
  const at = word.search(/[!<>=~]/);
  if (at < 0) return { path: ['metadata', 'name'], op: 'contains', value: word };
  const found = OPERATORS.find(([sign]) => word.startsWith(sign, at));
  if (!found || at === 0)
    throw new FilterError(`${word}: a path, an operator (= != > >= < <= ~) and a value are needed`);
  const [sign, op] = found;
  return { path: pathOf(word.slice(0, at)), op, value: word.slice(at + sign.length) };
}

function pathOf(text: string): string[] {
  const path = text.split('.');
  if (!path.every((part) => /^[A-Za-z_][\w/-]*$/.test(part))) throw new FilterError(`${text} is no path of a field`);
  return path;
}

interface InputField {
  name: string;
  type: TypeRef;
}
interface TypeRef {
  kind: string;
  name: string | null;
  ofType: TypeRef | null;
}

const TYPE = `query Fields($name: String!) { __type(name: $name) { inputFields { name type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } }`;

/** Fields of input types as the schema has them, each asked for once. */
const fields = new Map<string, Promise<readonly InputField[]>>();

/** What may stand in a filter of this type: names of fields, or operators of a scalar. */
export function fieldsOf(type: string): Promise<readonly InputField[]> {
  let found = fields.get(type);
  if (!found) {
    found = ask<{ __type: { inputFields: readonly InputField[] } | null }>(TYPE, { name: type }).then(
      (answer) => answer.__type?.inputFields ?? [],
    );
    fields.set(type, found);
    found.catch(() => fields.delete(type));
  }
  return found;
}

export const namedType = ({ name, ofType }: TypeRef): string => name ?? (ofType ? namedType(ofType) : '');
const isList = ({ kind, ofType }: TypeRef): boolean => kind === 'LIST' || (ofType !== null && isList(ofType));

/** The `where` of a kind's list, typed by its schema. @param type the kind's GraphQL type. Throws FilterError. */
export async function whereOf(type: string, conditions: readonly Condition[]): Promise<unknown> {
  if (!conditions.length) return undefined;
  const all = await Promise.all(conditions.map((condition) => within(`${type}Where`, condition.path, condition)));
  return all.length === 1 ? all[0] : { and: all };
}

async function within(type: string, path: readonly string[], condition: Condition): Promise<unknown> {
  const has = await fieldsOf(type);
  const [first, ...below] = path;
  if (first === undefined) return comparison(has, condition);
  const field = has.find(({ name }) => name === first);
  if (field && isList(field.type) && below.length > 0) {
    // a map: its entries name their keys
    const entry = namedType(field.type);
    return { [first]: [{ key: below.join('.'), ...(comparison(await fieldsOf(entry), condition) as object) }] };
  }
  if (field) return { [first]: await within(namedType(field.type), below, condition) };
  // a list of objects, or of scalars: any of its items
  const some = has.find(({ name }) => name === 'some');
  if (some) return { some: await within(namedType(some.type), path, condition) };
  const near = has.map(({ name }) => name).filter((name) => !WORDS.has(name));
  throw new FilterError(
    `there is no ${condition.path.join('.')}: of ${near.slice(0, 12).join(', ') || 'a value'} there is no ${first}`,
  );
}

const WORDS = new Set(['and', 'or', 'not', 'null', 'at']);

function comparison(has: readonly InputField[], { path, op, value }: Condition): unknown {
  const of = (name: string): InputField | undefined => has.find((field) => field.name === name);
  if (op === 'exists' || op === 'missing') {
    if (of('exists')) return { exists: op === 'exists' };
    if (of('isEmpty')) return { isEmpty: op === 'missing' };
    return op === 'missing' ? { null: true } : { not: { null: true } };
  }
  const field = of(op) ?? (op === 'contains' ? of('eq') : undefined);
  if (!field) {
    const some = of('some');
    if (some) return { some: { eq: value } };
    throw new FilterError(`${path.join('.')} has fields of its own, or is not compared so`);
  }
  return { [field.name]: valueOf(namedType(field.type), value, path) };
}

function valueOf(type: string, text: string, path: readonly string[]): unknown {
  switch (type) {
    case 'Int':
    case 'Float': {
      const number = Number(text);
      if (text === '' || Number.isNaN(number))
        throw new FilterError(`${path.join('.')}: ${text || 'nothing'} is no number`);
      return number;
    }
    case 'Boolean':
      return text === 'true';
    default:
      return text;
  }
}
