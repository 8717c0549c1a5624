const REFERENCE = /\$(?:\$|\(([^()]*)\))/g;

/** What Linux takes as one argument or variable, and as all of a process's, in bytes; with more nothing starts. */
const MAX_TEXT = 128 * 1024;
const MAX_TEXTS = 2 * 1024 * 1024;

/** What texts of one container have come to so far. */
export interface Expanded {
  bytes: number;
}

/**
 * Replaces `$(NAME)` by the variable's value; `$$(NAME)` stays as `$(NAME)`, and what names no variable stays as it is
 * (the pod API's rule for `command`, `args` and `env`). Variables of variables double with each, so there is an end:
 * throws where no process could be given the text, or all those that `expanded` counts.
 */
export function expandVariables(
  text: string,
  variables: Readonly<Record<string, string>>,
  expanded: Expanded = { bytes: 0 },
): string {
  let length = text.length;
  const result = text.replace(REFERENCE, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    const value = Object.hasOwn(variables, name) ? variables[name]! : match;
    length += value.length;
    if (length > MAX_TEXT) throw tooLong();
    return value;
  });
  expanded.bytes += result.length;
  if (result.length > MAX_TEXT || expanded.bytes > MAX_TEXTS) throw tooLong();
  return result;
}

const tooLong = (): Error => new Error('argument list too long');
