import { randomBytes } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { TOO_SHORT, type Cipher } from './cipher.ts';

const NONCE = 24;
const TAG = 16;

/** NaCl's secretbox (XSalsa20, Poly1305) with a random nonce before it. Does not authenticate the context. */
export function secretbox(key: Buffer): Cipher {
  return {
    seal(plain) {
      const nonce = randomBytes(NONCE);
      return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(plain)]);
    },
    open(sealed) {
      if (sealed.length < NONCE + TAG) throw new Error(TOO_SHORT);
      try {
        return Buffer.from(xsalsa20poly1305(key, sealed.subarray(0, NONCE)).decrypt(sealed.subarray(NONCE)));
      } catch {
        throw new Error('secretbox: message authentication failed');
      }
    },
  };
}
