import type { Facet } from '../kinds/facet.ts';
import { textsAt } from '../shared/value-at.ts';

/** Fields that are shown of a kind that says none. */
const MOST = 12;

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** What stands right below spec and status, of a kind that does not say what is worth showing. */
const usualFacts = (object: object): (readonly [string, readonly string[]])[] =>
  (['spec', 'status'] as const)
    .flatMap((part) => {
      const fields = (object as Record<string, unknown>)[part];
      if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return [];
      return Object.entries(fields).flatMap(([name, value]) =>
        isPlain(value) && value !== '' ? [[`${part}.${name}`, [String(value)]] as const] : [],
      );
    })
    .slice(0, MOST);

/** What the page of an object shows of it by headings, each with its texts. */
export const factsOf = (object: object, { facts, panels, data }: Facet): (readonly [string, readonly string[]])[] =>
  facts || panels || data
    ? (facts ?? [])
        .map(([heading, path]) => [heading, textsAt(object, path)] as const)
        .filter(([, texts]) => texts.length)
    : usualFacts(object);
