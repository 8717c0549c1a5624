import { isRecord } from './record.ts';

/**
 * The part of JSONPath that custom resource columns, selectable fields and kubectl's simple templates use:
 * `.a.b`, `['a.b']`, `[0]`, `[-1]`, `[*]`, `..a`, `[?(@.type=="Ready")]`.
 */
type Step =
  | { type: 'key'; key: string }
  | { type: 'index'; index: number }
  | { type: 'slice'; from: number | undefined; to: number | undefined }
  | { type: 'all' }
  | { type: 'deep'; key: string }
  | { type: 'filter'; path: Step[]; operator: string; value: unknown };

export class JsonPathError extends Error {
  override name = 'JsonPathError';
}

const OPERATION = /^\?\(\s*@([^\s=!<>)]*)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)$/;

function literal(text: string): unknown {
  if (/^'.*'$|^".*"$/.test(text)) return text.slice(1, -1);
  if (text === 'true' || text === 'false') return text === 'true';
  return Number(text);
}

/** Content of a bracket, quotes respected; `end` is the index after `]`. */
function bracket(path: string, start: number): { text: string; end: number } {
  let quote = '';
  let depth = 0;
  for (let i = start; i < path.length; i++) {
    const c = path[i] as string;
    if (quote) {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '[') depth++;
    else if (c === ']' && depth-- === 0) return { text: path.slice(start, i).trim(), end: i + 1 };
  }
  throw new JsonPathError('unterminated array');
}

function bracketStep(text: string): Step {
  if (text === '*') return { type: 'all' };
  if (/^-?\d+$/.test(text)) return { type: 'index', index: Number(text) };
  if (/^'.*'$|^".*"$/s.test(text)) return { type: 'key', key: text.slice(1, -1).replace(/\\(.)/g, '$1') };
  const slice = /^(-?\d*):(-?\d*)$/.exec(text);
  if (slice)
    return {
      type: 'slice',
      from: slice[1] ? Number(slice[1]) : undefined,
      to: slice[2] ? Number(slice[2]) : undefined,
    };
  const filter = OPERATION.exec(text);
  if (filter) {
    const [, path = '', operator = '', value = ''] = filter;
    return { type: 'filter', path: steps(path), operator, value: operator ? literal(value) : undefined };
  }
  throw new JsonPathError(`invalid array index ${text}`);
}

function steps(path: string): Step[] {
  const out: Step[] = [];
  let i = path.startsWith('$') || path.startsWith('@') ? 1 : 0;
  while (i < path.length) {
    if (path[i] === '[') {
      const { text, end } = bracket(path, i + 1);
      out.push(bracketStep(text));
      i = end;
      continue;
    }
    if (path[i] !== '.')
      throw new JsonPathError(
        `unrecognized character in action: U+${path.charCodeAt(i).toString(16).toUpperCase().padStart(4, '0')} '${path[i]}'`,
      );
    const deep = path[i + 1] === '.';
    i += deep ? 2 : 1;
    let key = '';
    while (i < path.length && path[i] !== '.' && path[i] !== '[') {
      if (path[i] === '\\') i++;
      key += path[i++] ?? '';
    }
    if (key === '*') out.push({ type: 'all' });
    else if (key) out.push(deep ? { type: 'deep', key } : { type: 'key', key });
  }
  return out;
}

function holds(left: unknown, operator: string, right: unknown): boolean {
  if (operator === '') return left !== undefined;
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string')) return false;
  const [a, b] = [left, right as typeof left];
  return operator === '<' ? a < b : operator === '>' ? a > b : operator === '<=' ? a <= b : a >= b;
}

/** How many values may still be looked at. Several `..` after each other lead to the same value by many ways. */
export interface Looks {
  left: number;
}

class OutOfLooks extends Error {}

/** The first value that the steps from `at` on lead to; undefined where they lead to none. Throws OutOfLooks. */
function first(path: readonly Step[], at: number, value: unknown, looks: Looks): unknown {
  if (looks.left-- <= 0) throw new OutOfLooks();
  const step = path[at];
  if (!step) return value;
  const next = (one: unknown): unknown => first(path, at + 1, one, looks);
  switch (step.type) {
    case 'key':
      return isRecord(value) && Object.hasOwn(value, step.key) ? next(value[step.key]) : undefined;
    case 'index': {
      const item: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
      return item === undefined ? undefined : next(item);
    }
    case 'slice':
      return Array.isArray(value) ? firstOf(value.slice(step.from, step.to), next) : undefined;
    case 'all':
      return firstOf(childrenOf(value), next);
    case 'deep':
      return firstBelow(value, step.key, looks, next);
    case 'filter':
      if (!Array.isArray(value)) return undefined;
      return firstOf(value, (one) =>
        holds(first(step.path, 0, one, looks), step.operator, step.value) ? next(one) : undefined,
      );
  }
}

function firstOf(values: readonly unknown[], find: (value: unknown) => unknown): unknown {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What `find` finds first in the values of this key, however deep. */
function firstBelow(value: unknown, key: string, looks: Looks, find: (value: unknown) => unknown): unknown {
  if (looks.left-- <= 0) throw new OutOfLooks();
  const found = isRecord(value) && Object.hasOwn(value, key) ? find(value[key]) : undefined;
  if (found !== undefined) return found;
  return firstOf(childrenOf(value), (child) => firstBelow(child, key, looks, find));
}

const childrenOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];

/**
 * Compiles a path once; the function answers the first value that it leads to, and undefined where there is none, or none
 * was found within the looks, of which it takes those that it needs. Throws JsonPathError.
 */
export function compileJsonPath(path: string): (root: unknown, looks: Looks) => unknown {
  const compiled = steps(path);
  return (root, looks) => {
    try {
      return first(compiled, 0, root, looks);
    } catch (error) {
      if (error instanceof OutOfLooks) return undefined;
      throw error;
    }
  };
}
