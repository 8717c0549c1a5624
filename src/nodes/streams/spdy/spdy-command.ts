import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CommandChannels, CommandStatus } from '../command-channels.ts';
import { parseSize } from '../websocket-channels.ts';
import type { SpdyConnection } from './spdy-connection.ts';
import type { SpdyStream } from './spdy-stream.ts';
import { acceptSpdy, chooseStreamProtocol } from './spdy-upgrade.ts';
import { refuseUpgrade } from '../refuse-upgrade.ts';

const PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'];
/** How long the client may take to open the streams that it announced. */
const STREAMS_TIMEOUT_MS = 30_000;

interface Wanted {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** exec and attach over SPDY: one stream for each of error, stdin, stdout, stderr and resize. */
export async function acceptSpdyCommand(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  wanted: Wanted,
): Promise<CommandChannels | undefined> {
  const protocol = chooseStreamProtocol(request, PROTOCOLS);
  if (protocol === null) {
    refuseUpgrade(
      socket,
      403,
      `unable to upgrade: unable to negotiate protocol: client supports ${request.headers['x-stream-protocol-version']}, server supports ${PROTOCOLS}`,
    );
    return undefined;
  }
  const connection = acceptSpdy(socket, head, protocol);
  const version = PROTOCOLS.length - PROTOCOLS.indexOf(protocol ?? 'channel.k8s.io');
  const names = ['error', ...(wanted.stdin ? ['stdin'] : []), ...(wanted.stdout ? ['stdout'] : [])];
  if (wanted.stderr && !wanted.tty) names.push('stderr');
  if (wanted.tty && version >= 3) names.push('resize');
  const streams = await collect(connection, names);
  if (!streams) connection.close();
  return streams && new SpdyChannels(connection, streams, version >= 4);
}

function collect(connection: SpdyConnection, names: readonly string[]): Promise<Map<string, SpdyStream> | undefined> {
  const streams = new Map<string, SpdyStream>();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), STREAMS_TIMEOUT_MS);
    const finish = (result: Map<string, SpdyStream> | undefined): void => {
      clearTimeout(timer);
      resolve(result);
    };
    connection.on('close', () => finish(undefined));
    connection.on('stream', (stream: SpdyStream) => {
      streams.set(stream.headers['streamtype'] ?? '', stream);
      if (names.every((name) => streams.has(name))) finish(streams);
    });
  });
}

class SpdyChannels implements CommandChannels {
  constructor(
    private readonly connection: SpdyConnection,
    private readonly streams: ReadonlyMap<string, SpdyStream>,
    private readonly structured: boolean,
  ) {}

  onInput(listener: (chunk: Buffer) => void, end: () => void): void {
    this.streams.get('stdin')?.listen(listener, end);
    this.connection.on('close', end);
  }

  pauseInput(): void {
    this.streams.get('stdin')?.pause();
  }

  resumeInput(): void {
    this.streams.get('stdin')?.resume();
  }

  onResize(listener: (columns: number, rows: number) => void): void {
    this.streams.get('resize')?.listen(
      (data) => {
        // Several sizes may have been joined in one frame; the last one counts.
        const size = parseSize(Buffer.from(data.toString().trim().split('\n').at(-1) ?? ''));
        if (size) listener(size.columns, size.rows);
      },
      () => undefined,
    );
  }

  onClose(listener: () => void): void {
    this.connection.on('close', listener);
  }

  onDrain(listener: () => void): void {
    for (const name of ['stdout', 'stderr']) this.streams.get(name)?.on('drain', listener);
  }

  write(name: 'stdout' | 'stderr', chunk: Buffer): boolean {
    return this.streams.get(name)?.write(chunk) ?? true;
  }

  finish(status: CommandStatus): void {
    const error = this.streams.get('error');
    const text = this.structured ? JSON.stringify(status) : (status.message ?? '');
    if (text) error?.write(Buffer.from(text));
    for (const stream of this.streams.values()) stream.end();
    // The client closes when it has read everything; this is for one that does not.
    setTimeout(() => this.connection.close(), 1000).unref();
  }
}
