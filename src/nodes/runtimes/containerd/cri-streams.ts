import http from 'node:http';
import type { Duplex } from 'node:stream';
import { SpdyConnection } from '../../streams/spdy/spdy-connection.ts';
import type { SpdyStream } from '../../streams/spdy/spdy-stream.ts';
import { overSocket } from '../../streams/spdy/spdy-upgrade.ts';

/** How long the runtime's own server may take to answer, ms. */
const CONNECT_MS = 30_000;
const PROTOCOL = 'v4.channel.k8s.io';

export interface Wanted {
  stdin: boolean;
  tty: boolean;
}

/** The streams of a command or of a container, at the runtime's streaming server. */
export interface CommandStreams {
  error: SpdyStream;
  stdin: SpdyStream | undefined;
  stdout: SpdyStream;
  stderr: SpdyStream | undefined;
  resize: SpdyStream | undefined;
  /** back-pressure: nothing more is read until `resume` */
  pause(): void;
  resume(): void;
  onClose(listener: () => void): void;
  close(): void;
}

/** Connects to what Exec or Attach has answered. SPDY, because stdin has no end over the WebSockets that it speaks. */
export async function openStreams(url: string, { stdin, tty }: Wanted): Promise<CommandStreams> {
  const socket = await upgraded(url);
  const connection = new SpdyConnection(overSocket(socket));
  const open = (streamtype: string): SpdyStream => connection.connect({ streamtype });
  const error = open('error');
  const input = stdin ? open('stdin') : undefined;
  const stdout = open('stdout');
  return {
    error,
    stdin: input,
    stdout,
    stderr: tty ? undefined : open('stderr'),
    resize: tty ? open('resize') : undefined,
    pause: () => stdout.pause(),
    resume: () => stdout.resume(),
    onClose: (listener) => void connection.on('close', listener),
    close: () => connection.close(),
  };
}

function upgraded(url: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      method: 'POST',
      timeout: CONNECT_MS,
      headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': PROTOCOL },
    });
    request.once('upgrade', (_, socket, head) => {
      socket.setTimeout(0);
      if (head.length) socket.unshift(head);
      resolve(socket);
    });
    request.once('response', (response) => {
      response.resume();
      reject(new Error(`the runtime's streaming server answered ${response.statusCode}`));
    });
    request.once('timeout', () => request.destroy(new Error("the runtime's streaming server does not answer")));
    request.once('error', reject);
    request.end();
  });
}
