import { endOfString } from '../go/json-numbers.ts';
import type { Schema } from './schema.ts';

/** So many are told of one body. */
const MAX_ERRORS = 100;
const NUMBER_OR_LITERAL = /[^\s,\]}]*/y;

/** Reads a good JSON text beside its schema, key by key, repeated ones too. */
class StrictReader {
  readonly errors = new Set<string>();
  private at = 0;
  constructor(private readonly text: string) {}

  private peek(): string {
    while (' \t\r\n'.includes(this.text[this.at] as string)) this.at++;
    return this.text[this.at] as string;
  }
  private tell(what: 'unknown' | 'duplicate', path: string): void {
    if (this.errors.size < MAX_ERRORS) this.errors.add(`${what} field ${JSON.stringify(path)}`);
  }

  /** `quiet`: below an unknown field nothing is looked at. */
  value(schema: Schema, path: string, quiet: boolean): void {
    const c = this.peek();
    if (c === '{') this.object(schema, path, quiet);
    else if (c === '[') {
      this.at++;
      const item: Schema = schema.type === 'list' ? schema.item : ANY;
      for (let i = 0; this.peek() !== ']'; i++) {
        this.value(item, `${path}[${i}]`, quiet);
        if (this.peek() === ',') this.at++;
      }
      this.at++;
    } else if (c === '"') this.at = endOfString(this.text, this.at) + 1;
    else {
      NUMBER_OR_LITERAL.lastIndex = this.at;
      this.at += NUMBER_OR_LITERAL.exec(this.text)![0].length;
    }
  }

  private object(schema: Schema, path: string, quiet: boolean): void {
    this.at++;
    const seen = new Set<string>();
    const fields = schema.type === 'object' ? schema.fields : undefined;
    while (this.peek() !== '}') {
      const end = endOfString(this.text, this.at);
      const key = JSON.parse(this.text.slice(this.at, end + 1)) as string;
      this.at = end + 1;
      this.peek();
      this.at++; // the colon
      const here = path ? `${path}.${key}` : key;
      const unknown =
        fields !== undefined && !fields.has(key) && !(path === '' && (key === 'kind' || key === 'apiVersion'));
      if (!quiet) {
        if (unknown) this.tell('unknown', here);
        else if (seen.has(key)) this.tell('duplicate', here);
      }
      seen.add(key);
      const below: Schema = fields?.get(key)?.schema ?? (schema.type === 'map' ? schema.value : ANY);
      this.value(below, here, quiet || unknown);
      if (this.peek() === ',') this.at++;
    }
    this.at++;
  }
}

const ANY: Schema = { type: 'any' };

/**
 * What strict decoding says of a text that is good JSON and fits its schema: unknown and repeated fields, in the order
 * of the text, each once, at most a hundred. Source: sigs.k8s.io/json.
 */
export function strictErrors(schema: Schema, text: string): string[] {
  const reader = new StrictReader(text);
  reader.value(schema, '', false);
  return [...reader.errors];
}
