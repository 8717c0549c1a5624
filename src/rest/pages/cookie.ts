import type { IncomingMessage } from 'node:http';
import { LOGIN_COOKIE, SESSION_COOKIE } from './session-cookie.ts';

const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';

/** Value of a Set-Cookie header: for HTTPS, out of reach for scripts and for other sites. @param ms how long it is kept */
export const cookieWith = (id: string, ms: number): string =>
  `${SESSION_COOKIE}=${id}; Max-Age=${ms / 1000}; ${ATTRIBUTES}`;

/** Value of a Set-Cookie header that takes it away. */
export const NO_COOKIE = `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;

/** The same of a sign-in that was begun, which comes back from another site: by a link, as Lax lets it. @param ms how long it is kept; 0 takes it away */
export const loginCookie = (value: string, ms: number): string =>
  `${LOGIN_COOKIE}=${value}; Max-Age=${ms / 1000}; Path=/; HttpOnly; Secure; SameSite=Lax`;

/** What a request's cookie says; undefined where there is none. */
export function cookieOf({ headers }: IncomingMessage, cookie = SESSION_COOKIE): string | undefined {
  for (const part of (headers.cookie ?? '').split(';')) {
    const [name = '', value] = part.trim().split('=', 2);
    if (name === cookie && value) return value;
  }
  return undefined;
}
