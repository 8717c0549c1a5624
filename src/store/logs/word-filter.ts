/** Bits for each word, before the size is made a power of two, and those that a word sets: one in a hundred is a false alarm. */
const BITS_PER_WORD = 10;
const HASHES = 5;
const MIN_BYTES = 8;
const MAX_BYTES = 16 * 1024;
/** What is longer is no word that anybody asks for: keys, digests of pictures. */
const MAX_WORD = 64;

const A = 97;
const ZERO = 48;

/** small letters and digits as they are, capitals made small; 0 for what is in no word */
const LETTERS = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= ZERO && code < ZERO + 10) return code;
  const small = code | 0x20;
  return small >= A && small < A + 26 ? small : 0;
});

/** FNV-1a, of a word of small letters and digits; 0 ≤ hash < 2^32 */
const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;
function hashOf(word: string): number {
  let hash = OFFSET;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), PRIME);
  return hash >>> 0;
}

/** From one bit of a word to the next: odd, so that they are different ones in filters of any size. */
const stepOf = (first: number): number => (Math.imul(first ^ (first >>> 15), 0x2c1b3c6d) | 1) >>> 0;

/**
 * The bits that a word sets, before they are taken modulo the filter's size, which is a power of two: so they are the
 * same for filters of all sizes.
 */
export function wordBits(word: string): number[] {
  const first = hashOf(word);
  const step = stepOf(first);
  // within 2^31, which are Postgres' integers
  return Array.from({ length: HASHES }, (_, i) => ((first + Math.imul(i, step)) >>> 0) % 0x80000000);
}

/** The words of a text in small letters: runs of ASCII letters and digits. */
export const wordsOf = (text: string): string[] =>
  (text.match(/[A-Za-z0-9]+/g) ?? []).filter(({ length }) => length <= MAX_WORD).map((word) => word.toLowerCase());

/** A Bloom filter of the words of some lines; bit i is bit i % 8 of byte i / 8, as Postgres' get_bit has it. */
export function wordFilter(lines: readonly { text: string }[]): Buffer {
  const hashes = new Set<number>();
  for (const { text } of lines) {
    let hash = OFFSET;
    let length = 0;
    for (let i = 0; i <= text.length; i++) {
      const code = i < text.length ? text.charCodeAt(i) : 0;
      const letter = code < 128 ? LETTERS[code]! : 0;
      if (letter) {
        hash = Math.imul(hash ^ letter, PRIME);
        length++;
      } else if (length) {
        if (length <= MAX_WORD) hashes.add(hash >>> 0);
        hash = OFFSET;
        length = 0;
      }
    }
  }
  let size = MIN_BYTES;
  while (size < MAX_BYTES && size * 8 < hashes.size * BITS_PER_WORD) size *= 2;
  const filter = Buffer.alloc(size);
  const mask = size * 8 - 1;
  for (const first of hashes) {
    const step = stepOf(first);
    for (let i = 0; i < HASHES; i++) {
      const bit = (first + Math.imul(i, step)) & mask;
      filter[bit >> 3]! |= 1 << (bit & 7);
    }
  }
  return filter;
}
