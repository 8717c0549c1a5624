const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const ESCAPES: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/**
 * A property's name as rules write it (KEP-2876): what CEL keeps for itself, and characters that no name has, are
 * escaped: `x-y` is `x__dash__y`. Undefined: no rule can name it.
 */
export function celName(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/.test(name)) return undefined;
  if (RESERVED.has(name)) return `__${name}__`;
  return name.replaceAll(/__|[./-]/g, (found) => ESCAPES[found] as string);
}

/** All names of a property: what CEL keeps for itself may stand after a dot as it is, too (`self.namespace`). */
export function celNames(name: string): readonly string[] {
  const escaped = celName(name);
  if (escaped === undefined) return [];
  return RESERVED.has(name) ? [escaped, name] : [escaped];
}
