import type { IncomingMessage } from 'node:http';

/** Pieces that are taken in one turn of the loop: a server may send each byte as one. */
const PIECES = 1000;

/**
 * All of an answer that is small. Rejects with what breaks it off.
 * @param most bytes; an answer of more is cut off, and rejects with `tooLarge()`
 */
export function readAnswer(answer: IncomingMessage, most: number, tooLarge: () => Error): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let pieces = 0;
    answer.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > most) answer.destroy(tooLarge());
      else chunks.push(chunk);
      if (++pieces % PIECES !== 0) return;
      answer.pause();
      setImmediate(() => answer.resume());
    });
    answer.once('error', reject);
    answer.once('end', () => resolve(Buffer.concat(chunks)));
  });
}
