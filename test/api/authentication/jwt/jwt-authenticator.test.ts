import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JwtAuthenticatorConfiguration } from '../../../../src/api/authentication/jwt/configuration.ts';
import { JwtAuthenticator } from '../../../../src/api/authentication/jwt/jwt-authenticator.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const ISSUER = 'https://issuer.example';
const clock = new FakeClock();
const NOW = clock.now() / 1000;
type Pair = Awaited<ReturnType<typeof generateKeyPair>>;
let rsa: Pair;
let other: Pair;
let elliptic: Pair;
let stranger: Pair;
let keys: ReturnType<typeof createLocalJWKSet>;

beforeAll(async () => {
  [rsa, other, stranger] = (await Promise.all(['RS256', 'RS256', 'RS256'].map((alg) => generateKeyPair(alg)))) as [
    Pair,
    Pair,
    Pair,
  ];
  elliptic = await generateKeyPair('ES256');
  keys = createLocalJWKSet({
    keys: [
      { ...(await exportJWK(rsa.publicKey)), kid: 'a', use: 'sig' },
      { ...(await exportJWK(other.publicKey)), kid: 'b', use: 'sig' },
      { ...(await exportJWK(elliptic.publicKey)), kid: 'c', use: 'sig' },
    ],
  });
});

const base: JwtAuthenticatorConfiguration = {
  issuer: { url: ISSUER, audiences: ['me', 'us'], audienceMatchPolicy: 'MatchAny' },
  claimMappings: { username: { claim: 'sub', prefix: 'p:' }, groups: { claim: 'groups', prefix: 'g:' } },
};
const good = { iss: ISSUER, aud: 'me', exp: NOW + 60, sub: 'ann' };

interface Header {
  alg?: string;
  kid?: string;
}
const sign = (claims: object, { alg = 'RS256', kid = 'a' }: Header = {}, key: Pair['privateKey'] = rsa.privateKey) =>
  new SignJWT({ ...claims }).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key);

const authenticate = (token: string, change: Partial<JwtAuthenticatorConfiguration> = {}, algorithms?: string[]) =>
  new JwtAuthenticator({ ...base, ...change }, clock, algorithms, { find: keys }).authenticate(token);

describe('a token of a provider', () => {
  it.each<[string, object]>([
    ['one audience of several', { aud: ['x', 'us'] }],
    ['valid from a little later on', { nbf: NOW + 200 }],
    ['claims that nobody asks for', { constructor: 'x', __proto__x: 1 }],
  ])('is good: %s', async (_, change) => {
    expect(await authenticate(await sign({ ...good, ...change }))).toEqual({ name: 'p:ann', groups: [] });
  });

  it.each<[string, object, string]>([
    ['over', { exp: NOW }, 'the token is expired'],
    ['for ever', { exp: undefined }, 'the token is expired'],
    ['with an end that is no number', { exp: `${NOW + 60}` }, 'the token is expired'],
    ['too early', { nbf: NOW + 301 }, 'the token is not valid yet'],
    ['for another audience', { aud: 'you' }, 'the token is for another audience'],
    ['for no audience', { aud: undefined }, 'the token is for another audience'],
    ['without a subject', { sub: undefined }, 'claim sub is not present'],
    ['with a subject that is no text', { sub: 7 }, 'claim sub is no string'],
    ['with groups that are no texts', { groups: ['a', 1] }, 'neither a string nor a list'],
    ['with groups that are kept elsewhere', { _claim_names: { groups: 'src' } }, 'distributed claim'],
  ])('is refused: %s', async (_, change, why) => {
    await expect(authenticate(await sign({ ...good, ...change }))).rejects.toThrow(why);
  });

  it("of another issuer is somebody else's", async () => {
    expect(await authenticate(await sign({ ...good, iss: `${ISSUER}/` }))).toBeUndefined();
    for (const text of ['', 'a', 'a.b', 'a.b.c', 'a.b.c.d', '..', `${'.'.repeat(1000)}`])
      expect(await authenticate(text)).toBeUndefined();
  });

  it('is signed by a key of the provider, by an algorithm that is allowed', async () => {
    const secret = await exportJWK(rsa.publicKey);
    const tokens: [string, Promise<string> | string][] = [
      ["a stranger's key", sign(good, {}, stranger.privateKey)],
      ['a key that is not there', sign(good, { kid: 'z' })],
      ['the key of another id', sign(good, { kid: 'b' })],
      ['no signature', new UnsecuredJWT({ ...good }).encode()],
      [
        'a public key as a shared secret',
        new SignJWT({ ...good })
          .setProtectedHeader({ alg: 'HS256', kid: 'a' })
          .sign(new TextEncoder().encode(JSON.stringify(secret))),
      ],
      ['an algorithm that was not named', sign(good, { alg: 'PS256' }, (await generateKeyPair('PS256')).privateKey)],
    ];
    for (const [what, token] of tokens) await expect(authenticate(await token, {}, ['RS256']), what).rejects.toThrow();
    const es = await sign(good, { alg: 'ES256', kid: 'c' }, elliptic.privateKey);
    await expect(authenticate(es, {}, ['RS256'])).rejects.toThrow();
    expect((await authenticate(es))?.name).toBe('p:ann');
  });

  it('that names no key is tried with each', async () => {
    expect((await authenticate(await sign(good, { kid: '' }, other.privateKey)))?.name).toBe('p:ann');
    await expect(authenticate(await sign(good, { kid: '' }, stranger.privateKey))).rejects.toThrow();
  });

  it('is kept, but never past its end', async () => {
    const own = new FakeClock();
    let asked = 0;
    const find: typeof keys = Object.assign(
      ((...args) => {
        asked++;
        return keys(...args);
      }) as typeof keys,
      { jwks: keys.jwks },
    );
    const authenticator = new JwtAuthenticator(base, own, undefined, { find });
    const token = await sign({ ...good, exp: own.now() / 1000 + 5 });
    for (let i = 0; i < 3; i++) expect((await authenticator.authenticate(token))?.name).toBe('p:ann');
    expect(asked).toBe(1);
    await own.advance(5000);
    await expect(authenticator.authenticate(token)).rejects.toThrow('expired');
  });
});

