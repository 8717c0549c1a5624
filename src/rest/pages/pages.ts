import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Api, User } from '../../api/contract.ts';
import type { Exchange } from '../exchange.ts';
import { PageFiles } from './page-files.ts';
import { isSameOrigin, Sessions, type SessionContext } from './sessions.ts';

const FILES = '/graphiql/';

/** The GraphiQL page of one API process: at /graphiql, and at /graphql for who asks for HTML. */
export class Pages {
  private constructor(
    private readonly sessions: Sessions,
    private readonly files: PageFiles,
  ) {}

  /**
   * @param store keeps the key that signs sessions, which all API processes share
   * @param folder where the built page is, if not in dist/dashboard
   */
  static async open(store: Pick<Api['store'], 'setting'>, folder?: string): Promise<Pages> {
    const key = await store.setting('graphiql-session-key', () => Promise.resolve(randomBytes(32).toString('base64')));
    return new Pages(new Sessions(key), new PageFiles(folder));
  }

  /** Path and query of a link that logs a browser in, once, within ten minutes; for reading only unless `write`. */
  loginLink(user: User, { write = false }: { write?: boolean } = {}): string {
    return `/graphiql?token=${this.sessions.link({ user, write })}`;
  }

  /** Answers what is the page or belongs to it; false where it is an operation. */
  serve({ method, pathname, query, req, res }: Exchange): boolean {
    if (pathname.startsWith(FILES)) this.files.file(pathname.slice(FILES.length), req, res);
    else if (pathname === '/graphiql') this.enter(query.get('token'), res);
    else if (method === 'GET' && !query.has('query') && /text\/html/.test(req.headers.accept ?? ''))
      this.files.page(res);
    else return false;
    return true;
  }

  /** Whom a request acts for. Its own credentials come first; a cookie counts only from our own page. */
  contextOf(exchange: Exchange): SessionContext {
    const { req, user, impersonator, agent, origin } = exchange;
    const anonymous = user.name === 'system:anonymous' && !impersonator;
    const session = anonymous && isSameOrigin(req) ? this.sessions.of(req) : undefined;
    if (!session) return exchange;
    const warn = (text: string): void => exchange.warn(text);
    return { user: session.user, agent, origin, warn, signal: exchange.signal, readOnly: !session.write };
  }

  /** With a token the browser is logged in first, and the token leaves the address bar. */
  private enter(token: string | null, res: ServerResponse): void {
    if (token === null) return this.files.page(res);
    const session = this.sessions.redeem(token);
    if (!session) {
      res.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      res.end('This link was used already or is older than ten minutes.\n');
      return;
    }
    res.writeHead(303, {
      location: '/graphiql',
      'set-cookie': this.sessions.cookie(session),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    res.end();
  }
}
