import type { ServerResponse } from 'node:http';
import type { JsonText } from './json-text.ts';
import type { Subscriber } from './subscription.ts';

/** ms after which a quiet stream shows that it is alive */
const PING_MS = 12_000;
const PING = ':\n\n';

/**
 * Answers with the results of one operation as an event stream: `next` for each, `complete` at the end.
 * https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md (distinct connections)
 * @param refused an error as a result
 */
export async function streamEvents(
  res: ServerResponse,
  results: Subscriber,
  refused: (error: unknown) => JsonText,
): Promise<void> {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  // some browsers take no answer for one before there is something in it
  res.write(PING);
  const ping = setInterval(() => !res.writableNeedDrain && res.write(PING), PING_MS);
  let gone = false;
  res.once('close', () => {
    gone = true;
    clearInterval(ping);
    void results.return();
  });
  try {
    for await (const text of results) {
      if (gone) return;
      if (!writeEvent(res, text)) await drained(res);
    }
  } catch (error) {
    if (!gone) writeEvent(res, refused(error));
  }
  if (!gone) res.end('event: complete\ndata:\n\n');
}

/** False where the reader has to be waited for. JSON has no line ends, so a result is one line. */
function writeEvent(res: ServerResponse, text: JsonText): boolean {
  res.write('event: next\ndata: ');
  if (typeof text === 'string') res.write(text);
  else for (const piece of text.pieces) res.write(piece);
  return res.write('\n\n');
}

const drained = (res: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done).off('close', done);
      resolve();
    };
    res.on('drain', done).on('close', done);
  });
