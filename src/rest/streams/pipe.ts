import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connection, Target } from '../../api/contract.ts';
import type { Exchange } from '../exchange.ts';
import { shortText, type NodeDialer } from './dial.ts';
import { forwardedHeaders } from './headers.ts';
import { errorOfAnswer, unreachable } from './node-errors.ts';

/**
 * Asks the node for the protocol that the client asked for, and when the node has switched, joins the two sockets. The
 * streams' own framing (channels of web sockets, SPDY) is between client and node. Throws what the node answered instead.
 */
export async function pipeUpgrade(
  dialer: NodeDialer,
  exchange: Exchange,
  target: Target,
  to: Connection,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { headers } = exchange.req;
  const forwarded = forwardedHeaders(headers, true);
  delete forwarded.host;
  const request = dialer.request(to, exchange.method, forwarded);
  const left = () => request.destroy();
  socket.once('close', left);
  const answered = new Promise<{ answer: IncomingMessage; node: Duplex; first: Buffer }>((resolve, reject) => {
    request.once('upgrade', (answer: IncomingMessage, node: Duplex, first: Buffer) => resolve({ answer, node, first }));
    request.once('response', (answer: IncomingMessage) => {
      shortText(answer).then((text) => reject(errorOfAnswer(answer.statusCode ?? 500, text, target)), reject);
    });
    request.once('error', (error) => reject(unreachable(exchange.method, to.url, error)));
  });
  request.end();
  const { answer, node, first } = await answered;
  socket.off('close', left);
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${rawHeaders(answer)}\r\n`);
  if (first.length) socket.write(first);
  if (head.length) node.write(head);
  join(socket, node);
}

function rawHeaders({ rawHeaders: raw }: IncomingMessage): string {
  let text = '';
  for (let i = 0; i < raw.length; i += 2) text += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return text;
}

/** Both ways, with backpressure, half-closes passed on; the end of one with an error is the end of both. */
function join(a: Duplex, b: Duplex): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.once('close', () => to.end(() => to.destroy()));
  }
}
