import type { Cipher } from './cipher.ts';

/** What was sealed, in the open, and the name of the key. */
export interface Opened {
  plain: Buffer;
  /** the provider's prefix and the key's name: what is stored under another than is written now is stale */
  mark: string;
}

/** One way of sealing, under a prefix of its own, with all its keys. */
export interface Provider {
  /** what everything that it has sealed begins with: `k8s:enc:aesgcm:v1:` */
  readonly prefix: string;
  /** of what it seals now */
  readonly mark: string;
  /** The text to store. Throws an Error where it cannot seal now. */
  seal(plain: Buffer, context: Buffer): string;
  /** `rest` is what follows the prefix. Throws an Error that says why not. */
  open(rest: string, context: Buffer): Opened;
  /** Fetches the keys, kept elsewhere, that these are sealed with. What cannot be had fails in `open`. */
  prepare?(rests: readonly string[]): Promise<void>;
}

export interface NamedCipher {
  name: string;
  cipher: Cipher;
}

/** A provider with keys at hand: the first seals, all open. What is stored says which: `PREFIX` `NAME:` base64. */
export class KeyedProvider implements Provider {
  readonly mark: string;
  readonly #keys: readonly NamedCipher[];
  readonly #first: NamedCipher;

  /** @param missing the error of what was sealed with a key that is not among `keys` */
  constructor(
    readonly prefix: string,
    keys: readonly NamedCipher[],
    private readonly missing: string,
  ) {
    const [first] = keys;
    if (!first) throw new Error(`${prefix} has no keys`);
    this.#keys = keys;
    this.#first = first;
    this.mark = `${prefix}${first.name}:`;
  }

  seal(plain: Buffer, context: Buffer): string {
    return this.mark + this.#first.cipher.seal(plain, context).toString('base64');
  }

  open(rest: string, context: Buffer): Opened {
    const end = rest.lastIndexOf(':');
    const name = rest.slice(0, end);
    const sealed = Buffer.from(rest.slice(end + 1), 'base64');
    let failure = new Error(this.missing);
    for (const key of this.#keys) {
      if (key.name !== name) continue;
      try {
        return { plain: key.cipher.open(sealed, context), mark: `${this.prefix}${name}:` };
      } catch (error) {
        failure = error as Error;
      }
    }
    throw failure;
  }
}
