import type { IncomingMessage } from 'node:http';
import { requireAttributes } from '../../api/authorization/attributes.ts';
import { BrowserSessions, SESSION_MS, type BrowserSession } from '../../api/authentication/browser-sessions.ts';
import type { Api, RequestContext, User } from '../../api/contract.ts';
import { methodNotAllowedHere, StatusError, unauthorized } from '../../meta/status.ts';
import { isSameOrigin } from '../../rules/http/same-origin.ts';
import type { Exchange } from '../exchange.ts';
import { sendJson, sendText } from '../respond.ts';
import { cookieOf, cookieWith, NO_COOKIE } from './cookie.ts';
import { PageFiles } from './page-files.ts';
import type { ProviderSignIn } from './provider-sign-in.ts';

const DASHBOARD = '/dashboard';
const GRAPHIQL = '/graphiql';
/** where each page's files are */
const ASSETS = ['/dashboard/assets/', '/graphiql/'];
/** who one is: GET; sign in with a token: POST; sign out: DELETE */
const SESSION = '/graphiql/session';
/** POST makes a login link for who asks; a right of its own, which nobody has but system:masters and whom RBAC names */
const LINKS = '/graphiql/links';

/** Whom a request acts for; `readOnly`: in a session that may not write. */
export interface SessionContext extends RequestContext {
  readOnly?: boolean;
}

/**
 * The pages of one API process: the dashboard at /dashboard and all that is below it, to which / leads; GraphiQL at
 * /graphiql, and at /graphql for who asks for HTML.
 */
export class Pages {
  private readonly sessions: BrowserSessions;
  private readonly files: PageFiles;

  private readonly elsewhere: ProviderSignIn | undefined;

  /**
   * @param folder where the built page is, if not in dist/dashboard
   * @param elsewhere signs in at OpenID providers
   */
  constructor(
    private readonly api: Pick<Api, 'authorize' | 'isInTokenFile' | 'store'>,
    { folder, now, elsewhere }: { folder?: string; now?: () => number; elsewhere?: ProviderSignIn } = {},
  ) {
    this.elsewhere = elsewhere;
    this.sessions = new BrowserSessions(api, now);
    this.files = new PageFiles(folder);
  }

  /** Path and query of a link that logs a browser in, once, within ten minutes; for reading only unless `write`. */
  async loginLink(user: User, { write = false }: { write?: boolean } = {}): Promise<string> {
    return linkWith(await this.sessions.link({ user, write }));
  }

  /** Answers what is a page or belongs to one; false where it is an operation. */
  async serve(exchange: Exchange): Promise<boolean> {
    const { method, pathname, query, req, res } = exchange;
    const assets = ASSETS.find((folder) => pathname.startsWith(folder));
    if (pathname === SESSION) await this.serveSession(exchange);
    else if (pathname === LINKS) await this.serveLinks(exchange);
    else if (await this.elsewhere?.serve(exchange, this.sessions)) return true;
    else if (assets !== undefined) this.files.file(pathname.slice(assets.length), req, res);
    else if (pathname === DASHBOARD || pathname === GRAPHIQL) await this.open(exchange, pathname);
    // the page itself knows which of its views a path is
    else if (pathname.startsWith(`${DASHBOARD}/`)) this.files.page('dashboard', res);
    else if (isFront(exchange))
      res.writeHead(303, { location: DASHBOARD, vary: 'accept', 'cache-control': 'no-store' }).end();
    else if (method === 'GET' && !query.has('query') && asksForHtml(req)) this.files.page('graphiql', res);
    else return false;
    return true;
  }

  /** Whom a request acts for. Its own credentials come first; a session is good for our own page only: throws 403. */
  async contextOf(exchange: Exchange): Promise<SessionContext> {
    const session = await this.sessionOf(exchange);
    if (!session) return exchange;
    const { user, write } = session;
    const { agent, origin } = exchange;
    const warn = (text: string): void => exchange.warn(text);
    return { user, credential: session, agent, origin, warn, signal: exchange.signal, readOnly: !write };
  }

  /**
   * Makes a request of ours one of the session's user, where it shows nothing else of who asks. Throws 403: from another
   * page, and where a session for reading would do something.
   */
  async enter(exchange: Exchange): Promise<void> {
    const session = await this.sessionOf(exchange);
    if (!session) return;
    if (!session.write && exchange.req.headers.upgrade !== undefined)
      throw forbidden('this session is for reading only');
    exchange.user = session.user;
    exchange.credential = session;
  }

