import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { ObjectText, textPath, type TextPath } from '../../store/object-text.ts';
import type { Budget } from '../budget.ts';
import { DerivedValues, MAX_VALUES, MIN_OBJECTS, scopeOf, UNKNOWN, type Column } from './derived.ts';
import { valueAt } from './demand.ts';
import { objectFor } from './object-for.ts';

/** A value of an object, with all that is in it. */
export interface Part {
  /** names that lead to it, through objects only */
  names: readonly string[];
  text: TextPath;
}

export const partOf = (names: readonly string[]): Part => ({ names, text: textPath(names) });

/** What stands at some paths: one that is part of another is not named by itself. */
export function partsOf(paths: readonly (readonly string[])[]): readonly Part[] {
  const chosen = new Map<string, readonly string[]>();
  for (const path of paths.toSorted((a, b) => a.length - b.length)) {
    const isPart = [...chosen.values()].some((other) => other.every((name, i) => name === path[i]));
    if (!isPart) chosen.set(JSON.stringify(path), path);
  }
  return [...chosen.values()].map(partOf);
}

/** What an `ObjectText` takes, in values that are kept, and how many of one list are kept at most. */
const WEIGHT = 32;
const MAX_TEXTS = MAX_VALUES / WEIGHT;

/** Reads of the objects of a list what is looked at, and parses nothing else: most of an object is never looked at. */
export class PartReader {
  private constructor(
    private readonly kind: Kind,
    private readonly texts: Column<ObjectText> | undefined,
  ) {}

  /** Of a short list objects are parsed, and kept so while memory allows; of a long one it is kept where values are found. */
  static async of(kind: Kind, items: readonly Stored[], budget: Budget): Promise<PartReader> {
    if (items.length < MIN_OBJECTS || kind.convert) return new PartReader(kind, undefined);
    if (items.length > MAX_TEXTS) return new PartReader(kind, []);
    const texts = await DerivedValues.of(kind).column<ObjectText>(`texts ${scopeOf(items)}`, items, budget, WEIGHT);
    return new PartReader(kind, texts);
  }

  /** The value of one part. @param index of the item */
  value(stored: Stored, index: number, { names, text }: Part): unknown {
    if (!this.texts || stored.parsed) return valueAt(objectFor(this.kind, stored), names);
    return textOf(this.texts, stored, index).valueAt(text, stored.exact);
  }

  /** An object of the kind's version that has at least these parts. @param index of the item */
  object(stored: Stored, index: number, parts: readonly Part[]): KubeObject {
    if (!this.texts || stored.parsed) return objectFor(this.kind, stored);
    const text = textOf(this.texts, stored, index);
    const object = empty();
    for (const part of parts) {
      const value = text.valueAt(part.text, stored.exact);
      if (value !== undefined) put(object, part.names, value);
    }
    return object as KubeObject;
  }
}

function textOf(texts: Column<ObjectText>, stored: Stored, index: number): ObjectText {
  const known = texts[index];
  if (known !== undefined && known !== UNKNOWN) return known;
  const text = new ObjectText(stored.bytes);
  if (index < texts.length) texts[index] = text;
  return text;
}

/** `__proto__` is a name like others. */
const empty = (): Record<string, unknown> => Object.create(null) as Record<string, unknown>;

function put(object: Record<string, unknown>, names: readonly string[], value: unknown): void {
  let at = object;
  for (const [i, name] of names.entries()) {
    if (i === names.length - 1) at[name] = value;
    else at = (at[name] ??= empty()) as Record<string, unknown>;
  }
}
