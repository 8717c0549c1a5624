import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { OpenConnection, Target } from '../../api/contract.ts';
import { badRequest, internalError, type StatusError } from '../../meta/status.ts';
import type { Exchange } from '../exchange.ts';
import { hasBody } from './body.ts';
import type { NodeDialer } from './dial.ts';
import { forwardedFor } from './forwarded-for.ts';
import { answerHeaders, upgradeHeaders } from './headers.ts';
import { join } from './join.ts';
import { KUBELET_ANSWER_MS } from '../../api/streams/kubelet-answer.ts';
import { lastWordOf, type LastWord } from './last-word.ts';
import { shortText } from '../../api/streams/node-answer.ts';
import { errorOfAnswer, proxyError, unreachable } from '../../api/streams/node-errors.ts';

/**
 * Asks the node for the protocol that the client asked for, and when the node has switched, joins the two sockets. The
 * streams' own framing (channels of web sockets, SPDY) is between client and node, and looked at only for the end that a
 * client gets who has lost its right. Throws what the node answered instead.
 */
export async function pipeUpgrade(
  dialer: NodeDialer,
  exchange: Exchange,
  target: Target,
  to: OpenConnection,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  // it could only be promised: what comes after the headers is already the other protocol
  if (hasBody(exchange.req)) throw badRequest('a request for another protocol has no body');
  const proxied = target.subresource === 'proxy';
  const headers = { ...upgradeHeaders(exchange.req.headers), 'content-length': '0' };
  const forwarded = proxied ? { ...headers, ...forwardedFor(exchange) } : withoutHost(headers);
  const request = dialer.request(to, exchange.method, forwarded, proxied ? undefined : KUBELET_ANSWER_MS);
  const answer = await switchProtocols(exchange, socket, head, {
    request,
    hold: (onLost) => to.hold(onLost),
    failed: (error) => (proxied ? proxyError(error) : unreachable(exchange.method, to.url, error)),
    lastWord: (switched) => lastWordOf(target.subresource, switched),
  });
  if (!answer) return;
  const { statusCode = 0 } = answer;
  const error =
    statusCode < 400
      ? internalError(`invalid upgrade response: status code ${statusCode}`)
      : errorOfAnswer(statusCode, await shortText(answer), target);
  request.destroy();
  throw error;
}

export interface Switching {
  /** with the headers that ask for the other protocol; not sent yet */
  request: ClientRequest;
  /** begins to follow the right to it */
  hold(onLost: (why: StatusError) => void): () => void;
  /** what to throw where there is no answer */
  failed(error: Error): Error;
  lastWord?(answer: IncomingMessage): LastWord | undefined;
}

/** Sends the request, and joins the sockets when the other end has switched. Returns what it answered instead, not read yet. */
export async function switchProtocols(
  exchange: Exchange,
  socket: Duplex,
  head: Buffer,
  { request, hold, failed, lastWord: lastWordFor }: Switching,
): Promise<IncomingMessage | undefined> {
  const left = () => request.destroy();
  socket.once('close', left);
  let lose: (why: StatusError) => void = () => undefined;
  const answered = new Promise<{ answer: IncomingMessage; node?: Duplex; first?: Buffer }>((resolve, reject) => {
    request.once('upgrade', (answer: IncomingMessage, node: Duplex, first: Buffer) => resolve({ answer, node, first }));
    request.once('response', (answer: IncomingMessage) => resolve({ answer }));
    request.once('error', (error) => reject(failed(error)));
    lose = (why) => {
      reject(why);
      request.destroy();
    };
  });
  socket.once(
    'close',
    hold((why) => lose(why)),
  );
  request.end();
  const { answer, node, first } = await answered.catch((error: unknown) => {
    request.destroy();
    throw error;
  });
  if (!node || !first) return answer;
  socket.off('close', left);
  if (!switchedTo(answer, exchange.header('upgrade'))) {
    node.destroy();
    throw proxyError(
      new Error(`it switched to ${JSON.stringify(answer.headers.upgrade ?? '')}, which nobody asked for`),
    );
  }
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headText(answer)}\r\n`);
  exchange.audit?.started(101);
  if (first.length) socket.write(first);
  if (head.length) node.write(head);
  const lastWord = lastWordFor?.(answer);
  lastWord?.frames.follow(first);
  lose = join(socket, node, lastWord);
  if (socket.destroyed) node.destroy();
  return undefined;
}

function withoutHost<T extends { host?: unknown }>({ host: _, ...rest }: T): Omit<T, 'host'> {
  return rest;
}

/** One of the protocols that were offered, as RFC 9110 §7.8 wants it. */
const switchedTo = ({ headers }: IncomingMessage, offered: string): boolean => {
  const names = (text = '') => text.split(',').map((name) => name.trim().toLowerCase());
  return names(headers.upgrade).every((name) => name !== '' && names(offered).includes(name));
};

function headText({ headers }: IncomingMessage): string {
  const kept = { connection: 'Upgrade', upgrade: headers.upgrade, ...answerHeaders(headers) };
  const lines = Object.entries(kept).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  return lines.join('');
}
