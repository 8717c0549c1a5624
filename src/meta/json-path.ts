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

function deepValues(value: unknown, key: string, out: unknown[]): void {
  if (isRecord(value)) {
    if (Object.hasOwn(value, key)) out.push(value[key]);
    for (const child of Object.values(value)) deepValues(child, key, out);
  } else if (Array.isArray(value)) for (const child of value) deepValues(child, key, out);
}

function apply(value: unknown, step: Step, out: unknown[]): void {
  switch (step.type) {
    case 'key':
      if (isRecord(value) && Object.hasOwn(value, step.key)) out.push(value[step.key]);
      break;
    case 'index':
      if (Array.isArray(value) && value.at(step.index) !== undefined) out.push(value.at(step.index));
      break;
    case 'slice':
      if (Array.isArray(value)) out.push(...value.slice(step.from, step.to));
      break;
    case 'all':
      if (Array.isArray(value)) out.push(...value);
      else if (isRecord(value)) out.push(...Object.values(value));
      break;
    case 'deep':
      deepValues(value, step.key, out);
      break;
    case 'filter':
      if (Array.isArray(value))
        out.push(...value.filter((v) => holds(walk(step.path, v)[0], step.operator, step.value)));
  }
}

function walk(path: readonly Step[], root: unknown): unknown[] {
  let values: unknown[] = [root];
  for (const step of path) {
    const next: unknown[] = [];
    for (const value of values) apply(value, step, next);
    values = next;
  }
  return values;
}

/** Compiles a path once; the function yields all values it finds, in order. Throws JsonPathError. */
export function compileJsonPath(path: string): (root: unknown) => unknown[] {
  const compiled = steps(path);
  return (root) => walk(compiled, root);
}
