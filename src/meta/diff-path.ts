import { parseExact, stringifyExact } from '../go/json-numbers.ts';

/** One step of a path into an object. */
export type PathStep =
  | { field: string }
  /** the item of a list that has these values of its merge keys */
  | { keys: readonly (readonly [name: string, value: unknown])[] }
  /** the member of a set */
  | { member: unknown }
  | { index: number }
  /** not an item but the order in which a list has them */
  | { order: true };

const NAME = /^[A-Za-z_$][\w$-]*$/;
/** What may stand for a string without quotes, unless it is also JSON. */
const BARE = /^[^\s,=[\]"]+$/;

/**
 * A path as people read it: `spec.containers[name=web].image`, `spec.ports[port=80,protocol=TCP]`, `args[0]`,
 * `metadata.labels["app.kubernetes.io/name"]`, `metadata.finalizers[="kubernetes"]`, and `spec.containers[]` for the
 * order of a list. '' is the object itself. Different steps have different texts.
 */
export function formatPath(steps: readonly PathStep[]): string {
  let path = '';
  for (const step of steps) path += formatStep(step, path === '');
  return path;
}

/** One step as it stands in a path; `first`: nothing is before it. */
export function formatStep(step: PathStep, first: boolean): string {
  if ('field' in step) {
    if (!NAME.test(step.field)) return `[${JSON.stringify(step.field)}]`;
    return first ? step.field : `.${step.field}`;
  }
  if ('index' in step) return `[${step.index}]`;
  if ('member' in step) return `[=${stringifyExact(step.member)}]`;
  if ('order' in step) return '[]';
  return `[${step.keys.map(([name, value]) => `${NAME.test(name) ? name : JSON.stringify(name)}=${showKey(value)}`).join(',')}]`;
}

const showKey = (value: unknown): string =>
  typeof value === 'string' && BARE.test(value) && !isJson(value) ? value : stringifyExact(value);

/** What is JSON of all that stands without quotes, spaces and brackets: to try to parse it costs more than a comparison. */
const BARE_JSON = /^(?:true|false|null|\{\}|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
const isJson = (text: string): boolean => BARE_JSON.test(text);

/** The steps of `formatPath`'s text. Throws SyntaxError on any other. */
export function parsePath(path: string): PathStep[] {
  const steps: PathStep[] = [];
  const reader = new Reader(path);
  while (!reader.done) {
    if (reader.take('[')) steps.push(bracket(reader));
    else {
      if (steps.length) reader.expect('.');
      steps.push({ field: reader.match(/[A-Za-z_$][\w$-]*/y) });
    }
  }
  return steps;
}

function bracket(reader: Reader): PathStep {
  if (reader.take(']')) return { order: true };
  if (reader.take('=')) return closed(reader, { member: reader.json() });
  const index = reader.tryMatch(/\d+(?=\])/y);
  if (index !== undefined) return closed(reader, { index: Number(index) });
  const keys: [string, unknown][] = [];
  do {
    const quoted = reader.peek() === '"';
    const name = quoted ? String(reader.json()) : reader.match(/[A-Za-z_$][\w$-]*/y);
    if (quoted && !keys.length && reader.take(']')) return { field: name };
    reader.expect('=');
    const bare = reader.tryMatch(/[^\s,=[\]"]+/y);
    keys.push([name, bare === undefined ? reader.json() : isJson(bare) ? parseExact(bare) : bare]);
  } while (reader.take(','));
  return closed(reader, { keys });
}

function closed(reader: Reader, step: PathStep): PathStep {
  reader.expect(']');
  return step;
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  get done(): boolean {
    return this.at >= this.text.length;
  }
  peek(): string {
    return this.text.charAt(this.at);
  }
  take(char: string): boolean {
    if (this.peek() !== char) return false;
    this.at++;
    return true;
  }
  expect(char: string): void {
    if (!this.take(char)) throw this.error(JSON.stringify(char));
  }
  tryMatch(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }
  match(pattern: RegExp): string {
    const found = this.tryMatch(pattern);
    if (found === undefined) throw this.error('a name');
    return found;
  }
  /** A string, or another scalar of JSON. */
  json(): unknown {
    const text = this.tryMatch(/"[^"\\]*(?:\\.[^"\\]*)*"|[^\s,\]"]+/y);
    if (text === undefined) throw this.error('a value');
    return parseExact(text);
  }
  private error(wanted: string): SyntaxError {
    return new SyntaxError(`${wanted} expected at ${this.at} of ${JSON.stringify(this.text)}`);
  }
}
