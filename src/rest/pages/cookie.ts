import type { IncomingMessage } from 'node:http';
import { SESSION_COOKIE } from './session-cookie.ts';

const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';

/** Value of a Set-Cookie header: for HTTPS, out of reach for scripts and for other sites. @param ms how long it is kept */
export const cookieWith = (id: string, ms: number): string =>
  `${SESSION_COOKIE}=${id}; Max-Age=${ms / 1000}; ${ATTRIBUTES}`;

/** Value of a Set-Cookie header that takes it away. */
export const NO_COOKIE = `${SESSION_COOKIE}=; Max-Age=0; ${ATTRIBUTES}`;

/** What a request's cookie says; undefined where there is none. */
export function cookieOf({ headers }: IncomingMessage): string | undefined {
  for (const part of (headers.cookie ?? '').split(';')) {
    const [name = '', value] = part.trim().split('=', 2);
    if (name === SESSION_COOKIE && value) return value;
  }
  return undefined;
}
