/** Bytes that wait to be shown: a few frames of a screen's work, so that what is typed (Ctrl-C) shows at once. */
const MOST = 1024 * 1024;

const encoder = new TextEncoder();

/**
 * A program may write faster than a screen shows it, and a web socket cannot be told to wait: what comes while too much
 * waits is left out, and told by how much when the screen has caught up.
 */
export class BoundedOutput {
  #waiting = 0;
  #leftOut = 0;

  /** @param show shows bytes, and says when it has */
  constructor(private readonly show: (bytes: Uint8Array, shown: () => void) => void) {}

  take(bytes: Uint8Array): void {
    // once something is left out, no more comes until all before it is shown: one gap in place of many
    if (this.#leftOut > 0 || this.#waiting + bytes.length > MOST) this.#leftOut += bytes.length;
    else this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    this.#waiting += bytes.length;
    this.show(bytes, () => {
      this.#waiting -= bytes.length;
      if (this.#waiting > 0 || this.#leftOut === 0) return;
      // CAN ends a sequence that the gap has cut in two
      const text = `\x18\r\n[${this.#leftOut} bytes came too fast and are left out]\r\n`;
      this.#leftOut = 0;
      this.#write(encoder.encode(text));
    });
  }
}
