import { describe, expect, it } from 'vitest';
import type { FetchOptions } from '../../../../src/api/authentication/jwt/fetch.ts';
import { ProviderLogin } from '../../../../src/api/authentication/jwt/provider-login.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const URL_ = 'https://issuer.example/realm';
const PLACES = {
  authorization_endpoint: 'https://issuer.example/auth?kc=1',
  token_endpoint: 'https://issuer.example/t',
};
const LOGIN = { redirect: 'https://here.example/back', state: 's', nonce: 'n', verifier: 'v'.repeat(43) };

function provider(pages: Record<string, (options: FetchOptions) => unknown> = {}) {
  const clock = new FakeClock();
  const asked: [url: string, form: string | undefined][] = [];
  const all: typeof pages = {
    [`${URL_}/.well-known/openid-configuration`]: () => ({ issuer: URL_, ...PLACES }),
    [PLACES.token_endpoint]: () => ({ id_token: 'a.b.c', access_token: 'x' }),
    ...pages,
  };
  const fetch = async (url: string, options: FetchOptions): Promise<string> => {
    asked.push([url, options.form?.toString()]);
    const page = await all[url]?.(options);
    return typeof page === 'string' ? page : JSON.stringify(page);
  };
  const login = new ProviderLogin(
    { url: URL_, audiences: ['ku7s', 'other'], certificateAuthority: 'CA' },
    clock,
    fetch,
  );
  return { login, clock, asked };
}

describe('signing in at a provider', () => {
  it('leads to it with a challenge, whose answer stays here', async () => {
    const address = new URL(await provider().login.addressFor(LOGIN));
    expect(address.origin + address.pathname).toBe('https://issuer.example/auth');
    expect(Object.fromEntries(address.searchParams)).toEqual({
      kc: '1',
      client_id: 'ku7s',
      response_type: 'code',
      scope: 'openid email profile',
      redirect_uri: LOGIN.redirect,
      state: 's',
      nonce: 'n',
      // base64url(sha256('v' * 43)), as RFC 7636 has it
      code_challenge: expect.stringMatching(/^[\w-]{43}$/) as unknown,
      code_challenge_method: 'S256',
    });
    expect(address.href).not.toContain(LOGIN.verifier);
  });

  it.each([
    [true, true],
    [false, false],
    ['true', false],
    [undefined, false],
  ])('names itself where it says %s of that: %s', async (says, names) => {
    const page = { issuer: URL_, ...PLACES, authorization_response_iss_parameter_supported: says };
    const { login } = provider({ [`${URL_}/.well-known/openid-configuration`]: () => page });
    expect(await login.namesItself()).toBe(names);
  });

  it('exchanges a code for the ID token', async () => {
    const { login, asked } = provider();
    expect(await login.tokenFor({ code: 'c', ...LOGIN })).toBe('a.b.c');
    expect(Object.fromEntries(new URLSearchParams(asked.at(-1)?.[1]))).toEqual({
      grant_type: 'authorization_code',
      client_id: 'ku7s',
      code: 'c',
      redirect_uri: LOGIN.redirect,
      code_verifier: LOGIN.verifier,
    });
  });

  it.each([
    ['is another one', { issuer: 'https://elsewhere.example', ...PLACES }],
    ['sends codes without TLS', { issuer: URL_, ...PLACES, token_endpoint: 'http://issuer.example/t' }],
    ['has no page', { issuer: URL_, token_endpoint: PLACES.token_endpoint }],
    ['says nothing', null],
  ])('is refused where the provider %s', async (_, document) => {
    const { login } = provider({ [`${URL_}/.well-known/openid-configuration`]: () => document });
    await expect(login.addressFor(LOGIN)).rejects.toThrow();
    await expect(login.tokenFor({ code: 'c', ...LOGIN })).rejects.toThrow();
  });

  it('is refused where the answer has no ID token', async () => {
    const { login } = provider({ [PLACES.token_endpoint]: () => ({ access_token: 'x' }) });
    await expect(login.tokenFor({ code: 'c', ...LOGIN })).rejects.toThrow('no ID token');
  });

  it('tells nothing of an answer that is none: it may have a token', async () => {
    const { login } = provider({ [PLACES.token_endpoint]: () => 'secret=1&id_token=a.b.c' });
    const told = await login.tokenFor({ code: 'c', ...LOGIN }).catch((error: Error) => error.message);
    expect(told).toBe(`${PLACES.token_endpoint} is no JSON`);
  });

  it('tells little of a provider that says much', async () => {
    const place = `${URL_}/.well-known/openid-configuration`;
    const { login } = provider({ [place]: () => ({ issuer: 'x'.repeat(100_000) }) });
    const told = await login.addressFor(LOGIN).catch((error: Error) => error.message);
    expect(told).toContain('is "xxx');
    expect(told.length).toBeLessThan(500);
  });

  it('asks a provider what it is once in ten minutes, and one that is away every ten seconds', async () => {
    let away = true;
    const { login, asked, clock } = provider({
      [`${URL_}/.well-known/openid-configuration`]: () => {
        if (away) throw new Error('away');
        return { issuer: URL_, ...PLACES };
      },
    });
    for (let i = 0; i < 5; i++) await expect(login.addressFor(LOGIN)).rejects.toThrow('away');
    expect(asked).toHaveLength(1);
    away = false;
    await clock.advance(10_001);
    for (let i = 0; i < 5; i++) await login.addressFor(LOGIN);
    expect(asked).toHaveLength(2);
    await clock.advance(600_001);
    await login.addressFor(LOGIN);
    expect(asked).toHaveLength(3);
  });

  it('has no more than eight codes on the way at once, whoever brings them', async () => {
    const waiting: ((answer: object) => void)[] = [];
    const { login } = provider({ [PLACES.token_endpoint]: () => new Promise((answer) => waiting.push(answer)) });
    await login.addressFor(LOGIN);
    const asked = Array.from({ length: 9 }, (_, n) =>
      login.tokenFor({ code: `${n}`, ...LOGIN }).catch((error: Error) => error.message),
    );
    expect(await asked[8]).toContain('too many');
    while (waiting.length < 8) await Promise.resolve();
    for (const answer of waiting) answer({ id_token: 'a.b.c' });
    expect(await Promise.all(asked.slice(0, 8))).toEqual(Array.from({ length: 8 }, () => 'a.b.c'));
    const last = login.tokenFor({ code: 'c', ...LOGIN });
    while (waiting.length < 9) await Promise.resolve();
    waiting[8]?.({ id_token: 'd.e.f' });
    expect(await last).toBe('d.e.f');
  });
});
