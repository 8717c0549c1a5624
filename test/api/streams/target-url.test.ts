import { describe, expect, test } from 'vitest';
import { pathOf, targetUrl } from '../../../src/api/streams/target-url.ts';

const url = (path: string, search = '', host = '10.1.2.3', port = 8080) =>
  targetUrl({ secure: false, host, port, path, search });

describe('the path of a target', () => {
  test.each([
    ['/', '/'],
    ['', '/'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b/'],
    ['a', '/a'],
    ['//evil.example/a', '/evil.example/a'],
    ['/a//b', '/a/b'],
    ['/../../etc', '/etc'],
    ['/a/../b', '/b'],
    ['/a/./b', '/a/b'],
    ['/a/%2e%2e/b', '/b'],
    ['/a/%2E%2e/%2e%2E/b', '/b'],
    ['/a%2f..%2fb', '/b'],
    ['/a%2Fb', '/a/b'],
    ['/\\evil.example', '/%5Cevil.example'],
    ['\\\\evil.example/a', '/%5C%5Cevil.example/a'],
    ['/a%5c..%5cb', '/a%5c..%5cb'],
    ['/a%252f..%252fb', '/a%252f..%252fb'],
    ['/a?b', '/a%3Fb'],
    ['/a#b', '/a%23b'],
    ['/@evil.example', '/@evil.example'],
    ['/a:b@c', '/a:b@c'],
    ['/http://evil.example/', '/http:/evil.example/'],
    ['/%C3%A9%00', '/%C3%A9%00'],
    ['/..', '/'],
    ['/../', '/'],
  ])('%j becomes %j', (path, wanted) => {
    expect(url(path).pathname).toBe(wanted);
  });

  test('a search stays one', () => {
    expect(url('/a', '?b=%20c&d=/../e#f').href).toBe('http://10.1.2.3:8080/a?b=%20c&d=/../e%23f');
    expect(url('/a', '?@evil.example:1/').host).toBe('10.1.2.3:8080');
  });

  test('names stay one segment each', () => {
    expect(pathOf('exec', 't', '../b', 'c/d?e')).toBe('/exec/t/..%2Fb/c%2Fd%3Fe');
  });
});

/** Pieces of which addresses of all kinds are made. */
const PIECES = ['/', '\\', '@', ':', '?', '#', '..', '%2e', '%2f', '%5c', '%00', '\t', '\n', ' ', '[', ']', 'a', '80'];
PIECES.push('127.0.0.1', 'evil.example', 'http:', '//', '%', '%zz', 'é', '~', '*', ';', '&', '=', '|', '"', '<', '^');

/** A sequence of numbers that looks random and is the same each time. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state;
  }
}

test('whatever the path and the search are, host, port, scheme and user are what was checked', () => {
  const from = numbers(7);
  const next = (below: number): number => Math.floor((from.next().value / 2 ** 32) * below);
  const text = (): string => Array.from({ length: next(8) }, () => PIECES[next(PIECES.length)]).join('');
  const hosts = ['10.1.2.3', '127.1.0.7', 'fd00::7', 'node-1.example'];
  for (let i = 0; i < 20_000; i++) {
    const host = hosts[i % hosts.length] ?? '';
    const port = 1 + next(65535);
    const secure = i % 2 === 0;
    const search = next(2) ? `?${text()}` : '';
    const {
      hostname,
      port: found,
      protocol,
      username,
      password,
      pathname,
      hash,
    } = targetUrl({
      secure,
      host,
      port,
      path: text(),
      search,
    });
    const shown = host.includes(':') ? `[${host}]` : host;
    const usual = secure ? 443 : 80;
    expect([hostname, found || String(usual), protocol]).toEqual([shown, String(port), secure ? 'https:' : 'http:']);
    expect([username, password, hash]).toEqual(['', '', '']);
    expect(pathname).toMatch(/^\/(?!.*\/\.\.?(\/|$))/);
    // what is sent is read again by the target
    expect(new URL(pathname, 'http://target').host).toBe('target');
  }
});