  /** The session of a request that shows nothing else of who asks. A use gives it more time. */
  private async sessionOf({ req, res, user, impersonator }: Exchange): Promise<BrowserSession | undefined> {
    const id = user.name === 'system:anonymous' && !impersonator ? cookieOf(req) : undefined;
    const session = id === undefined ? undefined : await this.sessions.of(id);
    if (id === undefined || !session) return undefined;
    if (!isSameOrigin(req)) throw crossSite();
    if (await this.sessions.renew(id)) res.setHeader('set-cookie', cookieWith(id, SESSION_MS));
    return session;
  }

  private async serveSession(exchange: Exchange): Promise<void> {
    const { method, req } = exchange;
    if (method === 'POST') return this.signIn(exchange);
    const session = await this.sessionOf(exchange);
    if (method === 'DELETE') {
      const id = session && cookieOf(req);
      if (id) await this.sessions.signOut(id);
      return sendJson(exchange, 200, { user: null }, { 'Set-Cookie': NO_COOKIE });
    }
    if (method !== 'GET') throw methodNotAllowedHere();
    const { name, groups } = session?.user ?? exchange.user;
    const until = session && { write: session.write, until: new Date(session.until).toISOString() };
    return sendJson(exchange, 200, { user: name, groups, ...until });
  }

  /** Begins a session with the token that a request of our page shows. It may do what the token may, and ends with it. */
  private async signIn(exchange: Exchange): Promise<void> {
    const { user, impersonator, credential, byToken, req } = exchange;
    // another site is not to sign a browser in as whom it likes
    if (!isSameOrigin(req)) throw crossSite();
    if (impersonator) throw forbidden('a session is for who asks for it, and for nobody else');
    if (!byToken) throw unauthorized();
    const id = await this.sessions.begin(await this.sessions.link({ user, write: true }, credential));
    if (id === undefined) throw unauthorized();
    return sendJson(exchange, 201, { user: user.name }, { 'Set-Cookie': cookieWith(id, SESSION_MS) });
  }

  private async serveLinks(exchange: Exchange): Promise<void> {
    const { user, impersonator, credential, query, method } = exchange;
    requireAttributes(this.api, exchange, { verb: method.toLowerCase(), path: LINKS });
    if (method !== 'POST') throw methodNotAllowedHere();
    // a session would outlive the right to impersonate
    if (impersonator) throw forbidden('a login link is for who asks for it, and for nobody else');
    const token = await this.sessions.link({ user, write: query.get('write') === 'true' }, credential);
    return sendJson(exchange, 201, { link: linkWith(token) });
  }

  /** With a token the browser is logged in first, and the token leaves the address bar. */
  private async open(exchange: Exchange, page: typeof DASHBOARD | typeof GRAPHIQL): Promise<void> {
    const { method, query, req, res } = exchange;
    const token = query.get('token');
    // who only looks at a link, for a preview or ahead of a click, does not use it up
    if (token === null || method !== 'GET' || isAhead(req))
      return this.files.page(page === DASHBOARD ? 'dashboard' : 'graphiql', res);
    const id = await this.sessions.begin(token);
    if (id === undefined)
      return sendText(
        exchange,
        403,
        'This link was used already or is older than ten minutes; `ku7s login-link` makes another.\n',
      );
    res.writeHead(303, {
      location: page,
      'set-cookie': cookieWith(id, SESSION_MS),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    res.end();
  }
}

const linkWith = (token: string): string => `${DASHBOARD}?token=${token}`;

const asksForHtml = ({ headers }: IncomingMessage): boolean => (headers.accept ?? '').includes('text/html');

/** A browser at `/`, where other clients find the list of paths. */
export const isFront = ({ method, pathname, req }: Exchange): boolean =>
  pathname === '/' && (method === 'GET' || method === 'HEAD') && asksForHtml(req);

/** A browser that loads what may be clicked (https://wicg.github.io/nav-speculation/prefetch.html). */
const isAhead = ({ headers }: IncomingMessage): boolean => /\bprefetch\b/.test(String(headers['sec-purpose'] ?? ''));

const forbidden = (message: string): StatusError => new StatusError({ message, reason: 'Forbidden', code: 403 });
const crossSite = (): StatusError => forbidden('a session is good for requests of its own page only');
