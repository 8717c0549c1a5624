import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { isCrossSite, isForeign } from '../../../src/rules/http/same-origin.ts';

const request = (headers: IncomingHttpHeaders): IncomingMessage =>
  ({ headers: { host: 'cluster:6443', ...headers }, socket: { encrypted: true } }) as unknown as IncomingMessage;
const ELSEWHERE = 'https://elsewhere.example';
const PASSED_ON = { 'x-forwarded-for': '127.0.0.1' };

describe('a page of another site', () => {
  test.each<[string, IncomingHttpHeaders, boolean]>([
    ['no browser', {}, false],
    ['our page', { origin: 'https://cluster:6443' }, false],
    ['our page without TLS', { origin: 'http://cluster:6443' }, true],
    ['another page', { origin: ELSEWHERE }, true],
    ['a sandbox', { origin: 'null' }, true],
    ['a client with a token that names an origin', { origin: ELSEWHERE, authorization: 'bearer t' }, false],
    ['another page with a password in the address', { origin: ELSEWHERE, authorization: 'Basic YTpi' }, true],
    ['another page with another word', { origin: ELSEWHERE, authorization: 'bearer' }, true],
    ['another page by way of a proxy', { origin: ELSEWHERE, ...PASSED_ON }, true],
  ])('%s', (_, headers, foreign) => {
    expect([isCrossSite(request(headers)), isForeign(request(headers), false)]).toEqual([foreign, foreign]);
    expect(isForeign(request(headers), true)).toBe(false);
  });

  test.each<[string, IncomingHttpHeaders, boolean]>([
    ['kubectl proxy on this machine', { origin: 'http://127.0.0.1:8001' }, false],
    ['kubectl proxy by its name', { origin: 'http://localhost:8001' }, false],
    ['kubectl proxy over IPv6', { origin: 'http://[::1]:8001' }, false],
    ['a name that looks like this machine', { origin: 'http://localhost.elsewhere.example' }, true],
    [
      'a proxy that says by which name it was asked',
      { origin: ELSEWHERE, 'x-forwarded-host': 'elsewhere.example' },
      false,
    ],
    ['several proxies', { origin: ELSEWHERE, 'x-forwarded-host': 'elsewhere.example, inner' }, false],
    ['a proxy that was asked by another name', { origin: ELSEWHERE, 'x-forwarded-host': 'cluster.example' }, true],
    ['a proxy that was asked at another port', { origin: ELSEWHERE, 'x-forwarded-host': 'elsewhere.example:8' }, true],
    ['a sandbox', { origin: 'null', 'x-forwarded-host': 'null' }, true],
    ['a browser that says that it is the same', { origin: ELSEWHERE, 'sec-fetch-site': 'same-origin' }, false],
    ['a browser that says that it is another', { origin: 'http://localhost:3', 'sec-fetch-site': 'same-site' }, true],
  ])('the page of a proxy: %s', (_, headers, foreign) => {
    expect(isForeign(request({ ...headers, ...PASSED_ON }), false)).toBe(foreign);
    // without a proxy these say nothing
    expect(isForeign(request(headers), false)).toBe(true);
    // GraphQL takes a token over the socket, which needs no such page
    expect(isCrossSite(request({ ...headers, ...PASSED_ON }))).toBe(true);
  });
});
