import { hasWebhook } from '../../../api/conversion/stored-version.ts';
import type { Kind } from '../../../kinds/kind.ts';
import { badRequest } from '../../../meta/status.ts';
import type { Stored } from '../../../store/contract.ts';
import { checkNames } from '../../checked-names.ts';
import type { OperationContext } from '../../context.ts';
import { inVersion, unlessFailed } from '../../converted.ts';
import { objectFor } from '../object-for.ts';
import { searchable, type SearchText } from './searchable.ts';
import { searchScopes } from './search-scopes.ts';

export interface SearchArguments {
  text: string;
  kinds?: readonly string[] | null | undefined;
  namespaces?: readonly string[] | null | undefined;
  first?: number | null | undefined;
}

/** An object that was found, and the text in which its first word was. */
export interface SearchHit extends SearchText {
  kind: Kind;
  stored: Stored;
}

/** Hits when `first` is not given, the most that it may ask for, and characters and words of a text. */
const DEFAULT_HITS = 20;
const MAX_HITS = 200;
const MAX_TEXT = 256;
const MAX_WORDS = 8;
/** Objects between two looks at the clock. */
const LOOK_EVERY = 8;

interface Ranked extends SearchHit {
  rank: number;
}

/**
 * Objects that have all words of a text (searchable.ts), whatever their case; what is found in a name comes first. The
 * caller sees what he may list. Throws 400, 404.
 */
export async function search(context: OperationContext, args: SearchArguments): Promise<SearchHit[]> {
  const { api, budget } = context;
  const words = wordsOf(args.text);
  const first = args.first ?? DEFAULT_HITS;
  if (first < 1 || first > MAX_HITS) throw badRequest(`first must be between 1 and ${MAX_HITS}`);
  checkNames({ kinds: args.kinds, namespaces: args.namespaces });
  await api.store.fresh();
  // how a word stands in the store's bytes
  const escaped = words.map((word) => JSON.stringify(word).slice(1, -1));
  const hits: Ranked[] = [];
  let looked = 0;
  for (const { kind, scope } of await searchScopes(context, args.kinds, args.namespaces)) {
    if (api.store.unreadable(scope)) continue;
    const { items } = api.store.list(scope);
    // what the caller sees is searched, not what is stored; a webhook that fails hides no other kinds
    const served = hasWebhook(kind) ? await unlessFailed(context, async () => inVersion(api, kind, items)) : items;
    for (const stored of served ?? []) {
      if (++looked % LOOK_EVERY === 0 && budget.due) await budget.turn();
      if (!mayHave(stored, escaped)) continue;
      const hit = hitOf(kind, stored, words);
      if (hit) keep(hits, hit, first);
    }
  }
  budget.look(looked);
  return hits;
}

function wordsOf(text: string): string[] {
  if (text.length > MAX_TEXT) throw badRequest(`text: more than ${MAX_TEXT} characters`);
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) throw badRequest('text: a word to look for is needed');
  if (words.length > MAX_WORDS) throw badRequest(`text: more than ${MAX_WORDS} words`);
  return words;
}

/** Most objects are told apart without a parse. A word may be made of a key, `=` and a value. */
function mayHave({ bytes }: Stored, escaped: readonly string[]): boolean {
  const text = bytes.toString('utf8').toLowerCase();
  return escaped.every((word) => word.includes('=') || text.includes(word));
}

function hitOf(kind: Kind, stored: Stored, words: readonly string[]): Ranked | undefined {
  const missing = new Set(words);
  let found: SearchText | undefined;
  for (const each of searchable(objectFor(kind, stored))) {
    const text = each.text.toLowerCase();
    for (const word of missing) {
      if (!text.includes(word)) continue;
      missing.delete(word);
      found ??= each;
    }
    if (!missing.size) break;
  }
  if (missing.size || !found) return undefined;
  return { kind, stored, ...found, rank: rankOf(found, words) };
}

/** 0: the name; 1: it begins so; 2: it has it; 3 a label, 4 elsewhere */
function rankOf({ field, text }: SearchText, [word = '']: readonly string[]): number {
  if (field !== 'metadata.name') return field === 'metadata.labels' ? 3 : 4;
  const name = text.toLowerCase();
  return name === word ? 0 : name.startsWith(word) ? 1 : 2;
}

/** Keeps the best, in the order of rank and then of the search. */
function keep(hits: Ranked[], hit: Ranked, first: number): void {
  let at = hits.length;
  while (at > 0 && hits[at - 1]!.rank > hit.rank) at--;
  if (at >= first) return;
  hits.splice(at, 0, hit);
  if (hits.length > first) hits.pop();
}