describe('the claims of a token', () => {
  it.each<[string, object, Partial<JwtAuthenticatorConfiguration>, object]>([
    ['groups, one or many', { groups: 'a' }, {}, { name: 'p:ann', groups: ['g:a'] }],
    ['groups', { groups: ['a', 'b'] }, {}, { name: 'p:ann', groups: ['g:a', 'g:b'] }],
    [
      'the id of the credential',
      { jti: 'x' },
      {},
      { name: 'p:ann', groups: [], extra: { 'authentication.kubernetes.io/credential-id': ['JTI=x'] } },
    ],
    [
      'an address that was checked',
      { email: 'a@b', email_verified: true },
      { claimMappings: { username: { claim: 'email', prefix: '' } } },
      { name: 'a@b', groups: [] },
    ],
    [
      'expressions',
      { roles: ['x', ''], id: 'u', dept: null },
      {
        claimMappings: {
          username: { expression: "claims.sub + '@ku7s'" },
          groups: { expression: 'claims.roles' },
          uid: { expression: 'claims.id' },
          extra: [
            { key: 'example.com/a', valueExpression: 'claims.roles' },
            { key: 'example.com/b', valueExpression: 'claims.dept' },
          ],
        },
      },
      { name: 'ann@ku7s', uid: 'u', groups: ['x'], extra: { 'example.com/a': ['x'] } },
    ],
  ])('become a user: %s', async (_, change, configuration, user) => {
    expect(await authenticate(await sign({ ...good, ...change }), configuration)).toEqual(user);
  });

  it.each<[string, object, Partial<JwtAuthenticatorConfiguration>, string]>([
    [
      'an address that was not checked',
      { email: 'a@b', email_verified: false },
      { claimMappings: { username: { claim: 'email', prefix: '' } } },
      'email not verified',
    ],
    [
      'an empty name',
      { name: '' },
      { claimMappings: { username: { expression: 'claims.name' } } },
      'empty username via CEL expression is not allowed',
    ],
    [
      'a name that is no text',
      { name: 1 },
      { claimMappings: { username: { expression: 'claims.name' } } },
      'username claim expression must return a string',
    ],
    [
      'a claim that an expression misses',
      {},
      { claimMappings: { username: { expression: 'claims.name' } } },
      'no such key',
    ],
    [
      'a claim that must be there',
      {},
      { claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] },
      'required claim hd is not present',
    ],
    [
      'a claim with another value',
      { hd: 'y' },
      { claimValidationRules: [{ claim: 'hd', requiredValue: 'x' }] },
      'required claim hd has another value',
    ],
    [
      'a rule over claims',
      { hd: 'y' },
      { claimValidationRules: [{ expression: "claims.hd == 'x'", message: 'not ours' }] },
      "validation expression 'claims.hd == 'x'' failed: not ours",
    ],
    [
      'a rule over the user',
      {},
      { userValidationRules: [{ expression: "!user.username.startsWith('p:')", message: 'reserved' }] },
      'failed: reserved',
    ],
  ])('are refused: %s', async (_, change, configuration, why) => {
    await expect(authenticate(await sign({ ...good, ...change }), configuration)).rejects.toThrow(why);
  });
});
