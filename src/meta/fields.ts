import { badRequest } from './status.ts';

export interface FieldTerm {
  field: string;
  operator: '=' | '!=';
  value: string;
}

/** Parts between commas that no backslash escapes. */
function splitTerms(selector: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < selector.length; i++) {
    if (selector[i] === '\\') i++;
    else if (selector[i] === ',') {
      terms.push(selector.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(selector.slice(start));
  return terms;
}

/** The first operator that no backslash escapes: `!=` and `==` before `=`. */
function splitTerm(term: string): FieldTerm | undefined {
  for (let i = 0; i < term.length; i++) {
    if (term[i] === '\\') i++;
    else if (term.startsWith('!=', i)) return { field: term.slice(0, i), operator: '!=', value: term.slice(i + 2) };
    else if (term.startsWith('==', i)) return { field: term.slice(0, i), operator: '=', value: term.slice(i + 2) };
    else if (term[i] === '=') return { field: term.slice(0, i), operator: '=', value: term.slice(i + 1) };
  }
  return undefined;
}

function unescape(value: string): string {
  let out = '';
  for (let i = 0; i < value.length; i++) {
    const c = value[i] as string;
    if (c === '\\') {
      const next = value[++i] ?? '';
      if (next === '' || !'\\,='.includes(next))
        throw badRequest(`invalid field selector: invalid escape sequence: \\${next}`);
      out += next;
    } else if (c === ',' || c === '=') {
      throw badRequest(`invalid field selector: unescaped character in value: ${c.codePointAt(0)}`);
    } else out += c;
  }
  return out;
}

/** A field selector (`metadata.name=a,status.phase!=Running`) as its terms; all must hold. Throws 400. */
export function parseFieldSelector(selector: string): FieldTerm[] {
  const terms: FieldTerm[] = [];
  // sorted, as Kubernetes reads them: of several errors it tells that of the first
  for (const part of splitTerms(selector).sort()) {
    if (part === '') continue;
    const term = splitTerm(part);
    if (!term) throw badRequest(`invalid selector: '${selector}'; can't understand '${part}'`);
    terms.push({ ...term, value: unescape(term.value) });
  }
  return terms;
}

/** The same for who decides by what can be read: none of a selector that cannot. */
export function termsOf(selector: string): FieldTerm[] {
  try {
    return parseFieldSelector(selector);
  } catch {
    return [];
  }
}

/** A value as a selector's text has it. */
export const escapeFieldValue = (value: string): string => value.replace(/[\\,=]/g, '\\$&');
