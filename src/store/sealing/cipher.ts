/**
 * A way to seal with one key. `context` says what the bytes belong to; where the cipher can, it is authenticated with
 * them, so that what was sealed for one object cannot be put in the place of another.
 */
export interface Cipher {
  seal(plain: Buffer, context: Buffer): Buffer;
  /** Throws an Error when the bytes, the context or the key are not those of the seal. */
  open(sealed: Buffer, context: Buffer): Buffer;
}

export const TOO_SHORT = 'the stored data was shorter than the required size';
