import type { ClientRequest } from 'node:http';
import { readAnswer } from './read-answer.ts';

/** Answers that are not the last one, of which a server may send without end. As many as Go's client takes. */
const MAX_INFORMATION = 5;

export interface Answer {
  code: number;
  body: Buffer;
  contentType: string;
  /** of what is answered, where it has one */
  etag?: string;
}

/**
 * Sends a request, and reads all of a small answer. Rejects with what breaks it off, and where the other side ends the
 * connection in its own way: one that switches protocols, which nobody asked for, has not answered.
 * @param most bytes; a larger answer rejects with `tooLarge()`
 */
export function answerTo(request: ClientRequest, most: number, tooLarge: () => Error): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let answered = false;
    request.on('error', reject);
    request.once('close', () => answered || reject(new Error('the connection was closed without an answer')));
    let information = 0;
    request.on('information', () => {
      if (++information > MAX_INFORMATION)
        request.destroy(
          new Error('net/http: HTTP/1.x transport connection broken: too many 1xx informational responses'),
        );
    });
    request.once('response', (answer) => {
      answered = true;
      const { statusCode: code = 0, headers } = answer;
      const more = headers.etag === undefined ? {} : { etag: headers.etag };
      readAnswer(answer, most, tooLarge).then(
        (body) => resolve({ code, body, contentType: headers['content-type'] ?? '', ...more }),
        reject,
      );
    });
    request.end();
  });
}

/** Ends a request that is not over after so many ms. */
export function endWithin(request: ClientRequest, ms: number, late: () => Error): void {
  const timer = setTimeout(() => request.destroy(late()), ms);
  request.once('close', () => clearTimeout(timer));
}

/** The text that is answered with 200. Rejects with Error for any other answer, a late one, and one of more than `most` bytes. */
export async function textFor(request: ClientRequest, timeoutMs: number, most: number): Promise<string> {
  endWithin(request, timeoutMs, () => new Error('it does not answer'));
  const { code, body } = await answerTo(request, most, () => new Error('its answer is too large'));
  if (code !== 200) throw new Error(`it answers ${code}`);
  return body.toString('utf8');
}
