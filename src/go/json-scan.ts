import { endOfNumber, endOfString, isOdd } from './json-numbers.ts';

/**
 * What JSON.parse does not tell of a text: how many keys it has (more than the parsed value: some are duplicates), how
 * deep it is, how many values it has at the most, and whether a number says more than a double keeps. One pass over the characters, without building anything.
 */
export function scanJson(text: string): { keys: number; depth: number; values: number; odd: boolean } {
  let odd = false;
  let keys = 0;
  let commas = 0;
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 34: // "
        i = endOfString(text, i);
        break;
      case 58: // :
        keys++;
        break;
      case 44: // ,
        commas++;
        break;
      case 45: // -
      case 48:
      case 49:
      case 50:
      case 51:
      case 52:
      case 53:
      case 54:
      case 55:
      case 56:
      case 57: {
        const end = endOfNumber(text, i);
        if (!odd && isOdd(text, i, end)) odd = true;
        i = end - 1;
        break;
      }
      case 91: // [
      case 123: // {
        if (++depth > deepest) deepest = depth;
        break;
      case 93:
      case 125:
        depth--;
    }
  }
  return { keys, depth: deepest, values: keys + commas + 1, odd };
}
