import { request, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../rules/clock.ts';
import { responseHeaders, type Headers } from './headers.ts';
import { CONNECT_MS } from './http1-upstream.ts';
import type { Attempt, Outgoing } from './upstream.ts';

/** How long a connection that has changed its protocol may be silent, ms. */
const IDLE_MS = 3_600_000;

/**
 * Sends a request on that asks for another protocol, and connects both sides when the backend agrees. httpxy does that
 * for WebSocket alone.
 * @returns when one side has closed; rejects where there was no answer
 */
export function upgrade(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  out: Outgoing,
  attempt: Attempt,
  clock: Clock,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const { address: host, port, path, headers, limits } = out;
    const asked = request({
      host,
      port,
      path,
      method: req.method,
      agent: false,
      headers: { ...headers, connection: 'Upgrade', upgrade: req.headers.upgrade },
    });
    const timer = clock.setTimeout(() => asked.destroy(new Error('no connection in time')), CONNECT_MS);
    asked.once('socket', (to) =>
      to.once('connect', () => {
        attempt.connected = true;
        clock.clearTimeout(timer);
      }),
    );
    asked.setTimeout(limits.idleMs, () => {
      attempt.timedOut = true;
      asked.destroy(new Error('the backend is silent'));
    });
    const gone = (): void => void asked.destroy();
    socket.once('close', gone);
    asked.once('error', reject);
    asked.once('close', () => {
      clock.clearTimeout(timer);
      socket.off('close', gone);
    });
    asked.once('upgrade', (answer, other, first) => {
      attempt.answered = true;
      const agreed = { ...responseHeaders(answer.headers), connection: 'Upgrade', upgrade: answer.headers.upgrade };
      socket.write(statusLine(answer) + lines(agreed as Headers) + '\r\n', 'latin1');
      if (first.length) socket.write(first);
      if (head.length) other.write(head);
      join(socket, other);
      other.once('close', () => resolve());
    });
    asked.once('response', (answer) => {
      attempt.answered = true;
      socket.write(
        statusLine(answer) + lines({ ...responseHeaders(answer.headers), connection: 'close' }) + '\r\n',
        'latin1',
      );
      answer.pipe(socket);
      answer.once('close', () => resolve());
    });
    asked.end();
  });
}

function join(one: Duplex, other: Duplex & { setTimeout?(ms: number, idle: () => void): unknown }): void {
  const end = (): void => {
    one.destroy();
    other.destroy();
  };
  for (const each of [one, other]) {
    each.on('error', end);
    each.once('close', end);
  }
  other.setTimeout?.(IDLE_MS, end);
  one.pipe(other).pipe(one);
}

const statusLine = ({ statusCode = 502, statusMessage = '' }: IncomingMessage): string =>
  `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`;
const lines = (headers: Headers): string =>
  Object.entries(headers)
    .flatMap(([name, value]) => (typeof value === 'string' ? [value] : value).map((one) => `${name}: ${one}\r\n`))
    .join('');
