/**
 * Several errors in one line, each told once: `a`, `[a, b]`; none: ''. Source: apimachinery util/errors Aggregate.
 */
export function aggregate(messages: readonly string[]): string {
  const distinct = [...new Set(messages)];
  return distinct.length > 1 ? `[${distinct.join(', ')}]` : distinct.join();
}
