import { randomBytes } from 'node:crypto';
import { decodeJwt, type JWTPayload } from 'jose';
import { SESSION_MS, type BrowserSessions } from '../../api/authentication/browser-sessions.ts';
import type { Api, LoginProvider, User } from '../../api/contract.ts';
import { ShownCredential } from '../../api/standing/credential.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { isStatusError } from '../../meta/status.ts';
import type { Exchange } from '../exchange.ts';
import { sendJson, sendText } from '../respond.ts';
import { cookieOf, cookieWith, loginCookie } from './cookie.ts';
import { LOGIN_COOKIE } from './session-cookie.ts';

/** GET: the providers at which one may sign in. */
const PROVIDERS = '/graphiql/providers';
/** GET with `?issuer=`: leads to that provider, which leads back to the other. */
const BEGIN = '/dashboard/login';
const BACK = '/dashboard/login/back';
/** Parameter of both: which provider. */
const ISSUER = 'issuer';
/** ms in which one comes back */
const LOGIN_MS = 10 * 60_000;
/** Characters of what a provider says that are told. */
const LONGEST = 300;

/** What a browser takes along to a provider, in its cookie: it alone comes back with this. */
interface Begun {
  state: string;
  nonce: string;
  verifier: string;
  provider: LoginProvider;
}

const secret = (): string => randomBytes(32).toString('base64url');
const inCookie = ({ state, nonce, verifier, provider }: Begun): string =>
  [state, nonce, verifier, Buffer.from(provider.url).toString('base64url')].join('.');

/**
 * Signs a browser in at an OpenID provider that the cluster believes. Its ID token is good here for what it is good for
 * in a kubeconfig: the session is its user's, and ends with it.
 */
export class ProviderSignIn {
  constructor(
    private readonly api: Pick<Api, 'authenticate' | 'loginProviders'>,
    private readonly log: (line: string) => void,
  ) {}

  /** False where a request is not for this. */
  async serve(exchange: Exchange, sessions: Pick<BrowserSessions, 'link' | 'begin'>): Promise<boolean> {
    const { method, pathname } = exchange;
    if (method !== 'GET') return false;
    if (pathname === PROVIDERS)
      await sendJson(exchange, 200, { providers: this.api.loginProviders().map(({ url }) => url) });
    else if (pathname === BEGIN) await this.begin(exchange);
    else if (pathname === BACK) await this.comeBack(exchange, sessions);
    else return false;
    return true;
  }

  private async begin(exchange: Exchange): Promise<void> {
    const provider = this.find(exchange.query.get(ISSUER));
    if (!provider) return sendText(exchange, 404, 'This cluster knows no such provider.\n');
    const begun = { state: secret(), nonce: secret(), verifier: secret(), provider };
    try {
      const redirect = await this.backTo(exchange, provider);
      const location = await provider.addressFor({ ...begun, redirect });
      leadTo(exchange, location, [loginCookie(inCookie(begun), LOGIN_MS)]);
    } catch (error) {
      this.log(`oidc: ${provider.url}: ${errorMessage(error)}`);
      return sendText(exchange, 502, 'The provider does not answer.\n');
    }
  }

  private async comeBack(exchange: Exchange, sessions: Pick<BrowserSessions, 'link' | 'begin'>): Promise<void> {
    const { query } = exchange;
    const begun = this.begunWith(cookieOf(exchange.req, LOGIN_COOKIE));
    // another site is not to sign a browser in as whom it likes
    if (!begun || query.get('state') !== begun.state)
      return sendText(exchange, 403, 'This sign-in was not begun in this browser, or is older than ten minutes.\n');
    const redirect = await this.backTo(exchange, begun.provider).catch(() => undefined);
    if (redirect === undefined) return sendText(exchange, 502, 'The provider does not answer.\n');
    if (!(await this.isFrom(begun.provider, exchange, redirect)))
      return sendText(exchange, 403, 'Another provider answers than was asked.\n');
    const code = query.get('code');
    if (code === null) {
      const why = query.get('error_description') ?? query.get('error') ?? 'it gives no reason';
      return sendText(exchange, 403, `The provider has not signed you in: ${why.slice(0, LONGEST)}\n`);
    }
    const token = await this.tokenFor(begun, code, redirect);
    const user = token === undefined ? undefined : await this.userOf(token, begun);
    const id = token !== undefined && user && (await this.session(token, user, sessions));
    if (!id) return sendText(exchange, 403, 'This cluster does not take what the provider says of you.\n');
    leadTo(exchange, '/dashboard', [cookieWith(id, SESSION_MS), loginCookie('', 0)]);
  }

  /**
   * The address to which a provider leads back. Where there are several, those that do not say who they are have one each
   * (RFC 9700, 4.4.2.2): one that asks another for a code of ours is then told from it.
   */
  private async backTo({ req }: Exchange, provider: LoginProvider): Promise<string> {
    const host = req.headers.host ?? String((req.headers as Record<string, unknown>)[':authority']);
    const several = this.api.loginProviders().length > 1;
    const own = several && !(await provider.namesItself()) ? `?${ISSUER}=${encodeURIComponent(provider.url)}` : '';
    return `https://${host}${BACK}${own}`;
  }

  /** Whether it is this provider that has led back, to the address that is its own or with its name. */
  private async isFrom(provider: LoginProvider, { query }: Exchange, redirect: string): Promise<boolean> {
    if (new URL(redirect).searchParams.get(ISSUER) !== query.get(ISSUER)) return false;
    const named = query.get('iss');
    return named === null ? !(await provider.namesItself()) : named === provider.url;
  }

  private async tokenFor({ provider, verifier }: Begun, code: string, redirect: string): Promise<string | undefined> {
    try {
      return await provider.tokenFor({ code, verifier, redirect });
    } catch (error) {
      this.log(`oidc: ${provider.url}: ${errorMessage(error)}`);
      return undefined;
    }
  }

  /** Undefined where the token is not good here, is not of the provider that was asked, or was made for another sign-in. */
  private async userOf(token: string, { nonce, provider }: Begun): Promise<User | undefined> {
    const user = await this.api.authenticate({ token }).catch((error: unknown) => {
      if (!isStatusError(error, 'Unauthorized')) throw error;
      return undefined;
    });
    const claims = user && claimsOf(token);
    return claims?.iss === provider.url && claims['nonce'] === nonce ? user : undefined;
  }

  private async session(
    token: string,
    user: User,
    sessions: Pick<BrowserSessions, 'link' | 'begin'>,
  ): Promise<string | undefined> {
    const credential = new ShownCredential(() => this.api.authenticate({ token }), { token });
    return sessions.begin(await sessions.link({ user, write: true }, credential));
  }

  private begunWith(cookie: string | undefined): Begun | undefined {
    const [state = '', nonce = '', verifier = '', url = ''] = cookie?.split('.') ?? [];
    const provider = this.find(Buffer.from(url, 'base64url').toString());
    return provider && state ? { state, nonce, verifier, provider } : undefined;
  }

  private find(url: string | null): LoginProvider | undefined {
    return this.api.loginProviders().find((provider) => provider.url === url);
  }
}

/** Undefined of a token that is none of a provider's: some have any text. */
function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

const leadTo = ({ res }: Exchange, location: string, cookies: readonly string[]): void => {
  res.writeHead(303, {
    location,
    'set-cookie': [...cookies],
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
  res.end();
};
