/** Runes of all warnings of one answer; where there are more, each is cut to its first few. */
const MAX_RUNES = 4096;
const MAX_RUNES_EACH = 256;

/** A quoted-string as UTF-8 bytes, which is how a header carries other languages' letters. */
const quoted = (text: string): string => Buffer.from(`"${text.replace(/["\\]/g, '\\$&')}"`, 'utf8').toString('latin1');

/**
 * What one answer warns of: Warning headers of RFC 7234, each text once, and in all no more than a client can take. Source:
 * apiserver's endpoints/filters/warning.go.
 */
export class Warnings {
  /** as they were given: all of them, until they are too many */
  private readonly texts = new Set<string>();
  private headers: string[] = [];
  private runes = 0;
  private cut = false;

  add(text: string): void {
    if (!text || (this.cut && this.runes >= MAX_RUNES) || this.texts.has(text)) return;
    this.texts.add(text);
    if (!this.cut && !this.write(text)) {
      this.cut = true;
      this.runes = 0;
      this.headers = [];
      for (const each of this.texts) this.write(each);
    } else if (this.cut) this.write(text);
  }

  /** Values of the header; empty where there is nothing to warn of. */
  get values(): readonly string[] {
    return this.headers;
  }

  /** False where it is more than there is room for. Control characters cannot stand in a header: such a text is left out. */
  private write(text: string): boolean {
    const runes = [...text];
    const shown = this.cut && runes.length > MAX_RUNES_EACH ? runes.slice(0, MAX_RUNES_EACH) : runes;
    const said = shown.join('');
    if (/[\p{Cc}\p{Cs}]/u.test(said)) return true;
    if (!this.cut && this.runes + shown.length > MAX_RUNES) return false;
    this.runes += shown.length;
    this.headers.push(`299 - ${quoted(said)}`);
    return true;
  }
}
