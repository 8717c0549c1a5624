import type { Kind } from '../../kinds/kind.ts';
import { namesOf } from './names.ts';

const wordsOf = (kind: Kind): Set<string> => {
  const { one, many, kind: word, kinds } = namesOf(kind);
  return new Set([one, many, word, kinds]);
};

/**
 * What stands before and behind a kind's names in those of its fields: `create` of `createPod`, `Watch` of `podsWatch`.
 * Learned from built-in kinds, which have all sorts of fields, so it is known of which kinds a field may be before any
 * of theirs are made.
 */
export class FieldForms {
  private readonly before = new Set<string>();
  private readonly behind = new Set<string>();

  learn(kind: Kind, field: string): void {
    const { one, many, kind: word, kinds } = namesOf(kind);
    const first = [many, one].find((name) => field.startsWith(name));
    if (first !== undefined) this.behind.add(field.slice(first.length));
    const last = [kinds, word].find((name) => field.endsWith(name));
    if (last !== undefined) this.before.add(field.slice(0, field.length - last.length));
  }

  /** All names that a kind's fields may have. */
  *fieldsOf(kind: Kind): Generator<string> {
    const { one, many, kind: word, kinds } = namesOf(kind);
    for (const end of this.behind) yield* [`${many}${end}`, `${one}${end}`];
    for (const start of this.before) yield* [`${start}${word}`, `${start}${kinds}`];
  }

  /** Names of kinds of which a field may be. */
  wordsIn(field: string): string[] {
    const words = [];
    for (const end of this.behind) if (field.endsWith(end)) words.push(field.slice(0, field.length - end.length));
    for (const start of this.before) if (field.startsWith(start)) words.push(field.slice(start.length));
    return words;
  }
}

/** Kinds, and which of them a field may be of. */
export class KindsByName {
  private readonly byWord = new Map<string, Set<Kind>>();
  private readonly all = new Set<Kind>();

  constructor(private readonly forms: FieldForms) {}

  get size(): number {
    return this.all.size;
  }
  [Symbol.iterator](): Iterator<Kind> {
    return this.all[Symbol.iterator]();
  }
  has(kind: Kind): boolean {
    return this.all.has(kind);
  }

  add(kind: Kind): void {
    this.all.add(kind);
    for (const word of wordsOf(kind)) {
      const kinds = this.byWord.get(word);
      if (kinds) kinds.add(kind);
      else this.byWord.set(word, new Set([kind]));
    }
  }

  /** False: it was not there. */
  delete(kind: Kind): boolean {
    if (!this.all.delete(kind)) return false;
    for (const word of wordsOf(kind)) {
      const kinds = this.byWord.get(word);
      kinds?.delete(kind);
      if (kinds?.size === 0) this.byWord.delete(word);
    }
    return true;
  }

  /** Those of which a field may be, the oldest definition first. */
  called(field: string): Kind[] {
    if (!this.all.size) return [];
    const found = new Set<Kind>();
    for (const word of this.forms.wordsIn(field)) for (const kind of this.byWord.get(word) ?? []) found.add(kind);
    return [...found].sort((a, b) => (comesBefore(a, b) ? -1 : 1));
  }
}

/** Whether a name that two kinds would have is the first's. */
export const comesBefore = (a: Kind, b: Kind): boolean =>
  a.since < b.since || (a.since === b.since && a.storage.key < b.storage.key);
