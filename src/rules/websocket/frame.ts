import { createHash, randomBytes } from 'node:crypto';

/** What a frame carries (RFC 6455, 11.8). */
export const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export const FINAL = 0x80;
export const MASKED = 0x80;
/** RFC 6455, 1.3 */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The answer to a client's `Sec-WebSocket-Key` (RFC 6455, 4.2.2). */
export const acceptOf = (key: string): string => createHash('sha1').update(`${key}${GUID}`).digest('base64');

/**
 * A whole message as a frame (RFC 6455, 5.2), its payload last and as it is given unless it has to be masked.
 * @param masked what a client sends is, what a server sends is not
 */
export function frameOf(op: number, data: Buffer, masked: boolean): Buffer[] {
  const more = data.length < 126 ? 0 : data.length < 65536 ? 2 : 8;
  const head = Buffer.alloc(2 + more);
  head[0] = FINAL | op;
  head[1] = (masked ? MASKED : 0) | (more === 0 ? data.length : more === 2 ? 126 : 127);
  if (more === 2) head.writeUInt16BE(data.length, 2);
  if (more === 8) head.writeBigUInt64BE(BigInt(data.length), 2);
  if (!masked) return [head, data];
  const mask = randomBytes(4);
  return [head, mask, masking(data, mask)];
}

/** A copy of the data, put under a mask or freed of it (RFC 6455, 5.3). */
export function masking(data: Buffer, mask: Buffer): Buffer {
  const copy = Buffer.from(data);
  for (let i = 0; i < copy.length; i++) copy[i] = (copy[i] ?? 0) ^ (mask[i & 3] ?? 0);
  return copy;
}
