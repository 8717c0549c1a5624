import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { KeyPair } from '../../../src/start/certificates.ts';

/** What a client shows of itself. */
export interface Showing {
  headers: Record<string, string>;
  client?: KeyPair;
}
export const bearer = (token: string, more: Record<string, string> = {}): Showing => ({
  headers: { authorization: `Bearer ${token}`, ...more },
});

/** Asks a server what stays open. */
export class Asking {
  /** @param ca PEM of who has signed the server's certificate */
  constructor(
    readonly port: number,
    readonly ca: string,
  ) {}

  options(path: string, { headers, client }: Showing, more: RequestOptions = {}): RequestOptions {
    return {
      host: '127.0.0.1',
      port: this.port,
      path,
      ca: this.ca,
      agent: false,
      ...(client && { key: client.key, cert: client.cert }),
      ...more,
      headers: { ...headers, ...(more.headers as Record<string, string> | undefined) },
    };
  }

  /** The head of an answer; the caller reads the rest. */
  async get(path: string, showing: Showing, more?: RequestOptions): Promise<IncomingMessage> {
    const request = httpsRequest(this.options(path, showing, more));
    request.end();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.on('error', () => undefined);
    return answer;
  }

  /** The connection of a request that was switched to another protocol, and what came with the switch. */
  async upgrade(path: string, showing: Showing, headers: Record<string, string>): Promise<[Duplex, Buffer]> {
    const method = headers['sec-websocket-key'] ? 'GET' : 'POST';
    const request = httpsRequest(
      this.options(path, showing, { method, headers: { connection: 'Upgrade', ...headers } }),
    );
    request.end();
    const [, socket, head] = (await once(request, 'upgrade')) as [unknown, Duplex, Buffer];
    socket.on('error', () => undefined);
    return [socket, head];
  }
}
