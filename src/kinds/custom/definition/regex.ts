import { patternOf } from '../pattern.ts';

/** What Go says of a regular expression that it cannot read; undefined where it can. */
export function regexProblem(source: string): string | undefined {
  try {
    patternOf(source);
  } catch {
    return `error parsing regexp: ${reason(source)}`;
  }
  if (/\(\?[=!]|\(\?<[=!]/.test(source))
    return `error parsing regexp: invalid or unsupported Perl syntax: \`${/\(\?<?[=!]/.exec(source)?.[0].slice(0, 4)}\``;
  if (/\\[1-9]/.test(source))
    return `error parsing regexp: invalid escape sequence: \`${/\\[1-9]/.exec(source)?.[0]}\``;
  return undefined;
}

/** The first mistake in the words of regexp/syntax. */
function reason(source: string): string {
  let depth = 0;
  let operand = false;
  for (let i = 0; i < source.length; i++) {
    const char = source[i] as string;
    if (char === '\\') {
      if (i + 1 === source.length) return 'trailing backslash at end of expression: ``';
      i++;
      operand = true;
    } else if (char === '[') {
      const end = source.indexOf(']', i + (source[i + 1] === '^' ? 3 : 2));
      if (end < 0) return `missing closing ]: \`${source.slice(i)}\``;
      const range = /([^\\])-([^\]])/.exec(source.slice(i + 1, end));
      if (range && (range[1] as string) > (range[2] as string)) return `invalid character class range: \`${range[0]}\``;
      i = end;
      operand = true;
    } else if (char === '(') {
      depth++;
      operand = false;
      const group = /^\(\?(P?<\w+>|:|[a-z]+[:)])/.exec(source.slice(i));
      if (group) i += group[0].length - 1;
    } else if (char === ')') {
      if (depth-- === 0) return `unexpected ): \`${source}\``;
      operand = true;
    } else if ('*+?'.includes(char)) {
      if (!operand) return `missing argument to repetition operator: \`${char}\``;
      const twice = /^[*+?][*+]/.exec(source.slice(i));
      if (twice) return `invalid nested repetition operator: \`${twice[0]}\``;
    } else operand = char !== '|';
  }
  return depth > 0 ? `missing closing ): \`${source}\`` : `invalid or unsupported Perl syntax: \`${source}\``;
}
