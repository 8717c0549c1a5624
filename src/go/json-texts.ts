import { escapeHtml } from './html-escape.ts';
import { parseWithTokens } from './json-numbers.ts';
import { scanJson } from './json-scan.ts';

/** A string as it was written, where Go would write it in another way; or null. Lives only within a JSON patch. */
export class TextToken {
  constructor(
    readonly text: string,
    readonly value: string | null,
  ) {}
}

function tokenOf(literal: string): TextToken | undefined {
  const value = JSON.parse(literal) as string;
  return escapeHtml(JSON.stringify(value)) === literal ? undefined : new TextToken(literal, value);
}

/** What makes a text of a string differ from Go's: escapes, and what Go escapes. */
const ODD_STRINGS = /[\\<>&\u2028\u2029]/;

/**
 * JSON.parse that keeps each scalar whose text is not what Go's encoder would write as a token: TextToken, NumberToken.
 * Throws SyntaxError.
 */
export function parseWithTexts(text: string): unknown {
  if (ODD_STRINGS.test(text)) return parseWithTokens(text, tokenOf);
  return scanJson(text).odd ? parseWithTokens(text) : JSON.parse(text);
}
