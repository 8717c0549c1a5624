import { stringifyExact } from '../go/json-numbers.ts';
import type { Budget } from './budget.ts';
import { quoted, WritesJson, type JsonWriter } from './json-text.ts';

/** Values between two looks at the clock. */
const LOOK_EVERY = 256;

/** An object or list that is being written, and how far it is. */
interface Open {
  readonly keys: readonly string[] | undefined;
  readonly values: Readonly<Record<string, unknown>> | readonly unknown[];
  readonly length: number;
  at: number;
  /** a value of it has been written */
  begun: boolean;
}

/** Any JSON value, however large: counted, and others have their turn meanwhile. As stringifyExact writes it. */
export async function writeLongJson(value: unknown, out: JsonWriter, budget: Budget): Promise<void> {
  const open: Open[] = [];
  const write = (one: unknown): void => {
    if (Array.isArray(one)) {
      out.text += '[';
      open.push({ keys: undefined, values: one as unknown[], length: one.length, at: 0, begun: false });
    } else if (isPlain(one)) {
      const keys = Object.keys(one);
      out.text += '{';
      open.push({ keys, values: one, length: keys.length, at: 0, begun: false });
    } else if (one instanceof WritesJson) one.write(out);
    else out.text += typeof one === 'string' ? quoted(one) : (stringifyExact(one) ?? 'null');
  };
  write(value);
  for (let steps = 1; ; steps++) {
    const last = open.at(-1);
    if (!last) return;
    if (steps % LOOK_EVERY === 0) {
      budget.write(out.spillLong());
      if (budget.due) await budget.turn();
    }
    step(last, out, write, open);
  }
}

/** The next value of what was opened last, or its end. */
function step(last: Open, out: JsonWriter, write: (value: unknown) => void, open: Open[]): void {
  const { keys, values } = last;
  if (last.at === last.length) {
    out.text += keys ? '}' : ']';
    open.pop();
    return;
  }
  const i = last.at++;
  const key = keys?.[i];
  const value = key === undefined ? (values as readonly unknown[])[i] : (values as Record<string, unknown>)[key];
  if (key !== undefined && value === undefined) return;
  if (last.begun) out.text += ',';
  last.begun = true;
  if (key !== undefined) out.text += `${quoted(key)}:`;
  write(value);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
