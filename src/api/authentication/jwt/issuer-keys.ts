import { createLocalJWKSet, errors, type CompactVerifyGetKey, type JSONWebKeySet } from 'jose';
import type { Clock } from '../../../rules/clock.ts';
import type { Issuer } from './configuration.ts';
import { discover, objectIn, placeIn, type Fetch } from './discovery.ts';
import { fetchText } from './fetch.ts';

/** The provider is asked for keys that we do not know at most this often, ms, so that nobody makes us ask it. */
const COOLDOWN_MS = 10_000;
/** Keys older than this, ms, are asked for again while they are still used: a provider may withdraw one. */
const MAX_AGE_MS = 600_000;

/**
 * The keys of an OpenID provider: found by its discovery document when the first token comes, and asked for again when
 * a token names one that we do not have (OpenID Connect Discovery 1.0).
 */
export class IssuerKeys {
  private keys: CompactVerifyGetKey | undefined;
  private asking: Promise<void> | undefined;
  private asked = -Infinity;
  private fetched = -Infinity;

  constructor(
    private readonly issuer: Pick<Issuer, 'url' | 'discoveryURL' | 'certificateAuthority'>,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly fetch: Fetch = fetchText,
  ) {}

  /** For jose: the key that a header names. Throws when the provider cannot be asked, or has no such key. */
  readonly find: CompactVerifyGetKey = async (header, token) => {
    const known = this.keys;
    if (known) {
      // Whoever asks now is not kept waiting, nor refused while the provider is away.
      if (this.clock.now() - this.fetched > MAX_AGE_MS) this.refresh().catch(() => undefined);
      try {
        return await known(header, token);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
    }
    await this.refresh();
    if (!this.keys) throw new Error('the provider has not been reached yet');
    return this.keys(header, token);
  };

  private refresh(): Promise<void> {
    if (this.asking) return this.asking;
    if (this.clock.now() - this.asked < COOLDOWN_MS) return Promise.resolve();
    this.asked = this.clock.now();
    this.asking = this.ask().finally(() => (this.asking = undefined));
    return this.asking;
  }

  private async ask(): Promise<void> {
    const { place, provider } = await discover(this.issuer, this.fetch);
    const from = placeIn(provider, 'jwks_uri');
    if (from === undefined) throw new Error(`${place} names no keys`);
    const { keys } = objectIn(await this.fetch(from, { ca: this.issuer.certificateAuthority }), from);
    this.keys = createLocalJWKSet({ keys: keys as JSONWebKeySet['keys'] });
    this.fetched = this.clock.now();
  }
}
