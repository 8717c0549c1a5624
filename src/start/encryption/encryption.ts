import { readFileSync } from 'node:fs';
import type { Log } from '../../store/connection.ts';
import type { Provider } from '../../store/sealing/provider.ts';
import { Sealer, type Rules } from '../../store/sealing/sealer.ts';
import { readConfiguration } from './read-configuration.ts';
import type { KmsProvider } from './kms/kms-provider.ts';
import { makeRules, withDefaults } from './rules.ts';

/** Between two looks at a file that may change, ms. */
const RELOAD_MS = 10_000;
/** What was begun with providers that a new file replaced has so long to end, ms. */
const GRACE_MS = 20_000;

export interface EncryptionOptions {
  /** EncryptionConfiguration; undefined: the default alone */
  file: string | undefined;
  /** the file is read again when it changes */
  reload: boolean;
  log: Log;
}

/** What is sealed and with what: the default, or what the file says, now and when it changes. */
export class Encryption {
  readonly #options: EncryptionOptions;
  #rules: Rules = new Map();
  #kms: readonly KmsProvider[] = [];
  #text = '';
  #own: Provider | undefined;
  #sealer: Sealer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Called when objects that could not be opened may be opened now. */
  onRecovered: () => void = () => undefined;

  private constructor(options: EncryptionOptions) {
    this.#options = options;
  }

  /** Throws an Error of one line where the file is not good. */
  static async open(options: EncryptionOptions): Promise<Encryption> {
    const encryption = new Encryption(options);
    if (options.file === undefined) return encryption;
    await encryption.#read(options.file);
    if (options.reload) encryption.#watch(options.file);
    return encryption;
  }

  /** @param own seals what the file does not name and is sealed by default */
  sealer(own: Provider): Sealer {
    this.#own = own;
    return (this.#sealer = new Sealer(withDefaults(this.#rules, own), own));
  }

  /** The health of the key management services; undefined where none are used, nor can come to be. */
  get check(): (() => Promise<boolean>) | undefined {
    if (!this.#kms.length && !this.#options.reload) return undefined;
    return async () =>
      (await Promise.allSettled(this.#kms.map((each) => each.check()))).every((r) => r.status === 'fulfilled');
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const each of this.#kms) each.close();
  }

  async #read(file: string): Promise<void> {
    const { configuration, text } = readConfiguration(file);
    const { rules, kms } = await makeRules(configuration, this.#options.log, () => this.onRecovered());
    const before = this.#kms;
    this.#rules = rules;
    this.#kms = kms;
    this.#text = text;
    if (this.#own) this.#sealer?.replace(withDefaults(rules, this.#own));
    if (before.length) setTimeout(() => before.forEach((each) => each.close()), GRACE_MS).unref();
  }

  #watch(file: string): void {
    let refused = '';
    const look = async (): Promise<void> => {
      try {
        const text = readFileSync(file, 'utf8');
        if (text !== this.#text && text !== refused) {
          refused = text;
          await this.#read(file);
          this.#options.log('the encryption configuration was read again');
          this.onRecovered();
        }
      } catch (error) {
        this.#options.log('the encryption configuration stays as it was', { error: (error as Error).message });
      }
      if (!this.#closed) this.#timer = setTimeout(() => void look(), RELOAD_MS).unref();
    };
    this.#timer = setTimeout(() => void look(), RELOAD_MS).unref();
  }
}
