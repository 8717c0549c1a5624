import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Dialer } from '../../../src/api/streams/dialer.ts';

/** A command that has reached the node. */
export interface Command {
  path: string;
  words: string[];
  query: URLSearchParams;
  socket: WebSocket;
  /** what it has read, when there is no more */
  input: Promise<string>;
}

/** A node that takes commands, over the web sockets of another implementation than ours, and tells logs. */
export class FakeNode {
  /** what it does with one */
  run: (command: Command) => void = ({ socket }) => succeed(socket);
  /** what it answers in place of a stream */
  refuse: { code: number; text: string } | undefined;
  /** of each container; it has none unless said */
  logs: string | undefined;

  private constructor(
    private readonly server: Server,
    private readonly sockets: WebSocketServer,
  ) {
    server.on('upgrade', (req, socket, head) => {
      const { refuse } = this;
      if (refuse) return void socket.end(`HTTP/1.1 ${refuse.code} No\r\nConnection: close\r\n\r\n${refuse.text}`);
      sockets.handleUpgrade(req, socket, head, (client) => {
        const { pathname, searchParams } = new URL(req.url ?? '', 'http://node');
        const words = searchParams.getAll('command');
        this.run({ path: pathname, words, query: searchParams, socket: client, input: read(client) });
      });
    });
  }

  static async open(): Promise<FakeNode> {
    const server = createServer((req, answer) => {
      if (node.logs === undefined || !req.url?.startsWith('/containerLogs/'))
        return answer.writeHead(404).end('no upgrade');
      answer.writeHead(200, { 'content-type': 'text/plain' });
      return answer.end(node.logs);
    });
    const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] ?? false });
    const node = new FakeNode(server, sockets);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return node;
  }

  get dialer(): Dialer {
    return {
      request: ({ url }, method, headers) => {
        const { port } = this.server.address() as AddressInfo;
        const path = `${url.pathname}${url.search}`;
        return request({ host: '127.0.0.1', port, method, path, headers, agent: false });
      },
    };
  }

  async close(): Promise<void> {
    for (const client of this.sockets.clients) client.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function read(socket: WebSocket): Promise<string> {
  const pieces: Buffer[] = [];
  return new Promise((resolve) =>
    socket.on('message', (data: Buffer) => {
      if (data[0] === 255) resolve(Buffer.concat(pieces).toString());
      else pieces.push(data.subarray(1));
    }),
  );
}

export const say = (socket: WebSocket, channel: number, data: Buffer | string): void =>
  socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(data)]));

export function end(socket: WebSocket, status: object): void {
  say(socket, 3, JSON.stringify({ metadata: {}, ...status }));
  socket.close(1000);
}

export const succeed = (socket: WebSocket): void => end(socket, { status: 'Success' });
