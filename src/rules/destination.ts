import type { Address } from '../meta/address.ts';

/** As Go's IsGlobalUnicast, and `0.0.0.0/8` ("this network"), `240.0.0.0/4` (reserved) and `::/96` besides. */
export function isGlobal({ family, bytes }: Address): boolean {
  const [a = 0, b = 0] = bytes;
  if (family === 4) return a !== 0 && a !== 127 && a < 224 && !(a === 169 && b === 254);
  const low = bytes.slice(0, 12).every((byte) => byte === 0);
  return !low && a !== 0xff && !(a === 0xfe && (b & 0xc0) === 0x80);
}

export const isLoopback = ({ family, bytes }: Address): boolean =>
  family === 4 ? bytes[0] === 127 : bytes.at(-1) === 1 && bytes.slice(0, -1).every((byte) => byte === 0);

/** `127.1.0.0/16`: from here pods get their addresses where they share their host's network. */
export const isLoopbackOfPods = ({ family, bytes }: Address): boolean =>
  family === 4 && bytes[0] === 127 && bytes[1] === 1;
