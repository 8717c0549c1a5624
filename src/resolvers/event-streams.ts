import type { ServerResponse } from 'node:http';
import { drained, writePieces } from './answer.ts';
import type { Engine } from './engine.ts';
import { JsonBytes, type JsonText } from './json-text.ts';
import type { Subscriber } from './subscription.ts';

/** ms between signs of life */
const KEEP_ALIVE = 12_000;
const SIGN_OF_LIFE = ':\n\n';

/**
 * Results over HTTP as event streams (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md, distinct
 * connections), at the pace of the client: `next` for each, `complete` at the end, a sign of life in between.
 */
export async function streamResults(engine: Engine, res: ServerResponse, results: Subscriber): Promise<void> {
  res.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'content-encoding': 'none',
  });
  res.write(SIGN_OF_LIFE);
  let gone = false;
  let writing = false;
  res.once('close', () => {
    gone = true;
    void results.return();
  });
  const alive = setInterval(() => !writing && !gone && res.write(SIGN_OF_LIFE), KEEP_ALIVE);
  try {
    for (let text = await nextOf(engine, results); text !== undefined && !gone; text = await nextOf(engine, results)) {
      writing = true;
      await writeEvent(res, text);
      writing = false;
    }
  } finally {
    clearInterval(alive);
  }
  if (!gone) res.end('event: complete\ndata:\n\n');
}

/** An error is the last result. */
async function nextOf(engine: Engine, results: Subscriber): Promise<JsonText | undefined> {
  try {
    const { done, value } = await results.next();
    return done ? undefined : value;
  } catch (error) {
    return engine.refused(error);
  }
}

/** JSON has no line ends of its own. */
async function writeEvent(res: ServerResponse, text: JsonText): Promise<void> {
  const head = 'event: next\ndata: ';
  if (text instanceof JsonBytes) return writePieces(res, [Buffer.from(head), ...text.pieces, Buffer.from('\n\n')]);
  if (!res.write(`${head}${text}\n\n`)) await drained(res);
}
