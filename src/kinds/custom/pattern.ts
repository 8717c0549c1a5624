/** Patterns are Go's RE2; what ECMAScript writes otherwise is put right. */
const patterns = new Map<string, RegExp>();
const MAX_PATTERNS = 1000;

/** Throws SyntaxError for what is no regular expression. */
export function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (!pattern) {
    const flags = /^\(\?([ims]+)\)/.exec(source)?.[1] ?? '';
    const script = source
      .replace(/^\(\?([ims]+)\)/, '')
      .replaceAll('\\A', '^')
      .replaceAll('\\z', '$')
      .replaceAll('(?P<', '(?<');
    pattern = new RegExp(script, flags);
    if (patterns.size >= MAX_PATTERNS) patterns.clear();
    patterns.set(source, pattern);
  }
  return pattern;
}
