import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { TOO_SHORT, type Cipher } from './cipher.ts';

const NONCE = 12;
const TAG = 16;
const BLOCK = 16;
/** random bytes that a key is derived by, and the least length of a seed */
export const SEED_BYTES = 32;

type GcmName = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm';
const bits = (key: Buffer): number => key.length * 8;

/** AES-GCM with a random nonce of 12 bytes: nonce, then text, then tag. Good for 2^32 seals by one key (NIST SP 800-38D). */
export function aesGcm(key: Buffer): Cipher {
  const name = `aes-${bits(key)}-gcm` as GcmName;
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE);
      const cipher = createCipheriv(name, key, nonce).setAAD(context);
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      if (sealed.length < NONCE + TAG) throw new Error(TOO_SHORT);
      const cipher = createDecipheriv(name, key, sealed.subarray(0, NONCE), { authTagLength: TAG }).setAAD(context);
      cipher.setAuthTag(sealed.subarray(-TAG));
      const plain = cipher.update(sealed.subarray(NONCE, -TAG));
      try {
        return Buffer.concat([plain, cipher.final()]);
      } catch {
        throw new Error('cipher: message authentication failed');
      }
    },
  };
}

/** AES-CBC with PKCS #7: random initialisation vector, then text. Authenticates nothing, which is why nobody should begin with it. */
export function aesCbc(key: Buffer): Cipher {
  const name = `aes-${bits(key)}-cbc`;
  return {
    seal(plain) {
      const vector = randomBytes(BLOCK);
      const cipher = createCipheriv(name, key, vector);
      return Buffer.concat([vector, cipher.update(plain), cipher.final()]);
    },
    open(sealed) {
      if (sealed.length < 2 * BLOCK) throw new Error(TOO_SHORT);
      if (sealed.length % BLOCK) throw new Error('the stored data is not a multiple of the block size');
      const cipher = createDecipheriv(name, key, sealed.subarray(0, BLOCK));
      const plain = cipher.update(sealed.subarray(BLOCK));
      try {
        return Buffer.concat([plain, cipher.final()]);
      } catch {
        throw new Error('invalid padding on input');
      }
    },
  };
}

/**
 * AES-256-GCM with a key for each seal, derived from a seed: 32 random bytes, then what aesGcm makes with
 * HKDF-Expand(SHA-256, seed, these bytes). No number of seals wears a seed out. As KMS v2 of Kubernetes has it (KEP-3299).
 */
export function seededGcm(seed: Buffer): Cipher {
  if (seed.length < SEED_BYTES) throw new Error(`invalid seed length ${seed.length} used for key generation`);
  // the first block of HKDF-Expand (RFC 5869, 2.3) is all that a key of 32 bytes needs
  const derived = (info: Buffer): Cipher => aesGcm(createHmac('sha256', seed).update(info).update('\x01').digest());
  return {
    seal(plain, context) {
      const info = randomBytes(SEED_BYTES);
      return Buffer.concat([info, derived(info).seal(plain, context)]);
    },
    open(sealed, context) {
      if (sealed.length < SEED_BYTES) throw new Error(TOO_SHORT);
      return derived(sealed.subarray(0, SEED_BYTES)).open(sealed.subarray(SEED_BYTES), context);
    },
  };
}
