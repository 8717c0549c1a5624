import type { CommandChannels, CommandStatus } from './command-channels.ts';
import type { WebSocketConnection } from './websocket.ts';

/** Newest first, the order in which clients prefer them. */
export const COMMAND_PROTOCOLS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
] as const;

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;
/** v5: the next byte names a channel that the client has finished (KEP-4006). */
const CLOSE_SIGNAL = 255;

/** A WebSocket as far as channels need it. */
interface MessageSocket extends Pick<WebSocketConnection, 'send' | 'close' | 'pause' | 'resume'> {
  on(event: 'message' | 'close' | 'drain', listener: (data: Buffer) => void): unknown;
}

/** Channels over a WebSocket: the first byte of a message names its channel, or the first digit where base64 is spoken. */
export class WebSocketChannels implements CommandChannels {
  private readonly base64: boolean;

  constructor(
    private readonly socket: MessageSocket,
    private readonly protocol: string,
  ) {
    this.base64 = protocol.includes('base64');
    // Tells the client that the other end is there, before any output.
    this.send(CHANNEL.stdout, Buffer.alloc(0));
  }

  onInput(listener: (chunk: Buffer) => void, end: () => void): void {
    this.socket.on('message', (raw: Buffer) => {
      if (!this.base64 && raw[0] === CLOSE_SIGNAL) {
        if (raw[1] === CHANNEL.stdin) end();
        return;
      }
      const { channel, data } = this.parse(raw);
      if (channel === CHANNEL.stdin && data.length) listener(data);
    });
    this.socket.on('close', end);
  }

  pauseInput(): void {
    this.socket.pause();
  }

  resumeInput(): void {
    this.socket.resume();
  }

  onResize(listener: (columns: number, rows: number) => void): void {
    this.socket.on('message', (raw: Buffer) => {
      const { channel, data } = this.parse(raw);
      const size = channel === CHANNEL.resize ? parseSize(data) : undefined;
      if (size) listener(size.columns, size.rows);
    });
  }

  onClose(listener: () => void): void {
    this.socket.on('close', listener);
  }

  onDrain(listener: () => void): void {
    this.socket.on('drain', listener);
  }

  write(stream: 'stdout' | 'stderr', chunk: Buffer): boolean {
    return this.send(CHANNEL[stream], chunk);
  }

  finish(status: CommandStatus): void {
    const structured = /^v[45]/.test(this.protocol);
    const text = structured ? JSON.stringify(status) : status.status === 'Success' ? '' : (status.message ?? '');
    if (text) this.send(CHANNEL.error, Buffer.from(text));
    this.socket.close();
  }

  private parse(raw: Buffer): { channel: number; data: Buffer } {
    if (!this.base64) return { channel: raw[0] ?? -1, data: raw.subarray(1) };
    return { channel: raw[0]! - 0x30, data: Buffer.from(raw.toString('latin1', 1), 'base64') };
  }

  private send(channel: number, data: Buffer): boolean {
    if (this.base64) return this.socket.send(Buffer.from(`${channel}${data.toString('base64')}`), true);
    return this.socket.send(Buffer.concat([Buffer.from([channel]), data]));
  }
}

/** A terminal's size as clients send it; undefined when it is not one. */
export function parseSize(data: Buffer): { columns: number; rows: number } | undefined {
  try {
    const { Width, Height } = JSON.parse(data.toString()) as { Width?: number; Height?: number };
    return { columns: Number(Width), rows: Number(Height) };
  } catch {
    return undefined;
  }
}
