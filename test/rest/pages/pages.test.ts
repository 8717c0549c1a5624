import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Exchange } from '../../../src/rest/exchange.ts';
import { statusOf } from '../../../src/rest/errors.ts';
import { Pages, type SessionContext } from '../../../src/rest/pages/pages.ts';
import { sendStatus } from '../../../src/rest/respond.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const HOUR = 3600_000;
const KIM = { name: 'kim', groups: [] };
let folder: string;
let pages: Pages;
let server: Server;
let base: string;
let asked: SessionContext[];
let store: MemoryStore;
let now: number;
/** paths that the user of a bearer token may ask for */
let allowed: string[];

const open = () =>
  new Pages(
    {
      store,
      isInTokenFile: () => false,
      authorize: (_, right) => ({
        allowed: allowed.includes(`${right.verb} ${'path' in right ? right.path : ''}`),
        reason: '',
      }),
    },
    { folder, now: () => now },
  );

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pages-'));
  writeFileSync(path.join(folder, 'graphiql.js'), 'export {};');
  writeFileSync(path.join(folder, 'graphiql.js.gz'), gzipSync('export {};'));
  now = Date.now();
  allowed = [];
  store = new MemoryStore();
  pages = open();
  asked = [];
  const serve = async (exchange: Exchange): Promise<void> => {
    if (await pages.serve(exchange)) return;
    asked.push(await pages.contextOf(exchange));
    exchange.res.end('an operation');
  };
  server = createServer((req, res) => {
    const exchange = new Exchange(req, res);
    if (req.headers.authorization) exchange.user = { name: 'bearer', groups: [] };
    serve(exchange).catch((error: unknown) =>
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
  rmSync(folder, { recursive: true });
});

const enter = (link: string, init: RequestInit = {}) => fetch(base + link, { redirect: 'manual', ...init });
const cookieIn = (answer: Response): string => answer.headers.get('set-cookie')!.split(';', 1)[0]!;
const cookieOf = async (link: Promise<string>): Promise<string> => cookieIn(await enter(await link));
const own = (cookie: string) => ({ cookie, 'sec-fetch-site': 'same-origin' });
const session = (cookie: string, method = 'GET') =>
  fetch(`${base}/graphiql/session`, { method, headers: method === 'GET' ? own(cookie) : { cookie, origin: base } });
const who = async (cookie: string): Promise<string> =>
  ((await (await session(cookie)).json()) as { user: string }).user;
/** Sends an operation; whom it acts for, and whether it may only read; a code where it is refused. */
async function operation(
  headers: Record<string, string>,
): Promise<[user: string, readOnly: boolean | undefined] | number> {
  const { status } = await fetch(`${base}/graphql`, { method: 'POST', headers });
  if (status !== 200) return status;
  const { user, readOnly } = asked.at(-1)!;
  return [user.name, readOnly];
}
const ANONYMOUS = 'system:anonymous';

describe('what is a page', () => {
  const html = { accept: 'text/html' };
  test.each([
    ['GraphiQL', 'GET', '/graphiql', {}, true],
    ['GraphiQL for a browser at /graphql', 'GET', '/graphql', html, true],
    ['a query of a browser', 'GET', '/graphql?query=%7Ba%7D', html, false],
    ['a query', 'GET', '/graphql', { accept: 'application/json' }, false],
    ['an operation', 'POST', '/graphql', html, false],
  ])('%s: %s %s', async (_, method, url, headers, isPage) => {
    const answer = await fetch(base + url, { method, headers });
    const text = await answer.text();
    if (!isPage) return expect(text).toBe('an operation');
    expect(text).toContain('/graphiql/graphiql.js');
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  test.each(['/dashboard', '/dashboard/kinds/pods', '/dashboard/kinds/pods/default/web'])(
    'the dashboard at %s, whose styles carry a nonce that no other page has',
    async (url) => {
      const [first, second] = await Promise.all([fetch(base + url), fetch(base + url)]);
      const policy = first.headers.get('content-security-policy')!;
      const text = await first.text();
      const [nonce] = /(?<=nonce=")[^"]+/.exec(text) ?? [];
      expect(text).toContain('/dashboard/assets/dashboard.js');
      expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
      expect(policy).not.toContain('unsafe');
      expect(second.headers.get('content-security-policy')).not.toBe(policy);
    },
  );

  test('the parts that the dashboard begins with are asked for by the page, and not one by another', async () => {
    writeFileSync(path.join(folder, 'first-parts.json'), JSON.stringify(['chunk-AB.js', 'chunk-CD.js']));
    pages = open();
    const text = await (await fetch(`${base}/dashboard`)).text();
    const asked = [...text.matchAll(/<link rel="modulepreload" href="([^"]+)">/g)].map(([, href]) => href);
    expect(asked).toEqual(['/dashboard/assets/chunk-AB.js', '/dashboard/assets/chunk-CD.js']);
    const other = await (await fetch(`${base}/graphql`, { headers: { accept: 'text/html' } })).text();
    expect(other).not.toContain('modulepreload');
  });

  test('parts of a bundle, which are named by what is in them, are kept by the browser', async () => {
    writeFileSync(path.join(folder, 'chunk-AB.js'), 'export {};');
    pages = open();
    const part = await fetch(`${base}/dashboard/assets/chunk-AB.js`);
    expect(part.headers.get('cache-control')).toContain('immutable');
    expect((await fetch(`${base}/dashboard/assets/graphiql.js`)).headers.get('cache-control')).toBe('no-cache');
  });

  test('its files, with a tag that spares a second transfer', async () => {
    const script = await fetch(`${base}/graphiql/graphiql.js`);
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(await script.text()).toBe('export {};');
    const again = { headers: { 'if-none-match': script.headers.get('etag')! } };
    expect((await fetch(`${base}/graphiql/graphiql.js`, again)).status).toBe(304);
  });

  test.each(['/graphiql/none.js', '/graphiql/..%2fsecret.js', '/graphiql/graphiql.js.gz'])(
    'no file %s',
    async (url) => {
      expect((await fetch(base + url)).status).toBe(404);
    },
  );

  test('a page that was not built says what to do', async () => {
    rmSync(path.join(folder, 'graphiql.js'));
    rmSync(path.join(folder, 'graphiql.js.gz'));
    pages = open();
    const answer = await fetch(`${base}/graphiql/graphiql.js`);
    expect([answer.status, await answer.text()]).toEqual([404, 'the dashboard is not built: npm run build\n']);
  });
});

describe('a session', () => {
  test('begins with a link that works once', async () => {
    const link = await pages.loginLink(KIM);
    const answer = await enter(link);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/dashboard']);
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-.* Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    expect((await enter(link)).status).toBe(403);
    expect((await enter('/graphiql?token=guessed')).status).toBe(403);
  });

  test.each<[string, RequestInit]>([
    ['a look at its head', { method: 'HEAD' }],
    ['a page that loads ahead', { headers: { 'sec-purpose': 'prefetch;prerender' } }],
    ['a form', { method: 'POST' }],
  ])('begins not with %s, and the link stays good', async (_, init) => {
    const link = await pages.loginLink(KIM);
    const answer = await enter(link, init);
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([200, null]);
    expect((await enter(link)).status).toBe(303);
  });

  test('begins not with a link older than ten minutes', async () => {
    const link = await pages.loginLink(KIM);
    now += HOUR / 6;
    expect((await enter(link)).status).toBe(403);
  });

  test.each([
    ['for reading', {}, true],
    ['for writing', { write: true }, false],
  ])('%s', async (_, options, readOnly) => {
    const cookie = await cookieOf(pages.loginLink(KIM, options));
    expect(await operation({ cookie, origin: base })).toEqual(['kim', readOnly]);
    expect(await operation(own(cookie))).toEqual(['kim', readOnly]);
    expect(await (await session(cookie)).json()).toMatchObject({ user: 'kim', groups: [], write: !readOnly });
  });

  test.each<[string, (cookie: string) => Record<string, string>]>([
    ['another site', (cookie) => ({ cookie, origin: 'https://elsewhere' })],
    ['another port', (cookie) => ({ cookie, origin: 'http://127.0.0.1:1' })],
    ['another scheme', (cookie) => ({ cookie, origin: base.replace('http:', 'https:') })],
    ['a sandbox', (cookie) => ({ cookie, origin: 'null' })],
    ['a link of another site', (cookie) => ({ cookie, 'sec-fetch-site': 'cross-site' })],
    ['nowhere', (cookie) => ({ cookie })],
  ])('is refused to %s', async (_, headers) => {
    const cookie = await cookieOf(pages.loginLink(KIM));
    expect(await operation(headers(cookie))).toBe(403);
    expect((await fetch(`${base}/graphiql/session`, { method: 'DELETE', headers: headers(cookie) })).status).toBe(403);
    expect(await who(cookie)).toBe('kim');
  });

  test('is nobody’s with another id', async () => {
    const cookie = await cookieOf(pages.loginLink(KIM));
    expect(await operation({ cookie: `${cookie.slice(0, -2)}zz`, origin: base })).toEqual([ANONYMOUS, undefined]);
  });

  test('gives way to credentials of the request', async () => {
    const cookie = await cookieOf(pages.loginLink(KIM));
    expect(await operation({ cookie, origin: base, authorization: 'Bearer x' })).toEqual(['bearer', undefined]);
  });

  test('ends when one signs out, here and in other processes, with what it has opened', async () => {
    const cookie = await cookieOf(pages.loginLink(KIM));
    await operation(own(cookie));
    const { credential } = asked.at(-1)!;
    expect(await credential!.recheck()).toEqual(KIM);
    const answer = await session(cookie, 'DELETE');
    expect(answer.headers.get('set-cookie')).toMatch(/=; Max-Age=0; /);
    expect(await credential!.recheck()).toBeUndefined();
    expect(await who(cookie)).toBe(ANONYMOUS);
    pages = open();
    expect(await who(cookie)).toBe(ANONYMOUS);
  });

  test('ends eight hours after its last use, which gives it more time', async () => {
    const cookie = await cookieOf(pages.loginLink(KIM));
    for (let use = 1; use <= 3; use++) {
      now += 7 * HOUR;
      const answer = await session(cookie);
      expect(((await answer.json()) as { user: string }).user).toBe('kim');
      expect(cookieIn(answer)).toBe(cookie);
    }
    expect((await session(cookie)).headers.get('set-cookie')).toBeNull();
    now += 8 * HOUR;
    expect(await who(cookie)).toBe(ANONYMOUS);
  });

  test('is good on another process, and after a restart', async () => {
    const cookie = await cookieOf(pages.loginLink(KIM));
    pages = open();
    expect(await operation(own(cookie))).toEqual(['kim', true]);
  });
});

describe('a link on demand', () => {
  const ask = (init: RequestInit = {}) =>
    fetch(`${base}/graphiql/links?write=true`, { method: 'POST', headers: { authorization: 'Bearer x' }, ...init });

  test('needs a right of its own', async () => {
    expect((await ask()).status).toBe(403);
    allowed = ['post /graphiql/links', 'get /graphiql/links'];
    expect((await ask({ method: 'GET' })).status).toBe(405);
    const { link } = (await (await ask()).json()) as { link: string };
    expect(await who(await cookieOf(Promise.resolve(link)))).toBe('bearer');
  });
});
