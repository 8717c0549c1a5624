/** Offset of the first question's name, and a pointer to it (RFC 1035, 4.1.4). */
const FIRST = 12;
const POINTER = Buffer.from([0xc0, FIRST]);

/**
 * A packet in which records that are of the name that was asked for say so in two bytes. dns-packet writes every name
 * out, and an answer over UDP would have room for a third of the addresses.
 */
export function compressed(packet: Buffer): Buffer {
  const [questions, ...counts] = [4, 6, 8, 10].map((at) => packet.readUInt16BE(at));
  if (questions !== 1) return packet;
  const nameEnd = endOfName(packet, FIRST);
  const name = packet.subarray(FIRST, nameEnd);
  // of one byte less than a pointer there is nothing to gain
  if (name.length <= POINTER.length) return packet;
  const parts = [packet.subarray(0, nameEnd + 4)];
  let at = nameEnd + 4;
  for (let left = counts.reduce((sum, count) => sum + count, 0); left > 0; left--) {
    const owner = endOfName(packet, at);
    const end = owner + 10 + packet.readUInt16BE(owner + 8);
    const isSame = packet.subarray(at, owner).equals(name);
    parts.push(...(isSame ? [POINTER, packet.subarray(owner, end)] : [packet.subarray(at, end)]));
    at = end;
  }
  return Buffer.concat(parts);
}

/** Where a name ends that begins here. Throws RangeError where it has no end. */
export function endOfName(packet: Buffer, start: number): number {
  for (let at = start; ;) {
    const length = packet.readUInt8(at);
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
  }
}
