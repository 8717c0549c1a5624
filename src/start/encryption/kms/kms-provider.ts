import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Log } from '../../../store/connection.ts';
import { aesGcm, SEED_BYTES, seededGcm } from '../../../store/sealing/aes.ts';
import type { Cipher } from '../../../store/sealing/cipher.ts';
import type { Opened, Provider } from '../../../store/sealing/provider.ts';
import {
  checkKeyId,
  checkSeed,
  decodeObject,
  encodeObject,
  SEED,
  seedKey,
  type EncryptedSeed,
} from './encrypted-object.ts';
import type { Plugin, PluginStatus } from './plugin.ts';

/** Between two looks at the plugin, and after one that failed; a seed that could not be confirmed for so long writes no more, ms. */
const POLL_MS = 60_000;
const RETRY_MS = 10_000;
const WRITE_MS = 3 * 60_000;
/** For so long a look answers those who ask for the plugin's health, ms. */
const HEALTHY_MS = 20_000;
const FAILED_MS = 3_000;
/** Seeds of earlier starts and keys, about 200 bytes each. */
const MAX_SEEDS = 10_000;

export interface KmsOptions {
  name: string;
  plugin: Plugin;
  now: () => number;
  log: Log;
  /** the plugin answers again after objects could not be opened */
  onRecovered: () => void;
}

interface Seed extends EncryptedSeed {
  cipher: Cipher;
  /** ms: when the plugin has not confirmed its key for too long */
  expires: number;
}

/**
 * KMS v2: a seed made here, encrypted once by a plugin's key that never leaves it; each object is sealed with a key
 * derived from the seed, without a call. When the plugin's key changes, a new seed is made (KEP-3299).
 */
export class KmsProvider implements Provider {
  readonly prefix: string;
  readonly #options: KmsOptions;
  readonly #seeds = new LRUCache<string, Cipher>({ max: MAX_SEEDS });
  #current: Seed | undefined;
  #version: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looked: { at: number; error: Error | undefined } | undefined;
  #looking: Promise<void> | undefined;
  #missed = false;
  #closed = false;

  constructor(options: KmsOptions) {
    this.#options = options;
    this.prefix = `k8s:enc:kms:v2:${options.name}:`;
  }

  /** Looks at the plugin for the first time, and from then on by itself. One that does not answer is no error. */
  async start(): Promise<void> {
    await this.#poll();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#options.plugin.close();
  }

  get mark(): string {
    return this.prefix + (this.#current?.keyId ?? '');
  }

  seal(plain: Buffer, context: Buffer): string {
    const seed = this.#current;
    if (!seed) throw new Error('got unexpected nil transformer');
    const now = this.#options.now();
    if (now > seed.expires)
      throw new Error(
        `encryptedDEKSource with keyID hash ${JSON.stringify(hash(seed.keyId))} expired at ${time(seed.expires)} (current time is ${time(now)})`,
      );
    const object = encodeObject({ ...seed, type: SEED, data: seed.cipher.seal(plain, context) });
    return this.prefix + object.toString('base64');
  }

  open(rest: string, context: Buffer): Opened {
    const object = decodeObject(Buffer.from(rest, 'base64'));
    const cipher = this.#seeds.get(seedKey(object, object.type));
    if (!cipher) {
      this.#missed = true;
      throw new Error('failed to decrypt DEK, error: the key management service has not opened it');
    }
    return { plain: cipher.open(object.data, context), mark: this.prefix + object.keyId };
  }

  async prepare(rests: readonly string[]): Promise<void> {
    for (const rest of rests) {
      try {
        const object = decodeObject(Buffer.from(rest, 'base64'));
        const key = seedKey(object, object.type);
        if (this.#seeds.has(key)) continue;
        const plain = await this.#options.plugin.decrypt(object);
        this.#seeds.set(key, object.type === SEED ? seededGcm(plain) : aesGcm(plain));
      } catch (error) {
        this.#options.log('a key could not be decrypted', { kms: this.#options.name, error: (error as Error).message });
        this.#missed = true;
        // it does not answer: the others would wait for it as long, one by one
        if (![3, 5, 9].includes((error as { code?: number }).code ?? 3)) return;
      }
    }
  }

  /** Whether the plugin is well: throws an Error that says why not. A look that was just made counts. */
  async check(): Promise<void> {
    const { now } = this.#options;
    const looked = this.#looked;
    if (looked && now() - looked.at < (looked.error ? FAILED_MS : HEALTHY_MS)) {
      if (looked.error) throw looked.error;
      return;
    }
    await (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
  }

  async #poll(): Promise<void> {
    let wait = POLL_MS;
    try {
      await this.check();
    } catch (error) {
      this.#options.log('the key management service is not well', { error: (error as Error).message });
      wait = RETRY_MS;
    }
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#poll(), wait);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const { now, name, plugin } = this.#options;
    let error: Error | undefined;
    try {
      const status = await plugin.status().catch((cause: Error) => {
        throw new Error(
          `failed to perform status section of the healthz check for KMS Provider ${name}, error: ${cause.message}`,
        );
      });
      await this.#confirm(status);
    } catch (cause) {
      error = cause as Error;
    }
    this.#looked = { at: now(), error };
    if (error) throw error;
    if (!this.#missed) return;
    this.#missed = false;
    this.#options.onRecovered();
  }

  /** The seed is good for a while longer, or a new one is made by the plugin's new key. */
  async #confirm({ version, healthz, keyId }: PluginStatus): Promise<void> {
    const problems: string[] = [];
    if (healthz !== 'ok') problems.push(`got unexpected healthz status: ${healthz}`);
    if (version !== 'v2' && version !== 'v2beta1') problems.push(`expected KMSv2 API version v2, got ${version}`);
    else if (version !== (this.#version ??= version))
      problems.push(
        `KMSv2 API version should not change after the initial status response version ${this.#version}, got ${version}`,
      );
    try {
      checkKeyId(keyId);
      await this.#rotate(keyId);
    } catch (error) {
      problems.push((error as Error).message);
    }
    if (!problems.length) return;
    const all = problems.length > 1 ? `[${problems.join(', ')}]` : problems[0];
    throw new Error(`kmsv2 Provider ${this.#options.name} is not healthy, error: ${all}`);
  }

  async #rotate(keyId: string): Promise<void> {
    // counted from before the calls: it is an upper bound
    const expires = this.#options.now() + WRITE_MS;
    if (this.#current?.keyId === keyId) {
      this.#current.expires = expires;
      return;
    }
    const seed = randomBytes(SEED_BYTES);
    const encrypted = await this.#options.plugin.encrypt(seed).catch((error: Error) => {
      throw new Error(`failed to encrypt DEK, error: ${error.message}`);
    });
    checkSeed(encrypted);
    if (encrypted.keyId !== keyId)
      throw new Error(
        `failed to rotate DEK: statusKeyIDHash=${JSON.stringify(hash(keyId))}, encryptKeyIDHash=${JSON.stringify(hash(encrypted.keyId))}`,
      );
    const cipher = seededGcm(seed);
    this.#seeds.set(seedKey(encrypted, SEED), cipher);
    this.#current = { ...encrypted, cipher, expires };
  }
}

/** Names of keys are not for logs and answers. */
const hash = (keyId: string): string => `sha256:${createHash('sha256').update(keyId).digest('hex')}`;
const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+/, '');
