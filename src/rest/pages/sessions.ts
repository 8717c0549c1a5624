import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { RequestContext, User } from '../../api/contract.ts';
import { SESSION_COOKIE } from './session-cookie.ts';

/** Who a browser session acts as. One without `write` may only read. */
export interface Session {
  user: User;
  write: boolean;
}

/** Whom a request acts for; `readOnly`: in a session that may not write. */
export interface SessionContext extends RequestContext {
  readOnly?: boolean;
}

/** ms; a session ends after it, wherever it is used */
const SESSION_LIFE = 12 * 3600_000;
/** ms in which a login link can be used, once */
const LINK_LIFE = 10 * 60_000;
/** Links that wait to be used; the oldest is forgotten for a new one. */
const MAX_LINKS = 100;

/**
 * Browser sessions. The cookie holds the session itself, signed with a key that all API processes share, so it outlives
 * a restart and works on any of them. A login link is known only to the process that made it.
 */
export class Sessions {
  private readonly links = new Map<string, { session: Session; until: number }>();

  /** @param key secret, in base64 */
  constructor(
    private readonly key: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** A one-time token of a link that logs in as `session`. */
  link(session: Session): string {
    const token = randomBytes(32).toString('base64url');
    if (this.links.size >= MAX_LINKS) this.links.delete(this.links.keys().next().value!);
    this.links.set(token, { session, until: this.now() + LINK_LIFE });
    return token;
  }

  /** The session of a link's token, once; undefined when it was used, is too old or never was. */
  redeem(token: string): Session | undefined {
    const link = this.links.get(token);
    this.links.delete(token);
    return link && link.until > this.now() ? link.session : undefined;
  }

  /** Value of a Set-Cookie header (RFC 6265): for HTTPS, out of reach for scripts and for other sites. */
  cookie(session: Session): string {
    const payload = Buffer.from(JSON.stringify({ ...session, until: this.now() + SESSION_LIFE })).toString('base64url');
    const value = `${payload}.${this.sign(payload)}`;
    return `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${SESSION_LIFE / 1000}; HttpOnly; Secure; SameSite=Strict`;
  }

  /** The session of a request's cookie; undefined where there is none that is good. */
  of(req: IncomingMessage): Session | undefined {
    const cookie = (req.headers.cookie ?? '').split(/;\s*/).find((part) => part.startsWith(`${SESSION_COOKIE}=`));
    if (!cookie) return undefined;
    const [payload = '', signature = ''] = cookie.slice(SESSION_COOKIE.length + 1).split('.');
    const wanted = Buffer.from(this.sign(payload));
    const given = Buffer.from(signature);
    if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return undefined;
    const { until, user, write } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Session & {
      until: number;
    };
    return until > this.now() ? { user, write } : undefined;
  }

  private sign(payload: string): string {
    return createHmac('sha256', Buffer.from(this.key, 'base64')).update(payload).digest('base64url');
  }
}

/**
 * Whether a browser sent this from our own page. SameSite keeps the cookie from other sites; this keeps it from other
 * ports and subdomains of the same one. A request without Origin (a GET of the page itself) is judged by Fetch Metadata.
 */
export function isSameOrigin(req: IncomingMessage): boolean {
  const host = req.headers.host ?? (req.headers as Record<string, unknown>)[':authority'];
  const { origin } = req.headers;
  if (origin) return URL.canParse(origin) && new URL(origin).host === host;
  return req.headers['sec-fetch-site'] === 'same-origin';
}
