const REFERENCE = /\$(?:\$|\(([^()]*)\))/g;

/**
 * Replaces `$(NAME)` by the variable's value; `$$(NAME)` stays as `$(NAME)`, and what names no variable stays as it is
 * (the pod API's rule for `command`, `args` and `env`).
 */
export const expandVariables = (text: string, variables: Readonly<Record<string, string>>): string =>
  text.replace(REFERENCE, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(variables, name) ? variables[name]! : match;
  });
