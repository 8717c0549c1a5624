const ESCAPED: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** JSON without what HTML would read as its own, which Go's encoder escapes (encoding/json HTMLEscape). */
export const escapeHtml = (json: string): string => json.replace(/[<>&\u2028\u2029]/g, (char) => ESCAPED[char]!);
