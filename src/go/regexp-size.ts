const REPEAT = /\{(\d{1,4})(,(\d{0,4}))?\}/y;
/** Go takes no longer repeat, nested ones multiplied: its parser says so before anything is built. */
const MAX_REPEAT = 1000;
/** A class of Unicode has hundreds of ranges; it counts as many instructions take as long to build. */
const UNICODE_CLASS = 20;

/** What stands before a repeat, or in an open group so far. */
interface Part {
  instructions: number;
  /** the longest repeat in it */
  repeat: number;
}

const atom = (instructions: number): Part => ({ instructions, repeat: 1 });
const joined = (a: Part, b: Part): Part => ({
  instructions: a.instructions + b.instructions,
  repeat: Math.max(a.repeat, b.repeat),
});

/**
 * About how many instructions an expression compiles to, known before anything is built: each character one, and
 * what a counted repetition stands for as often as it says. Linear in the text.
 */
export function programEstimate(text: string): number {
  const open: Part[] = [];
  let group = atom(0);
  let last = atom(0);
  const next = (part: Part): void => {
    group = joined(group, last);
    last = part;
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '\\') {
      i++;
      next(atom(text[i] === 'p' || text[i] === 'P' ? UNICODE_CLASS : 1));
    } else if (char === '[') {
      const end = classEnd(text, i);
      next(atom(1 + UNICODE_CLASS * (text.slice(i, end).split(/\\[pP]/).length - 1)));
      i = end;
    } else if (char === '(') {
      open.push(joined(group, last));
      group = last = atom(0);
    } else if (char === ')') {
      last = joined(joined(group, last), atom(2));
      group = open.pop() ?? atom(0);
    } else if (char === '{') {
      REPEAT.lastIndex = i;
      const repeat = REPEAT.exec(text);
      if (!repeat) next(atom(1));
      else {
        const times = Math.max(1, Number(repeat[1]), Number(repeat[3] ?? 0));
        if (times * last.repeat <= MAX_REPEAT)
          last = { instructions: last.instructions * times, repeat: last.repeat * times };
        i = REPEAT.lastIndex - 1;
      }
    } else next(atom(1));
  }
  return open.reduce(joined, joined(group, last)).instructions;
}

/** The index of the bracket that ends a class; a bracket that comes first stands for itself. */
function classEnd(text: string, start: number): number {
  let i = text[start + 1] === '^' ? start + 2 : start + 1;
  if (text[i] === ']') i++;
  for (; i < text.length && text[i] !== ']'; i++) {
    if (text[i] === '\\') i++;
    else if (text.startsWith('[:', i)) {
      // a named class, within MAX_NAMED characters: no search to the end of the text for each
      const end = text.slice(i + 2, i + 2 + MAX_NAMED).indexOf(':]');
      if (end >= 0) i += end + 3;
    }
  }
  return i;
}

/** More than the longest name of a class, `[:xdigit:]`. */
const MAX_NAMED = 16;
