import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { parsePort, type DialPort } from './dial-port.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { SpdyConnection } from './spdy/spdy-connection.ts';
import type { SpdyStream } from './spdy/spdy-stream.ts';
import { acceptSpdy, chooseStreamProtocol, isSpdy, overWebSocket } from './spdy/spdy-upgrade.ts';
import { acceptWebSocket, chooseProtocol, isWebSocket } from './websocket.ts';
import { servePortChannels, PORT_PROTOCOLS } from './websocket-ports.ts';

const PORT_FORWARD = 'portforward.k8s.io';
const TUNNEL = `SPDY/3.1+${PORT_FORWARD}`;
/** Connections that wait for the second of their two streams. */
const MAX_PENDING = 256;

/** Port-forward over SPDY, over SPDY in a WebSocket, or over the plain WebSocket channels. */
export function servePortForward(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  ports: readonly number[],
  dial: DialPort,
): void {
  if (isSpdy(request)) {
    const protocol = chooseStreamProtocol(request, [PORT_FORWARD]);
    if (protocol === null) return refuseUpgrade(socket, 403, 'unable to upgrade: no supported port-forward protocol');
    return forward(acceptSpdy(socket, head, protocol), dial);
  }
  if (!isWebSocket(request)) return refuseUpgrade(socket, 400, 'unable to upgrade: missing upgrade headers');
  const protocol = chooseProtocol(request, [TUNNEL, ...PORT_PROTOCOLS]);
  if (protocol === TUNNEL)
    return forward(new SpdyConnection(overWebSocket(acceptWebSocket(request, socket, head, protocol))), dial);
  servePortChannels(acceptWebSocket(request, socket, head, protocol), protocol ?? PORT_PROTOCOLS[0], ports, dial);
}

/** Two streams make a connection: `error` and `data` with the same request id. */
function forward(connection: SpdyConnection, dial: DialPort): void {
  const pending = new Map<string, SpdyStream>();
  connection.on('stream', (stream: SpdyStream) => {
    const { streamtype, port, requestid = '' } = stream.headers;
    if (streamtype === 'error') {
      if (pending.size >= MAX_PENDING) return stream.reset();
      pending.set(requestid, stream);
      stream.listen(
        () => undefined,
        () => undefined,
      );
      return;
    }
    const error = pending.get(requestid);
    pending.delete(requestid);
    if (streamtype !== 'data' || !error) return stream.reset();
    void join(stream, error, parsePort(port), dial);
  });
}

async function join(data: SpdyStream, error: SpdyStream, port: number | undefined, dial: DialPort): Promise<void> {
  let socket: Duplex;
  try {
    if (port === undefined) throw new Error('unable to parse the port of the stream');
    socket = await dial(port);
  } catch (failure) {
    error.write(Buffer.from((failure as Error).message));
    error.end();
    data.end();
    data.listen(
      () => undefined,
      () => undefined,
    );
    return;
  }
  socket.on('data', (chunk: Buffer) => {
    if (!data.write(chunk)) socket.pause();
  });
  data.on('drain', () => socket.resume());
  data.on('close', () => socket.destroy());
  socket.on('drain', () => data.resume());
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    data.resume();
    data.end();
    error.end();
  });
  socket.on('end', () => data.end());
  data.listen(
    (chunk) => {
      if (socket.writable && !socket.write(chunk)) data.pause();
    },
    () => void socket.end(),
  );
}
