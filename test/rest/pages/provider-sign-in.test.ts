import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginProvider, User } from '../../../src/api/contract.ts';
import { statusOf } from '../../../src/rest/errors.ts';
import { Exchange } from '../../../src/rest/exchange.ts';
import { Pages } from '../../../src/rest/pages/pages.ts';
import { ProviderSignIn } from '../../../src/rest/pages/provider-sign-in.ts';
import { sendStatus } from '../../../src/rest/respond.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const ISSUER = 'https://issuer.example';
const BEGIN = `/dashboard/login?issuer=${encodeURIComponent(ISSUER)}`;
/** what the provider was told, and what it makes of a code */
let told: Parameters<LoginProvider['addressFor']>[0];
let exchanged: Parameters<LoginProvider['tokenFor']>[0];
let claims: (nonce: string) => Record<string, unknown>;
/** in place of a token of these claims */
let text: string | undefined;
let known: boolean;
let server: Server;
let base: string;

/** whether the provider says who it is, and what others there are */
let names: boolean;
let others: LoginProvider[];

const provider: LoginProvider = {
  url: ISSUER,
  namesItself: () => Promise.resolve(names),
  addressFor(login) {
    told = login;
    return Promise.resolve(`${ISSUER}/auth?state=${login.state}`);
  },
  tokenFor(login) {
    exchanged = login;
    if (login.code === 'used') return Promise.reject(new Error('invalid_grant'));
    return Promise.resolve(text ?? new UnsecuredJWT(claims(told.nonce)).encode());
  },
};

