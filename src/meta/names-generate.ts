import { randomInt } from 'node:crypto';

/** No vowels and nothing that is easily confused, so that no words arise. */
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX = 5;
const MAX_BASE = 63 - SUFFIX;

/**
 * A name from metadata.generateName: the base, cut to 58, and five random characters.
 * @param random an integer below its argument; injected by tests
 */
export function generateName(base: string, random: (max: number) => number = randomInt): string {
  let name = base.length > MAX_BASE ? base.slice(0, MAX_BASE) : base;
  for (let i = 0; i < SUFFIX; i++) name += SAFE_ALPHABET[random(SAFE_ALPHABET.length)];
  return name;
}

/** Every character of `text` replaced by one that is safe in a name (apimachinery/util/rand SafeEncodeString). */
export const safeEncode = (text: string): string =>
  [...Buffer.from(text)].map((byte) => SAFE_ALPHABET[byte % SAFE_ALPHABET.length]).join('');
