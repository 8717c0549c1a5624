import { quote } from './quote.ts';

const INT = /^[+-]?\d+$/;
/** digits that 64 bits have at the most */
const MOST = 19;

/** An integer of 64 bits of a text, and why the text is none of them, in the words of strconv.ParseInt. */
export function parseInt64(text: string): { value: bigint } | { why: string } {
  const problem = (why: string): { why: string } => ({ why: `strconv.ParseInt: parsing ${quote(text)}: ${why}` });
  if (!INT.test(text)) return problem('invalid syntax');
  const digits = text.replace(/^[+-]?0*/, '');
  if (digits.length > MOST) return problem('value out of range');
  const value = BigInt(digits || '0') * (text.startsWith('-') ? -1n : 1n);
  return BigInt.asIntN(64, value) === value ? { value } : problem('value out of range');
}
