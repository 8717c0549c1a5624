import { parseInt64 } from '../go/parse-int.ts';
import { aggregate } from './aggregate.ts';
import { invalid, type FieldError } from './field.ts';
import { isLabelValue, isQualifiedName } from './names.ts';
import type { LabelOperator, Requirement } from './requirement.ts';

type Token = 'id' | 'in' | 'notin' | '=' | '==' | '!=' | '!' | '>' | '<' | ',' | '(' | ')' | 'end' | 'error';
interface Lexeme {
  token: Token;
  text: string;
}

const SYMBOLS = '=!(),><';
const TOKENS: ReadonlySet<string> = new Set(['=', '==', '!=', '!', '>', '<', ',', '(', ')']);
const BINARY = 'in, notin, =, ==, !=, gt, lt';
const COMPARE: Readonly<Record<string, LabelOperator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

function lex(text: string): Lexeme[] {
  const out: Lexeme[] = [];
  const space = (c: string): boolean => c === ' ' || c === '\t' || c === '\r' || c === '\n';
  let i = 0;
  while (i < text.length) {
    const c = text[i] as string;
    if (space(c)) i++;
    else if (SYMBOLS.includes(c)) {
      // the longest run of symbols that is a token: `==` before `=`
      const two = text.slice(i, i + 2);
      const found = TOKENS.has(two) ? two : c;
      out.push({ token: found as Token, text: found });
      i += found.length;
    } else {
      const start = i;
      while (i < text.length && !SYMBOLS.includes(text[i] as string) && !space(text[i] as string)) i++;
      const word = text.slice(start, i);
      out.push({ token: word === 'in' || word === 'notin' ? word : 'id', text: word });
    }
  }
  out.push({ token: 'end', text: '' });
  return out;
}

class Bad {
  constructor(readonly message: string) {}
}
const fail = (message: string): never => {
  throw new Bad(message);
};
const failWith = (errors: FieldError[]): void => {
  if (errors.length) fail(aggregate(errors.map((e) => `${e.field}: ${e.body}`)));
};

/** Recursive descent over the grammar of k8s.io/apimachinery/pkg/labels, with its messages. */
export class LabelParser {
  private readonly lexemes: Lexeme[];
  private at = 0;
  constructor(text: string) {
    this.lexemes = lex(text);
  }

  /** The requirements, or the message of the error. */
  parse(): Requirement[] | string {
    try {
      return this.selector();
    } catch (error) {
      if (error instanceof Bad) return error.message;
      throw error;
    }
  }

  /** `in` and `notin` are ordinary words where a value may stand. */
  private peek(): Lexeme {
    const lexeme = this.lexemes[this.at] ?? { token: 'end', text: '' };
    return lexeme.token === 'in' || lexeme.token === 'notin' ? { token: 'id', text: lexeme.text } : lexeme;
  }
  private next(): Lexeme {
    const lexeme = this.peek();
    this.at++;
    return lexeme;
  }

  private selector(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const { token, text } = this.peek();
      if (token === 'end') return requirements;
      if (token !== 'id' && token !== '!') fail(`found '${text}', expected: !, identifier, or 'end of string'`);
      try {
        requirements.push(this.requirement());
      } catch (error) {
        if (error instanceof Bad) fail(`unable to parse requirement: ${error.message}`);
        throw error;
      }
      const after = this.next();
      if (after.token === 'end') return requirements;
      if (after.token !== ',') fail(`found '${after.text}', expected: ',' or 'end of string'`);
      const begin = this.peek();
      if (begin.token !== 'id' && begin.token !== '!') fail(`found '${begin.text}', expected: identifier after ','`);
    }
  }

  private requirement(): Requirement {
    let lexeme = this.next();
    const negated = lexeme.token === '!';
    if (negated) lexeme = this.next();
    if (lexeme.token !== 'id') fail(`found '${lexeme.text}', expected: identifier`);
    const key = lexeme.text;
    const keyErrors = isQualifiedName(key);
    if (keyErrors.length) failWith([invalid('<nil>', key, keyErrors.join('; '))]);
    if (negated) return { key, operator: '!', values: [] };
    const { token } = this.peek();
    if (token === 'end' || token === ',') return { key, operator: 'exists', values: [] };
    const operator = this.operator();
    const values = operator === 'in' || operator === 'notin' ? this.values() : this.exactValue();
    this.check(key, operator, values);
    return { key, operator, values };
  }

  private operator(): LabelOperator {
    const lexeme = this.lexemes[this.at++] ?? { token: 'end', text: '' };
    return COMPARE[lexeme.token] ?? fail(`found '${lexeme.text}', expected: ${BINARY}`);
  }

  private check(key: string, operator: LabelOperator, values: string[]): void {
    const errors: FieldError[] = [];
    if ((operator === 'in' || operator === 'notin') && values.length === 0) {
      errors.push(invalid('values', [], "for 'in', 'notin' operators, values set can't be empty"));
    }
    values.forEach((value, i) => {
      if ((operator === 'gt' || operator === 'lt') && 'why' in parseInt64(value)) {
        errors.push(invalid(`values[${i}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer"));
      }
      const valueErrors = isLabelValue(value);
      if (valueErrors.length) errors.push(invalid(`values[${i}][${key}]`, value, valueErrors.join('; ')));
    });
    failWith(errors);
  }

  private exactValue(): string[] {
    const { token } = this.peek();
    if (token === 'end' || token === ',') return [''];
    const lexeme = this.next();
    return lexeme.token === 'id' ? [lexeme.text] : fail(`found '${lexeme.text}', expected: identifier`);
  }

  /** `(a,b)`; an empty place between commas is the empty string. */
  private values(): string[] {
    const open = this.next();
    if (open.token !== '(') fail(`found '${open.text}' expected: '('`);
    const first = this.peek();
    if (first.token === ')') {
      this.next();
      return [];
    }
    if (first.token !== 'id' && first.token !== ',') fail(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.list();
    if (this.next().token !== ')') fail(`found '${first.text}', expected: ')'`);
    return [...values].sort();
  }

  private list(): Set<string> {
    const values = new Set<string>();
    for (;;) {
      const { token, text } = this.next();
      const after = this.peek();
      if (token === 'id') {
        values.add(text);
        if (after.token === ')') return values;
        if (after.token !== ',') fail(`found '${after.text}', expected: ',' or ')'`);
      } else if (token === ',') {
        if (values.size === 0) values.add('');
        if (after.token === ')') return values.add('');
        if (after.token === ',') {
          this.next();
          values.add('');
        }
      } else fail(`found '${text}', expected: ',', or identifier`);
    }
  }
}
