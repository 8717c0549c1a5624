/** One clause of an Accept header. */
export interface Clause {
  type: string;
  subtype: string;
  params: Readonly<Record<string, string>>;
  q: number;
}

/** Clauses that are read of one header; nobody sends more. */
const MAX_CLAUSES = 64;

/** RFC 9110 §12.5.1: by quality, then the more specific first, then as written. */
export function parseAccept(header: string): Clause[] {
  const clauses: Clause[] = [];
  for (const part of header.split(',', MAX_CLAUSES)) {
    const [range = '', ...rest] = part.split(';');
    const [type, subtype = ''] = range.trim().toLowerCase().split('/');
    if (!type) continue;
    const params: Record<string, string> = {};
    let q = 1;
    for (const param of rest) {
      const equals = param.indexOf('=');
      if (equals < 0) continue;
      const name = param.slice(0, equals).trim().toLowerCase();
      const value = param
        .slice(equals + 1)
        .trim()
        .replace(/^"(.*)"$/, '$1');
      if (name === 'q') q = Number.isFinite(Number(value)) ? Number(value) : 1;
      else params[name] = value;
    }
    clauses.push({ type, subtype: type === '*' && !subtype ? '*' : subtype, params, q });
  }
  const vague = (c: Clause): number => (c.type === '*' ? 2 : 0) + (c.subtype === '*' ? 1 : 0);
  return clauses.sort((a, b) => b.q - a.q || vague(a) - vague(b));
}
