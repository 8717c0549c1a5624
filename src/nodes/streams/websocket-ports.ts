import type { DialPort } from './dial-port.ts';
import type { WebSocketConnection } from './websocket.ts';

export const PORT_PROTOCOLS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io'] as const;
/** Ports that one connection may carry: two channels each, in one byte. */
const MAX_PORTS = 100;

/** Port-forward over channels: 2n carries the data of the n-th port, 2n+1 its errors; each begins with the port in two bytes. */
export function servePortChannels(
  socket: WebSocketConnection,
  protocol: string,
  ports: readonly number[],
  dial: DialPort,
): void {
  const base64 = protocol.includes('base64');
  const send = (channel: number, data: Buffer): boolean =>
    base64
      ? socket.send(Buffer.from(`${String.fromCharCode(0x30 + channel)}${data.toString('base64')}`), true)
      : socket.send(Buffer.concat([Buffer.from([channel]), data]));
  const targets = new Map<number, Promise<{ write(data: Buffer): void; end(): void }>>();
  /** channels whose port takes no more: nothing is read of any, as they come by one connection */
  const full = new Set<number>();
  const hold = (channel: number): void => {
    full.add(channel);
    socket.pause();
  };
  const release = (channel: number): void => {
    if (full.delete(channel) && full.size === 0) socket.resume();
  };
  for (const [index, port] of ports.slice(0, MAX_PORTS).entries()) {
    const name = Buffer.alloc(2);
    name.writeUInt16LE(port);
    send(2 * index, name);
    send(2 * index + 1, name);
    hold(2 * index);
    const target = dial(port).then(
      (connection) => {
        release(2 * index);
        for (const event of ['drain', 'close']) connection.on(event, () => release(2 * index));
        connection.on('data', (chunk: Buffer) => {
          if (!send(2 * index, chunk)) connection.pause();
        });
        socket.on('drain', () => connection.resume());
        connection.on('error', () => connection.destroy());
        if (ports.length === 1) connection.on('close', () => socket.close());
        return {
          write: (data: Buffer) => {
            if (connection.writable && !connection.write(data)) hold(2 * index);
          },
          end: () => void connection.destroy(),
        };
      },
      (error: Error) => {
        release(2 * index);
        send(2 * index + 1, Buffer.from(error.message));
        return { write: () => undefined, end: () => undefined };
      },
    );
    targets.set(2 * index, target);
  }
  socket.on('message', (raw: Buffer) => {
    const channel = base64 ? raw[0]! - 0x30 : raw[0]!;
    const data = base64 ? Buffer.from(raw.toString('latin1', 1), 'base64') : raw.subarray(1);
    void targets.get(channel)?.then((target) => target.write(data));
  });
  socket.on('close', () => {
    for (const target of targets.values()) void target.then((each) => each.end());
  });
}
