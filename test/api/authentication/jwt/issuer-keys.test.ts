import { exportJWK, generateKeyPair, SignJWT, compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { IssuerKeys } from '../../../../src/api/authentication/jwt/issuer-keys.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

const URL = 'https://issuer.example';
const DOCUMENT = `${URL}/.well-known/openid-configuration`;

async function provider() {
  const clock = new FakeClock();
  const asked: string[] = [];
  const pages = new Map<string, string | Error>([
    [DOCUMENT, JSON.stringify({ issuer: URL, jwks_uri: `${URL}/keys` })],
    [`${URL}/keys`, '{"keys":[]}'],
  ]);
  const fetch = (url: string) => {
    asked.push(url);
    const page = pages.get(url) ?? new Error('404');
    return page instanceof Error ? Promise.reject(page) : Promise.resolve(page);
  };
  const pairs = new Map<string, PrivateKey>();
  const addKey = async (kid: string) => {
    const pair = await generateKeyPair('ES256');
    pairs.set(kid, pair.privateKey);
    const { keys } = JSON.parse(pages.get(`${URL}/keys`) as string) as { keys: object[] };
    pages.set(`${URL}/keys`, JSON.stringify({ keys: [...keys, { ...(await exportJWK(pair.publicKey)), kid }] }));
  };
  const keys = new IssuerKeys({ url: URL }, clock, fetch);
  const verify = async (kid: string) => {
    const key = pairs.get(kid) ?? (await generateKeyPair('ES256')).privateKey;
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(key);
    return compactVerify(token, keys.find);
  };
  return { clock, asked, pages, addKey, verify };
}

describe("a provider's keys", () => {
  it('are asked for once, however many tokens come at once', async () => {
    const { addKey, asked, verify } = await provider();
    await addKey('a');
    await Promise.all(Array.from({ length: 20 }, () => verify('a')));
    await verify('a');
    expect(asked).toEqual([DOCUMENT, `${URL}/keys`]);
  });

  it('are asked for again for a key that is new, and not more often than every ten seconds', async () => {
    const { addKey, asked, clock, verify } = await provider();
    await addKey('a');
    await verify('a');
    await addKey('b');
    await expect(verify('b')).rejects.toThrow();
    await clock.advance(10_000);
    await verify('b');
    for (let i = 0; i < 50; i++) await expect(verify('made up')).rejects.toThrow();
    expect(asked.length).toBe(4);
  });

  it('that were withdrawn are good for ten minutes at most', async () => {
    const { addKey, clock, pages, verify } = await provider();
    await addKey('a');
    await verify('a');
    pages.set(`${URL}/keys`, '{"keys":[]}');
    await clock.advance(600_001);
    await verify('a'); // asks behind its back
    await clock.advance(0);
    await expect(verify('a')).rejects.toThrow();
  });

  it('outlive a provider that is away, and are found when it comes back', async () => {
    const { addKey, clock, pages, verify } = await provider();
    const document = pages.get(DOCUMENT)!;
    pages.set(DOCUMENT, new Error('connection refused'));
    await addKey('a');
    await expect(verify('a')).rejects.toThrow('connection refused');
    await expect(verify('a')).rejects.toThrow('the provider has not been reached yet');
    pages.set(DOCUMENT, document);
    await clock.advance(10_000);
    await verify('a');
    pages.set(DOCUMENT, new Error('connection refused'));
    await clock.advance(3_600_000);
    await verify('a');
  });

  it.each([
    [
      'another issuer',
      JSON.stringify({ issuer: `${URL}/`, jwks_uri: `${URL}/keys` }),
      'is "https://issuer.example/", not',
    ],
    ['keys without TLS', JSON.stringify({ issuer: URL, jwks_uri: 'http://issuer.example/keys' }), 'names no keys'],
    ['no keys', JSON.stringify({ issuer: URL }), 'names no keys'],
    ['a list', '[]', 'is no object'],
    ['text', 'hello', 'JSON'],
  ])('are refused from a document with %s', async (_, document, why) => {
    const { pages, verify } = await provider();
    pages.set(DOCUMENT, document);
    await expect(verify('a')).rejects.toThrow(why);
  });
});
