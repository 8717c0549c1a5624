/** What of the page is in its URL, so that it can be saved, sent and gone back to. */
export interface PageSearch {
  /** namespaces, by commas; none: all */
  ns?: string;
  /** the moment that is shown: an RFC 3339 time or a resourceVersion; none: now */
  at?: string;
}

export interface ListSearch extends PageSearch {
  q?: string;
  /** `Age` or `-Age` */
  sort?: string;
  /** columns, by commas; none: the usual ones */
  cols?: string;
}

export interface ObjectSearch extends PageSearch {
  tab?: string;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** The known parameters of a URL that are texts; everything else is dropped. */
export function searchOf<K extends string>(
  raw: Record<string, unknown>,
  names: readonly K[],
): { [name in K]?: string } {
  const found: { [name in K]?: string } = {};
  for (const name of names) {
    const value = text(raw[name]);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

export const namespacesIn = ({ ns }: PageSearch): string[] => (ns ? ns.split(',').filter(Boolean) : []);
