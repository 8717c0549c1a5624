import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Exchange } from '../../../src/rest/exchange.ts';
import { Pages } from '../../../src/rest/pages/pages.ts';
import type { SessionContext } from '../../../src/rest/pages/sessions.ts';

const KEY = Buffer.from('a key that all processes share').toString('base64');
const store = { setting: () => Promise.resolve(KEY) };
const KIM = { name: 'kim', groups: [] };
let folder: string;
let pages: Pages;
let server: Server;
let base: string;
let asked: SessionContext[];

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'pages-'));
  writeFileSync(path.join(folder, 'graphiql.js'), 'export {};');
  writeFileSync(path.join(folder, 'graphiql.js.gz'), gzipSync('export {};'));
  pages = await Pages.open(store, folder);
  asked = [];
  server = createServer((req, res) => {
    const exchange = new Exchange(req, res);
    if (req.headers.authorization) exchange.user = { name: 'bearer', groups: [] };
    if (pages.serve(exchange)) return;
    asked.push(pages.contextOf(exchange));
    res.end('an operation');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true });
});

const enter = (link: string) => fetch(base + link, { redirect: 'manual' });
const cookieOf = async (link: string): Promise<string> =>
  (await enter(link)).headers.get('set-cookie')!.split(';', 1)[0]!;
/** Sends an operation; whom it acts for, and whether it may only read. */
async function operation(headers: Record<string, string>): Promise<[user: string, readOnly: boolean | undefined]> {
  await fetch(`${base}/graphql`, { method: 'POST', headers });
  const { user, readOnly } = asked.at(-1)!;
  return [user.name, readOnly];
}

describe('what is a page', () => {
  const html = { accept: 'text/html' };
  test.each([
    ['the page', 'GET', '/graphiql', {}, true],
    ['the page for a browser at /graphql', 'GET', '/graphql', html, true],
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
    pages = await Pages.open(store, folder);
    const answer = await fetch(`${base}/graphiql/graphiql.js`);
    expect([answer.status, await answer.text()]).toEqual([404, 'the dashboard is not built: npm run build\n']);
  });
});

describe('a session', () => {
  test('begins with a link that works once', async () => {
    const link = pages.loginLink(KIM);
    const answer = await enter(link);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/graphiql']);
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; Secure; SameSite=Strict/);
    expect((await enter(link)).status).toBe(403);
    expect((await enter('/graphiql?token=guessed')).status).toBe(403);
  });

  test.each([
    ['for reading', {}, true],
    ['for writing', { write: true }, false],
  ])('%s', async (_, options, readOnly) => {
    const cookie = await cookieOf(pages.loginLink(KIM, options));
    expect(await operation({ cookie, origin: base })).toEqual(['kim', readOnly]);
    expect(await operation({ cookie, 'sec-fetch-site': 'same-origin' })).toEqual(['kim', readOnly]);
  });

  test.each<[string, (cookie: string) => Record<string, string>]>([
    ['from another site', (cookie) => ({ cookie, origin: 'https://elsewhere' })],
    ['from nowhere', (cookie) => ({ cookie })],
    ['with a changed signature', (cookie) => ({ cookie: `${cookie.slice(0, -2)}zz`, origin: base })],
    ['with another session under the signature', (cookie) => ({ cookie: cookie.replace('=', '=x'), origin: base })],
  ])('does not count %s', async (_, headers) => {
    expect(await operation(headers(await cookieOf(pages.loginLink(KIM))))).toEqual(['system:anonymous', undefined]);
  });

  test('gives way to credentials of the request', async () => {
    const cookie = await cookieOf(pages.loginLink(KIM));
    expect(await operation({ cookie, origin: base, authorization: 'Bearer x' })).toEqual(['bearer', undefined]);
  });

  test('is good on another process with the same key', async () => {
    const cookie = await cookieOf(pages.loginLink(KIM));
    pages = await Pages.open(store, folder);
    expect(await operation({ cookie, origin: base })).toEqual(['kim', true]);
  });
});
