import type { Clock } from '../../../rules/clock.ts';
import { isObject, parseJson } from '../oci/manifest.ts';
import { PullError, type RegistryCredential } from '../image-service.ts';
import type { Challenge } from './challenge.ts';
import { readBody, type HttpClient, type HttpRequest, type Trust } from './http-client.ts';

/** Bytes of a token server's answer, and of a token. */
const MAX_ANSWER = 256 * 1024;
/** How long a token of which nothing is said is used, ms; the specification's least. */
const DEFAULT_LIFE_MS = 60_000;
/** Tokens kept at most. */
const MAX_TOKENS = 500;

/** Basic authentication, RFC 7617; undefined for a credential without name. */
export const basicAuthorization = ({ username = '', password = '' }: RegistryCredential): string | undefined =>
  username ? `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` : undefined;

/** Bearer tokens for registries, by Docker's token specification and, with an identity token, OAuth2. */
export class TokenSource {
  private readonly tokens = new Map<string, { token: string; until: number }>();

  constructor(
    private readonly http: HttpClient,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /**
   * @param origin of the registry that asks, and its trust: a token server of one with TLS has TLS too
   * @param fresh a token that is known was refused
   * @throws PullError when the token server gives none
   */
  async get(
    { parameters }: Challenge,
    scope: string,
    credential: RegistryCredential | undefined,
    origin: { url: URL } & Trust,
    fresh: boolean,
    signal: AbortSignal,
  ): Promise<string> {
    const realm = parameters['realm'] ?? '';
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    if (!url || !/^https?:$/.test(url.protocol))
      throw new PullError('the registry asks for a token and does not say from where');
    if (url.protocol === 'http:' && origin.url.protocol === 'https:')
      throw new PullError('the registry asks for a token from a server without TLS', true);
    const service = parameters['service'] ?? '';
    const key = JSON.stringify([realm, service, scope, credential ?? null]);
    const known = this.tokens.get(key);
    if (known && !fresh && known.until > this.clock.now()) return known.token;
    const trust: Trust =
      url.host === origin.url.host
        ? origin
        : { skipVerify: origin.skipVerify, ...(origin.ca !== undefined && { ca: origin.ca }) };
    const { token, life } = await this.ask(url, tokenRequest(url, service, scope, credential), trust, signal);
    this.tokens.delete(key);
    this.tokens.set(key, { token, until: this.clock.now() + life * 0.9 });
    const oldest = this.tokens.keys().next().value;
    if (this.tokens.size > MAX_TOKENS && oldest !== undefined) this.tokens.delete(oldest);
    return token;
  }

  private async ask(url: URL, request: HttpRequest, trust: Trust, signal: AbortSignal) {
    const response = await this.http.send(url, request, trust, signal);
    const body = await readBody(response, MAX_ANSWER);
    const { statusCode = 0 } = response;
    if (statusCode !== 200) {
      const refused = statusCode === 401 || statusCode === 403;
      throw new PullError(`failed to fetch a token from ${url.host}: unexpected status ${statusCode}`, refused);
    }
    const json = parseJson(body, `the answer of ${url.host}`);
    const token = json['token'] || json['access_token'];
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw new PullError(`${url.host} gives no token`);
    const life = isObject(json) && typeof json['expires_in'] === 'number' ? json['expires_in'] * 1000 : DEFAULT_LIFE_MS;
    return { token, life: Math.max(life, DEFAULT_LIFE_MS) };
  }
}

/** Changes the URL for the request that needs no body. */
function tokenRequest(
  url: URL,
  service: string,
  scope: string,
  credential: RegistryCredential | undefined,
): HttpRequest {
  const { identityToken } = credential ?? {};
  if (identityToken) {
    const form = { grant_type: 'refresh_token', service, client_id: 'ku7s', scope, refresh_token: identityToken };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', headers, body: new URLSearchParams(form).toString() };
  }
  if (service) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope);
  const authorization = credential && basicAuthorization(credential);
  return { headers: authorization ? { authorization } : {} };
}
