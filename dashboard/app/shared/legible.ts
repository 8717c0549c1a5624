/**
 * What a text could hide or pretend with: control characters, orders that turn the direction in which it is read, what
 * has no width, line ends that are none to a terminal, and the tags in which a second text can be written. Joiners stay:
 * scripts and emoji need them.
 */
const TRICKS =
  /[\p{Cc}\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Tabs and line ends are control characters too, and seen. */
const escaped = (character: string): string =>
  character === '\t' || character === '\n' ? character : `\\u{${character.codePointAt(0)?.toString(16)}}`;

/**
 * A text of an object or of somebody's name, as it is to be read: what would not be seen in it is written out, so that
 * one text is not taken for another.
 * @param most characters, after which it is cut
 */
export function legible(text: string, most = Number.POSITIVE_INFINITY): string {
  const shown = text.length > most ? `${text.slice(0, most)}…` : text;
  return shown.replaceAll(TRICKS, escaped);
}
