import { createHash } from 'node:crypto';
import type { Clock } from '../../../rules/clock.ts';
import type { LoginProvider } from '../../contract.ts';
import type { Issuer } from './configuration.ts';
import { discover, objectIn, placeIn, type Fetch } from './discovery.ts';
import { fetchText } from './fetch.ts';

/** What a provider says of itself is good for so long, ms; one that could not be asked is left alone for so long. */
const KNOWN_MS = 600_000;
const COOLDOWN_MS = 10_000;
/** Codes of one provider that are being exchanged at once: anybody may come with one. */
const MAX_EXCHANGES = 8;

interface Places {
  authorization: string;
  token: string;
  namesItself: boolean;
}

/**
 * Signing in at an OpenID provider: its authorization code flow (OpenID Connect Core 1.0, 3.1) with a proof of the code
 * (PKCE, RFC 7636), as a client without a secret. The client is the first audience of the provider's tokens.
 */
export class ProviderLogin implements LoginProvider {
  private places: { found: Promise<Places>; until: number } | undefined;
  private exchanges = 0;

  constructor(
    private readonly issuer: Pick<Issuer, 'url' | 'discoveryURL' | 'certificateAuthority' | 'audiences'>,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly fetch: Fetch = fetchText,
  ) {}

  get url(): string {
    return this.issuer.url;
  }

  async namesItself(): Promise<boolean> {
    return (await this.find()).namesItself;
  }

  async addressFor({ redirect, state, nonce, verifier }: Parameters<LoginProvider['addressFor']>[0]): Promise<string> {
    const address = new URL((await this.find()).authorization);
    const parameters = {
      client_id: this.client,
      response_type: 'code',
      scope: 'openid email profile',
      redirect_uri: redirect,
      state,
      nonce,
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
    return address.href;
  }

  async tokenFor({ code, redirect, verifier }: Parameters<LoginProvider['tokenFor']>[0]): Promise<string> {
    if (this.exchanges >= MAX_EXCHANGES) throw new Error('too many sign in at this provider at once');
    this.exchanges++;
    try {
      const { token: place } = await this.find();
      const form = new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: this.client,
        code,
        redirect_uri: redirect,
        code_verifier: verifier,
      });
      const { id_token: token } = objectIn(
        await this.fetch(place, { ca: this.issuer.certificateAuthority, form }),
        place,
      );
      if (typeof token !== 'string') throw new Error(`${place} answers no ID token`);
      return token;
    } finally {
      this.exchanges--;
    }
  }

  private get client(): string {
    return this.issuer.audiences[0] ?? '';
  }

  /** Asked once for all who come meanwhile. */
  private find(): Promise<Places> {
    const now = this.clock.now();
    if (this.places && this.places.until > now) return this.places.found;
    const known = { found: this.ask(), until: now + KNOWN_MS };
    known.found.catch(() => (known.until = this.clock.now() + COOLDOWN_MS));
    this.places = known;
    return known.found;
  }

  private async ask(): Promise<Places> {
    const { place, provider } = await discover(this.issuer, this.fetch);
    const authorization = placeIn(provider, 'authorization_endpoint');
    const token = placeIn(provider, 'token_endpoint');
    if (authorization === undefined || token === undefined) throw new Error(`${place} names no place to sign in at`);
    return { authorization, token, namesItself: provider['authorization_response_iss_parameter_supported'] === true };
  }
}
