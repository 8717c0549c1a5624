const GOOD = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const LINE_ENDS = /[\r\n]/g;

export const withoutLineEnds = (text: string): string =>
  text.includes('\n') || text.includes('\r') ? text.replace(LINE_ENDS, '') : text;

/** Whether Go's decoder takes a text: padded base64 (RFC 4648), line ends let through. */
export const isBase64 = (text: string): boolean => GOOD.test(withoutLineEnds(text));

const ALPHABET = /[A-Za-z0-9+/]/;

/**
 * Where Go's decoder gives up on a text that is no padded base64 (RFC 4648, line ends let through): the index that its
 * message names. Source: encoding/base64, CorruptInputError.
 */
export function base64Problem(text: string): number {
  let digits = 0; // of the group of four
  const afterLineEnds = (from: number): number => {
    let at = from;
    while (text[at] === '\n' || text[at] === '\r') at++;
    return at;
  };
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (ALPHABET.test(c)) digits = (digits + 1) % 4;
    else if (c === '=' && digits >= 2) {
      let next = at + 1;
      if (digits === 2) {
        next = afterLineEnds(next);
        if (next === text.length) return next;
        if (text[next] !== '=') return next - 1;
        next++;
      }
      return afterLineEnds(next); // what follows the padding is garbage
    } else if (c !== '\n' && c !== '\r') return at;
  }
  return text.length - digits;
}

/** Bytes of unpadded base64url (encoding/base64 RawURLEncoding), or the index at which Go's decoder gives up. */
export function decodeRawUrl(encoded: string): Buffer | number {
  const text = encoded.replace(/[\r\n]/g, '');
  const wrong = /[^A-Za-z0-9_-]/.exec(text);
  if (wrong) return wrong.index;
  // one character of four says less than a byte
  return text.length % 4 === 1 ? text.length - 1 : Buffer.from(text, 'base64url');
}
