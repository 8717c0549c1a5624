import type { IncomingMessage } from 'node:http';

/** The prefix keeps it to this host, and from being set by what is not HTTPS (RFC 6265bis). */
const NAME = '__Host-ku7s_session';
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';

/** Value of a Set-Cookie header: for HTTPS, out of reach for scripts and for other sites. @param ms how long it is kept */
export const cookieWith = (id: string, ms: number): string => `${NAME}=${id}; Max-Age=${ms / 1000}; ${ATTRIBUTES}`;

/** Value of a Set-Cookie header that takes it away. */
export const NO_COOKIE = `${NAME}=; Max-Age=0; ${ATTRIBUTES}`;

/** What a request's cookie says; undefined where there is none. */
export function cookieOf({ headers }: IncomingMessage): string | undefined {
  for (const part of (headers.cookie ?? '').split(';')) {
    const [name = '', value] = part.trim().split('=', 2);
    if (name === NAME && value) return value;
  }
  return undefined;
}
