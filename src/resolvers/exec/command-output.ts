import { StringDecoder } from 'node:string_decoder';

/** Bytes of what a command writes that are kept, both streams together. */
export const MAX_OUTPUT = 1024 * 1024;

/** What a command has written: the beginning, where it is long. */
export class CommandOutput {
  truncated = false;
  private readonly pieces: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
  private left: number;

  constructor(limit = MAX_OUTPUT) {
    this.left = limit;
  }

  add(stream: 'stdout' | 'stderr', data: Buffer): void {
    if (data.length > this.left) this.truncated = true;
    const kept = data.subarray(0, this.left);
    this.left -= kept.length;
    // a piece of a larger buffer would keep all of it
    if (kept.length) this.pieces[stream].push(Buffer.from(kept));
  }

  /** As UTF-8; a character of which the end was cut off is left out. */
  text(stream: 'stdout' | 'stderr'): string {
    const decoder = new StringDecoder('utf8');
    const text = decoder.write(Buffer.concat(this.pieces[stream]));
    return this.truncated ? text : text + decoder.end();
  }
}