beforeEach(async () => {
  known = true;
  names = false;
  others = [];
  text = undefined;
  claims = (nonce) => ({ iss: ISSUER, nonce, exp: Math.floor(Date.now() / 1000) + 60 });
  const ann: User = { name: 'oidc:ann', groups: ['oidc:builders'] };
  const elsewhere = new ProviderSignIn(
    { authenticate: () => Promise.resolve(known ? ann : undefined), loginProviders: () => [provider, ...others] },
    () => undefined,
  );
  const pages = new Pages(
    { store: new MemoryStore(), isInTokenFile: () => false, authorize: () => ({ allowed: false, reason: '' }) },
    { elsewhere },
  );
  server = createServer((req, res) => {
    const exchange = new Exchange(req, res);
    pages.serve(exchange).catch((error: unknown) =>
      sendStatus(
        exchange,
        statusOf(error, () => undefined),
      ),
    );
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
});

const get = (path: string, cookie = '') => fetch(base + path, { redirect: 'manual', headers: { cookie } });
const cookiesOf = (answer: Response): string[] => answer.headers.getSetCookie();
/** Begins: the cookie with which the browser comes back. */
async function begin(): Promise<string> {
  const answer = await get(BEGIN);
  expect(answer.status).toBe(303);
  return cookiesOf(answer)[0]!.split(';', 1)[0]!;
}

describe('signing in at an OpenID provider', () => {
  it('is offered for those that the cluster believes', async () => {
    expect(await (await get('/graphiql/providers')).json()).toEqual({ providers: [ISSUER] });
    expect((await get('/dashboard/login?issuer=https://elsewhere.example')).status).toBe(404);
  });

  it('leads there with a cookie that comes back with a link, and is for nobody to read', async () => {
    const answer = await get(BEGIN);
    expect(answer.headers.get('location')).toBe(`${ISSUER}/auth?state=${told.state}`);
    expect(told.redirect).toBe(`${base.replace('http', 'https')}/dashboard/login/back`);
    expect(cookiesOf(answer)).toEqual([
      expect.stringMatching(/^__Host-ku7s_login=[\w.-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
    expect(told.verifier).toMatch(/^[\w-]{43}$/);
  });

  it('ends in a session of the user, which ends with the token', async () => {
    const cookie = await begin();
    const answer = await get(`/dashboard/login/back?code=c&state=${told.state}&iss=${ISSUER}`, cookie);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/dashboard']);
    expect(exchanged).toEqual({ code: 'c', verifier: told.verifier, redirect: told.redirect });
    const [session = '', forgotten = ''] = cookiesOf(answer);
    expect(forgotten).toContain('__Host-ku7s_login=; Max-Age=0');
    const who = await fetch(`${base}/graphiql/session`, {
      headers: { cookie: session.split(';', 1)[0]!, 'sec-fetch-site': 'same-origin' },
    });
    const { user, until } = (await who.json()) as { user: string; until: string };
    expect(user).toBe('oidc:ann');
    expect(Date.parse(until)).toBeLessThanOrEqual(Date.now() + 60_000);
  });

  it.each<[what: string, search: () => string, cookie: (own: string) => string, says: string]>([
    ['was begun elsewhere', () => `code=c&state=${told.state}`, () => '', 'not begun in this browser'],
    ['was begun twice', () => 'code=c&state=another', (own) => own, 'not begun in this browser'],
    ['has no state', () => 'code=c', (own) => own, 'not begun in this browser'],
    ['has an empty one', () => 'code=c&state=', () => '__Host-ku7s_login=..', 'not begun in this browser'],
    [
      'is of another provider',
      () => `code=c&state=${told.state}&iss=https://elsewhere.example`,
      (own) => own,
      'Another provider',
    ],
    [
      'was refused there',
      () => `error=access_denied&error_description=${'no '.repeat(1000)}&state=${told.state}`,
      (own) => own,
      'not signed you in: no no',
    ],
    ['has a code that was used', () => `code=used&state=${told.state}`, (own) => own, 'does not take'],
  ])('makes no session where it %s', async (_, search, cookie, says) => {
    const own = await begin();
    const answer = await get(`/dashboard/login/back?${search()}`, cookie(own));
    expect(answer.status).toBe(403);
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain(says);
    expect(text.length).toBeLessThan(500);
    expect(cookiesOf(answer)).toEqual([]);
  });

  it.each<[what: string, change: () => void]>([
    ['was made for another sign-in', () => (claims = () => ({ iss: ISSUER, nonce: 'another', exp: 2 ** 31 }))],
    ['is for none', () => (claims = () => ({ iss: ISSUER, exp: 2 ** 31 }))],
    [
      'is of another provider than was asked',
      () => (claims = (nonce) => ({ iss: 'https://elsewhere.example', nonce, exp: 2 ** 31 })),
    ],
    ['is none of a provider', () => (text = 'of-the-token-file')],
    ['the cluster does not take', () => (known = false)],
  ])('makes no session with a token that %s', async (_, change) => {
    const cookie = await begin();
    change();
    const answer = await get(`/dashboard/login/back?code=c&state=${told.state}`, cookie);
    expect(answer.status).toBe(403);
    expect(cookiesOf(answer)).toEqual([]);
  });

  it.each<[what: string, several: boolean, named: boolean, search: string, status: number]>([
    ['one that says who it is', false, true, `iss=${ISSUER}`, 303],
    ['one that says who it is, and this time does not', false, true, '', 403],
    ['one of several that say who they are', true, true, `iss=${ISSUER}`, 303],
    ['one of several that does not, at its own address', true, false, `issuer=${ISSUER}`, 303],
    ['one of several that does not, at the address of all', true, false, '', 403],
    ['one of several that does not, at the address of another', true, false, 'issuer=https://elsewhere.example', 403],
    ['the only one, at the address of another', false, false, 'issuer=https://elsewhere.example', 403],
  ])('tells who has led back: %s', async (_, several, named, search, status) => {
    names = named;
    others = several ? [{ ...provider, url: 'https://elsewhere.example' }] : [];
    const cookie = await begin();
    const own = several && !named ? `?issuer=${encodeURIComponent(ISSUER)}` : '';
    expect(told.redirect).toBe(`${base.replace('http', 'https')}/dashboard/login/back${own}`);
    const answer = await get(`/dashboard/login/back?${search}&code=c&state=${told.state}`, cookie);
    expect(answer.status).toBe(status);
    expect(cookiesOf(answer)).toHaveLength(status === 303 ? 2 : 0);
  });

  it('is for links alone', async () => {
    expect((await fetch(base + BEGIN, { method: 'POST', redirect: 'manual' })).headers.getSetCookie()).toEqual([]);
  });
});
