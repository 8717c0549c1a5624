import type { Steps } from '../../meta/steps.ts';

/** Values of one piece: a copy of as many takes a fraction of a millisecond. */
const PIECE = 2000;

/**
 * A part of a value that comes in parts. `at`: keys and indexes that lead to a list or map; `kind`: that it begins here;
 * `items`: its next keys and values, one after the other (of a list: the values alone).
 */
export interface Piece {
  at: readonly string[];
  begins?: 'list' | 'map';
  items: readonly unknown[];
}

type Container = unknown[] | Record<string, unknown>;
const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

/** How many values there are in a value, itself counted; no more than `most` are looked at. */
export function weigh(value: unknown, most: number): number {
  if (!isContainer(value)) return 1;
  let weight = 1;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && weight < most; i++) weight += weigh(value[i], most - weight);
    return weight;
  }
  for (const key in value) {
    if (weight >= most) break;
    weight += weigh(value[key], most - weight);
  }
  return weight;
}

/** A list or map in pieces, in its order. `send` takes each; between two of them others may have their turn. */
export function* sendPieces(value: Container, send: (piece: Piece) => void, at: readonly string[] = []): Steps<void> {
  const list = Array.isArray(value);
  let begins: Piece['begins'] = list ? 'list' : 'map';
  let items: unknown[] = [];
  let weight = 0;
  const flush = (): void => {
    send({ at, ...(begins && { begins }), items });
    begins = undefined;
    items = [];
    weight = 0;
  };
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key];
    const more = weigh(item, PIECE);
    if (weight + more >= PIECE) {
      flush();
      yield;
    }
    if (more >= PIECE && isContainer(item)) {
      // its place is kept, and what is in it comes on its own
      flush();
      yield* sendPieces(item, send, [...at, key]);
      continue;
    }
    if (list) items.push(item);
    else items.push(key, item);
    weight += more;
  }
  flush();
}

/** Puts pieces together. */
export class Assembly {
  #whole: Container | undefined;

  add({ at, begins, items }: Piece): void {
    if (begins) this.#begin(at, begins);
    const into = this.#find(at);
    if (Array.isArray(into)) for (const item of items) into.push(item);
    else for (let i = 0; i < items.length; i += 2) define(into, items[i] as string, items[i + 1]);
  }

  get whole(): Container | undefined {
    return this.#whole;
  }

  #begin(at: readonly string[], begins: 'list' | 'map'): void {
    const made = begins === 'list' ? [] : {};
    const key = at.at(-1);
    if (key === undefined) this.#whole = made;
    else define(this.#find(at.slice(0, -1)), key, made);
  }

  #find(at: readonly string[]): Container {
    return at.reduce<Container>((value, key) => (value as Record<string, Container>)[key]!, this.#whole!);
  }
}

/** A client's key may be `__proto__`. */
function define(into: Container, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(into, key, { value, enumerable: true, configurable: true, writable: true });
  else (into as Record<string, unknown>)[key] = value;
}
