import { bytesOf, decodeFields, encodeFields, mapFields, mapOf, textOf } from './wire.ts';

/** How a seed is kept beside what it seals: encrypted by the plugin's key, with what the plugin wants back. */
export interface EncryptedSeed {
  keyId: string;
  ciphertext: Buffer;
  annotations: ReadonlyMap<string, Buffer>;
}
/** The message `EncryptedObject` of k8s.io/apiserver/pkg/storage/value/encrypt/envelope/kmsv2/v2. */
export interface EncryptedObject extends EncryptedSeed {
  data: Buffer;
  type: number;
}

/** HKDF_SHA256_XNONCE_AES_GCM_SEED: what is encrypted is a seed, of which each object has a key of its own. */
export const SEED = 1;
/** AES_GCM_KEY: it is the key itself, as older servers wrote. */
export const KEY = 0;
const MAX_BYTES = 1_024;
const MAX_ANNOTATIONS = 32_768;

export function encodeObject({ data, keyId, ciphertext, annotations, type }: EncryptedObject): Buffer {
  return encodeFields([[1, data], [2, keyId], [3, ciphertext], ...mapFields(4, annotations), [5, type]]);
}

/** Throws an Error that says what is wrong with it. */
export function decodeObject(bytes: Buffer): EncryptedObject {
  const fields = decodeFields(bytes);
  const type = Number(fields.get(5)?.at(-1) ?? KEY);
  const object = {
    data: bytesOf(fields, 1),
    keyId: textOf(fields, 2),
    ciphertext: bytesOf(fields, 3),
    annotations: mapOf(fields, 4),
    type,
  };
  if (type !== SEED && type !== KEY) throw new Error(`unknown encryptedDEKSourceType: ${type}`);
  if (!object.data.length) throw new Error('encrypted data is empty');
  checkSeed(object);
  return object;
}

/** Throws an Error for what a plugin may not answer. */
export function checkSeed({ keyId, ciphertext, annotations }: EncryptedSeed): void {
  if (!ciphertext.length) throw new Error('failed to validate encrypted DEK source: encrypted DEK source is empty');
  if (ciphertext.length > MAX_BYTES)
    throw new Error(
      `failed to validate encrypted DEK source: encrypted DEK source is ${ciphertext.length} bytes, which exceeds the max size of ${MAX_BYTES}`,
    );
  checkKeyId(keyId, 'failed to validate key id: ');
  let size = 0;
  for (const [key, value] of annotations) {
    if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$/.test(key))
      throw new Error(`failed to validate annotations: ${JSON.stringify(key)} is no fully qualified domain name`);
    size += key.length + value.length;
  }
  if (size > MAX_ANNOTATIONS)
    throw new Error(
      `failed to validate annotations: total size of annotations is ${size}, which exceeds the max size of ${MAX_ANNOTATIONS}`,
    );
}

export function checkKeyId(keyId: string, where = ''): void {
  if (!keyId) throw new Error(`${where}keyID is empty`);
  const { length } = Buffer.from(keyId);
  if (length > MAX_BYTES)
    throw new Error(`${where}keyID is ${length} bytes, which exceeds the max size of ${MAX_BYTES}`);
}

/** Tells encrypted seeds apart. */
export const seedKey = ({ keyId, ciphertext, annotations }: EncryptedSeed, type: number): string =>
  encodeFields([[2, keyId], [3, ciphertext], ...mapFields(4, annotations), [5, type]]).toString('latin1');
