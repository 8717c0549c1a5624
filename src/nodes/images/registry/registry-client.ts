import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../../rules/clock.ts';
import { isObject } from '../oci/manifest.ts';
import { PullError, type RegistryCredential } from '../image-service.ts';
import { parseChallenges } from './challenge.ts';
import { HttpClient, readBody } from './http-client.ts';
import type { Endpoint } from './registry-config.ts';
import { basicAuthorization, TokenSource } from './token-source.ts';

/** Redirects of one request that are followed. */
const MAX_REDIRECTS = 5;
/** Answers to 401: one with what is known, one with what the registry asks for anew. */
const MAX_CHALLENGES = 2;
/** Attempts of a request whose server is busy, and the wait between them, ms. */
const MAX_ATTEMPTS = 4;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const MAX_ERROR_BODY = 64 * 1024;

/** One repository at one place, asked with one credential. */
export interface RepositoryAccess {
  endpoint: Endpoint;
  /** `library/nginx` */
  path: string;
  credential: RegistryCredential | undefined;
}

/** A registry said no. */
export class RegistryAnswer extends PullError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message, status === 401 || status === 403);
  }
}

/**
 * Requests to registries by the distribution specification: finds out what authentication one wants, follows redirects
 * without showing another server the credential, and asks a busy one again.
 */
export class RegistryClient {
  private readonly http = new HttpClient();
  private readonly tokens: TokenSource;
  /** by place, repository and credential: what was asked for last, so that not every request is refused first */
  private readonly known = new Map<string, string>();

  constructor(private readonly clock: Clock) {
    this.tokens = new TokenSource(this.http, clock);
  }

  /**
   * An answer of success, whose body is yet to be read.
   * @param resource below the repository: `manifests/latest`. @throws RegistryAnswer, Error
   */
  async get(
    access: RepositoryAccess,
    resource: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.authorised(access, resource, headers, signal);
      const { statusCode: status = 0 } = response;
      if (status === 200 || status === 206) return response;
      const said = await errorOf(response);
      if ((status === 429 || status >= 500) && attempt < MAX_ATTEMPTS) {
        const asked = Number(response.headers['retry-after']) * 1000;
        await this.wait(Math.min(asked > 0 ? asked : FIRST_WAIT_MS * 2 ** attempt, LONGEST_WAIT_MS), signal);
      } else throw new RegistryAnswer(status, said);
    }
  }

  close(): void {
    this.http.close();
  }

  private async authorised(
    access: RepositoryAccess,
    resource: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { endpoint, path, credential } = access;
    const base = endpoint.url.pathname.replace(/\/$/, '');
    const url = new URL(`${base}/v2/${path}/${resource}`, endpoint.url);
    const key = JSON.stringify([url.origin, path, credential ?? null]);
    let authorization = credential?.registryToken ? `Bearer ${credential.registryToken}` : this.known.get(key);
    for (let challenges = 0; ; challenges++) {
      const own = authorization ? { ...headers, authorization } : headers;
      const response = await this.follow(url, own, endpoint, signal);
      if (response.statusCode !== 401 || challenges >= MAX_CHALLENGES) return response;
      const next = await this.answer(response, access, challenges > 0 || authorization !== undefined, signal);
      if (next === undefined || (next === authorization && challenges > 0)) return response;
      response.resume();
      authorization = next;
      if (this.known.size > 1000) this.known.clear();
      this.known.set(key, authorization);
    }
  }

  /** What to send to a registry that said 401; undefined when there is nothing more to say. */
  private async answer(
    response: IncomingMessage,
    { endpoint, path, credential }: RepositoryAccess,
    fresh: boolean,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(response.headers['www-authenticate'] ?? '');
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer)
      return `Bearer ${await this.tokens.get(bearer, `repository:${path}:pull`, credential, endpoint, fresh, signal)}`;
    const basic = challenges.some(({ scheme }) => scheme === 'basic');
    return basic && credential ? basicAuthorization(credential) : undefined;
  }

  private async follow(
    start: URL,
    headers: Readonly<Record<string, string>>,
    endpoint: Endpoint,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    let url = start;
    for (let redirects = 0; ; redirects++) {
      const same = url.origin === start.origin;
      const { authorization, ...others } = headers;
      const shown = same && authorization !== undefined ? { ...others, authorization } : others;
      // another server has the system's trust alone, unless the owner trusts everybody here
      const trust = same
        ? endpoint
        : { skipVerify: endpoint.skipVerify, ...(endpoint.ca !== undefined && { ca: endpoint.ca }) };
      const response = await this.http.send(url, { headers: shown }, trust, signal);
      const { location } = response.headers;
      if (![301, 302, 303, 307, 308].includes(response.statusCode ?? 0) || location === undefined) return response;
      response.resume();
      if (redirects >= MAX_REDIRECTS) throw new PullError(`${start.host} redirects more than ${MAX_REDIRECTS} times`);
      const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
      if (!next || !/^https?:$/.test(next.protocol)) throw new PullError(`${url.host} redirects to no URL`);
      if (url.protocol === 'https:' && next.protocol === 'http:')
        throw new PullError(`${url.host} redirects to a server without TLS`);
      url = next;
    }
  }

  private wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.clock.setTimeout(() => resolve(), ms);
      const stop = (): void => {
        this.clock.clearTimeout(timer);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}

/** What a registry says is the matter, by the specification; of anything else only the status is told. */
async function errorOf(response: IncomingMessage): Promise<string> {
  const status = `unexpected status ${response.statusCode} ${response.statusMessage ?? ''}`.trim();
  try {
    const json: unknown = JSON.parse((await readBody(response, MAX_ERROR_BODY)).toString());
    const errors = isObject(json) && Array.isArray(json['errors']) ? (json['errors'] as unknown[]) : [];
    const first = errors.find(isObject);
    const { code, message } = first ?? {};
    const said = [code, message].filter((each) => typeof each === 'string').join(': ');
    // of one line, whatever it is
    return said ? `${status}: ${said.replace(/[^\x20-\x7e]/g, ' ').slice(0, 300)}` : status;
  } catch {
    return status;
  }
}
