import { LRUCache } from 'lru-cache';
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { programEstimate } from './regexp-size.ts';

/** Longest expression: parsing takes time by the square of its length in the worst case. */
const MAX_TEXT = 4096;
/** Most instructions of one program; `a{1000}` has a thousand, and Go takes no longer repeat. */
const MAX_PROGRAM = 5000;
/** Instructions of all programs that are kept: some 400 bytes each. */
const MAX_KEPT = 50_000;
/** Bytes for what a program finds out while it runs (the states of its automaton), in place of the package's 8 MB. */
const STATE_BYTES = 256 * 1024;
/** Those states as instructions, for the sum of what is kept. */
const STATES = 100;
/** Most steps of one search, which takes at most its instructions times the characters of the text: some 50 ms. */
const MAX_STEPS = 1_000_000;

/** Why Go takes no expression, in its words (regexp/syntax Error), or that a search would take too long. */
export class RegexpError extends Error {}

/** A regular expression of Go: RE2, so the time of a search is linear in the text. */
export interface Regexp {
  /** Instructions of its program. */
  readonly size: number;
  /** Whether it is found anywhere in a text, as MatchString says. Throws RegexpError where that takes too long. */
  test(text: string): boolean;
  /** The leftmost match in a text, as FindString finds it, if there is one. Throws as `test` does. */
  find(text: string): string | undefined;
  /** Matches that do not overlap, at most `limit` if that is not negative, as FindAllString finds them. Throws as `test` does. */
  findAll(text: string, limit?: number): string[];
}

const kept = new LRUCache<string, Regexp>({
  maxSize: MAX_KEPT,
  sizeCalculation: ({ size }) => size + STATES,
});

/** An expression as regexp.Compile takes it; kept, so that it may be asked for each time. Throws RegexpError. */
export function compileRegexp(text: string): Regexp {
  let found = kept.get(text);
  if (!found) {
    found = build(text);
    kept.set(text, found);
  }
  return found;
}

/** Why an expression does not compile, in Go's words; undefined for one that does. */
export function regexpProblem(text: string): string | undefined {
  try {
    compileRegexp(text);
    return undefined;
  } catch (error) {
    if (error instanceof RegexpError) return error.message;
    throw error;
  }
}

const tooLarge = (text: string): RegexpError =>
  new RegexpError(`error parsing regexp: expression too large: \`${text}\``);

function build(text: string): Regexp {
  if (text.length > MAX_TEXT || programEstimate(text) > MAX_PROGRAM) throw tooLarge(text);
  const program = parse(text);
  const size = program.programSize();
  if (size > MAX_PROGRAM) throw tooLarge(text);
  const { dfa } = program.re2();
  dfa.maxMem = dfa.stateBudget = dfa.memBudget = STATE_BYTES;
  const native = SIMPLE.test(text) ? new RegExp(text) : undefined;
  const check = (searched: string): void => {
    if (size * searched.length > MAX_STEPS)
      throw new RegexpError(`regexp: a program of ${size} instructions on a text of ${searched.length} is too long`);
  };
  return {
    size,
    test(searched) {
      if (native) return native.test(searched);
      check(searched);
      return program.test(searched);
    },
    find(searched) {
      check(searched);
      return matches(program, searched, 1)[0];
    },
    findAll(searched, limit = -1) {
      check(searched);
      return matches(program, searched, limit < 0 ? Infinity : limit);
    },
  };
}

/** One anchored class, which every engine matches alike and without going back. */
const SIMPLE = /^\^\[(?:[A-Za-z0-9](?:-[A-Za-z0-9])?|[_.:/ ,=+@])+-?\][*+]\$$/;

function parse(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const unnamed = error.message.includes('duplicate capture group name') ? withoutNames(text) : text;
    if (unnamed !== text) return parse(unnamed);
    throw new RegexpError(words(error, text));
  }
}

/** What may hold `(?<` as text (quoted, escaped, in a class), or a group's name. */
const NAMES = /\\Q[^]*?(?:\\E|$)|\\[^]|\[\^?\]?(?:\\[^]|\[:[^\]]*:\]|[^\]\\])*\]|\(\?P?<\w+>/g;

/** Several groups of one name, which Go takes and the package does not: nobody asks for a group by its name. */
const withoutNames = (text: string): string => text.replace(NAMES, (part) => (part.startsWith('(?') ? '(' : part));

/** The package quotes nothing where Go quotes the whole expression, or the empty rest after a last backslash. */
function words({ message }: RE2JSSyntaxException, text: string): string {
  // a name of which nothing is there is none to Go
  const bare = /invalid named capture: `(\(\?P?)<`$/.exec(message);
  if (bare)
    return `error parsing regexp: invalid or unsupported Perl syntax: \`${bare[1]}${bare[1] === '(?' ? '<' : ''}\``;
  if (message.endsWith('`')) return message;
  return `${message}: \`${message.includes('trailing backslash') ? '' : text}\``;
}

/** Go leaves out an empty match that touches the one before; the package does not. */
function matches(program: RE2JS, text: string, limit: number): string[] {
  const found: string[] = [];
  const matcher = program.matcher(text);
  for (let last = -1; found.length < limit && matcher.find();) {
    const start = matcher.start();
    const end = matcher.end();
    if (start === end && start === last) continue;
    last = end;
    found.push(text.slice(start, end));
  }
  return found;
}
