import type { Duplex } from 'node:stream';
import type { StatusError } from '../../meta/status.ts';
import type { LastWord } from './last-word.ts';

/** When one end is gone, what the other has not taken yet is thrown away after this time. */
const LAST_BYTES_MS = 10_000;
/** The same for one that has lost its right, and for the rest of a message before it can be told. */
const LOST_MS = 500;

/**
 * Both ways, with backpressure, half-closes passed on; the end of one is the end of both, when its last bytes are through.
 * @param lastWord how the client is told why, where it can be
 * @returns what ends both for a client that has lost its right: nothing of it reaches the node any more, nor the other
 * way anything but the rest of a message that has begun
 */
export function join(client: Duplex, node: Duplex, lastWord: LastWord | undefined): (why: StatusError) => void {
  for (const [from, to] of [
    [client, node],
    [node, client],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.once('close', () => {
      // one that takes nothing more must not be waited for
      const timer = setTimeout(() => to.destroy(), LAST_BYTES_MS);
      to.once('close', () => clearTimeout(timer));
      to.end(() => to.destroy());
    });
  }
  const follow = (chunk: Buffer): void => void lastWord?.frames.follow(chunk);
  if (lastWord) node.on('data', follow);
  return (why) => {
    const cut = setTimeout(() => client.destroy(), LOST_MS);
    client.once('close', () => clearTimeout(cut));
    client.unpipe(node);
    client.resume();
    node.unpipe(client);
    node.off('data', follow);
    if (!lastWord) return void node.destroy();
    tell(client, node, lastWord, why);
  };
}

/** The node's end is the client's, who has been told by then. */
function tell(client: Duplex, node: Duplex, { frames, of }: LastWord, why: StatusError): void {
  const say = (): void => {
    client.write(of(why));
    node.destroy();
  };
  if (frames.between) return say();
  const rest = (chunk: Buffer): void => {
    client.write(chunk.subarray(0, frames.follow(chunk, true)));
    if (!frames.between) return;
    node.off('data', rest);
    say();
  };
  node.on('data', rest);
  node.resume();
}
