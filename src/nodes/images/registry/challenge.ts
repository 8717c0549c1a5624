/** What a server asks for with 401, RFC 9110 11.6.1. */
export interface Challenge {
  /** in lower case: `bearer`, `basic` */
  scheme: string;
  parameters: Readonly<Record<string, string>>;
}

const MAX_LENGTH = 8192;

/** The challenges of a WWW-Authenticate header; what cannot be read is passed over. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  const token = /[\s,]*(?:([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))|([A-Za-z][\w-]*)(?=\s|$|,))/y;
  const text = header.slice(0, MAX_LENGTH);
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [, name, quoted, plain, scheme] = match;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: {} });
    const last = challenges.at(-1);
    if (name !== undefined && last)
      last.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
  }
  return challenges;
}
