import type { IncomingMessage } from 'node:http';
import type { StatusError } from '../../meta/status.ts';
import { spdyFrames, webSocketFrames, type Frames } from './frames.ts';

/** How the end of a session is said to its client, in the protocol that client and node have agreed on. */
export interface LastWord {
  /** what the node sends */
  frames: Frames;
  of(why: StatusError): Buffer;
}

/** Of exec and attach over web sockets (KEP-4006): the channel of the error, and for SPDY the stream that clients open first. */
const ERROR_CHANNEL = 3;
const ERROR_STREAM = 1;
/** A close frame with 1000: anything else makes clients forget what the error channel said. */
const CLOSE = Buffer.from([0x88, 2, 0x03, 0xe8]);
const [TEXT, BINARY] = [0x81, 0x82];
/** Protocols from the fourth on say a Status, the ones before just text. */
const SAYS_STATUS = /^v[45]\./;

/**
 * Undefined where nothing can be said: port-forward and proxies, whose bytes are others', and protocols not known here.
 * @param answer of the node that has switched
 */
export function lastWordOf(subresource: string, { headers }: IncomingMessage): LastWord | undefined {
  if (subresource !== 'exec' && subresource !== 'attach') return undefined;
  const upgrade = headers.upgrade?.toLowerCase();
  const text = (protocol: string, { status }: StatusError): string =>
    SAYS_STATUS.test(protocol) ? JSON.stringify(status) : (status.message ?? '');
  if (upgrade === 'websocket') {
    const protocol = headers['sec-websocket-protocol'] ?? '';
    return {
      frames: webSocketFrames(),
      of: (why) => Buffer.concat([webSocketFrame(protocol.includes('base64'), text(protocol, why)), CLOSE]),
    };
  }
  if (upgrade === 'spdy/3.1') {
    const protocol = String(headers['x-stream-protocol-version'] ?? '');
    return { frames: spdyFrames(), of: (why) => spdyFrame(text(protocol, why)) };
  }
  return undefined;
}

function webSocketFrame(base64: boolean, text: string): Buffer {
  const bytes = Buffer.from(text);
  const payload = base64
    ? Buffer.from(`${ERROR_CHANNEL}${bytes.toString('base64')}`)
    : Buffer.concat([Buffer.from([ERROR_CHANNEL]), bytes]);
  const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
  head[0] = base64 ? TEXT : BINARY;
  if (payload.length < 126) head[1] = payload.length;
  else {
    head[1] = 126;
    head.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([head, payload]);
}

/** A data frame that is the last of its stream. */
function spdyFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(ERROR_STREAM, 0);
  head[4] = 1;
  head.writeUIntBE(payload.length, 5, 3);
  return Buffer.concat([head, payload]);
}
