import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SIGNING_ALGORITHMS } from '../../src/api/authentication/jwt/jwt-authenticator.ts';
import { authenticationSettings } from '../../src/start/authentication-options.ts';
import { followAuthentication } from '../../src/start/follow-authentication.ts';
import { StartError } from '../../src/start/start-error.ts';
import { FakeClock } from '../support/fake-clock.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-authentication-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const file = (text: string): string => {
  const name = path.join(folder, `${files++}.yaml`);
  writeFileSync(name, text);
  return name;
};
const settings = (flags: Parameters<typeof authenticationSettings>[0]) => authenticationSettings(flags, 'https://own');
const provider = { 'oidc-issuer-url': 'https://a.example', 'oidc-client-id': 'me' };
const HEAD = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n';
const ONE = (url: string) =>
  `${HEAD}jwt:\n- issuer: {url: "${url}", audiences: [me]}\n  claimMappings: {username: {claim: sub, prefix: ""}}\n`;

describe('the flags of an OpenID provider', () => {
  it('say what those of kube-apiserver do', () => {
    expect(settings({})).toEqual({ jwt: [], algorithms: ['RS256'], anonymous: { enabled: true } });
    expect(settings({ 'anonymous-auth': 'false' }).anonymous).toEqual({ enabled: false });
    expect(settings({ ...provider, 'oidc-signing-algs': 'ES256,RS512' }).algorithms).toEqual(['ES256', 'RS512']);
    expect(
      settings({
        ...provider,
        'oidc-groups-claim': 'roles',
        'oidc-groups-prefix': 'g:',
        'oidc-required-claim': ['a=b', 'c=d=e'],
      }).jwt,
    ).toEqual([
      {
        issuer: { url: 'https://a.example', audiences: ['me'] },
        claimMappings: {
          username: { claim: 'sub', prefix: 'https://a.example#' },
          groups: { claim: 'roles', prefix: 'g:' },
        },
        claimValidationRules: [
          { claim: 'a', requiredValue: 'b' },
          { claim: 'c', requiredValue: 'd=e' },
        ],
      },
    ]);
  });

  it.each([
    [undefined, undefined, 'https://a.example#'],
    ['email', undefined, ''],
    ['name', undefined, 'https://a.example#'],
    ['name', '-', ''],
    ['email', 'p:', 'p:'],
  ])('claim %j with prefix %j: names begin with %j', (claim, prefix, wanted) => {
    const [one] = settings({ ...provider, 'oidc-username-claim': claim, 'oidc-username-prefix': prefix }).jwt;
    expect(one?.claimMappings.username).toEqual({ claim: claim ?? 'sub', prefix: wanted });
  });

  it.each<[Parameters<typeof authenticationSettings>[0], string]>([
    [
      { 'oidc-issuer-url': 'https://a' },
      'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set',
    ],
    [
      { 'oidc-groups-claim': 'a' },
      'oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set',
    ],
    [{ ...provider, 'oidc-issuer-url': 'http://a' }, 'URL scheme must be https'],
    [{ ...provider, 'oidc-issuer-url': 'https://own' }, 'URL must not overlap with disallowed issuers: [https://own]'],
    [{ ...provider, 'oidc-signing-algs': 'RS256,HS256' }, 'oidc: unsupported signing alg: "HS256"'],
    [{ ...provider, 'oidc-required-claim': ['a'] }, '--oidc-required-claim: a is not of the form key=value'],
    [{ ...provider, 'oidc-ca-file': '/nowhere/at/all' }, '--oidc-ca-file: ENOENT'],
    [
      { ...provider, 'authentication-config': 'x' },
      'authentication-config file and oidc-* flags are mutually exclusive',
    ],
    [{ 'anonymous-auth': 'yes' }, '--anonymous-auth: yes is neither true nor false'],
    [
      { 'anonymous-auth': 'true', 'authentication-config': file(`${HEAD}anonymous: {enabled: true}`) },
      '--anonymous-auth flag cannot be set when anonymous field is configured',
    ],
  ])('%j: %s', (flags, why) => {
    expect(() => settings(flags)).toThrow(StartError);
    expect(() => settings(flags)).toThrow(why);
  });
});

describe('a file of kind AuthenticationConfiguration', () => {
  it('is read with every algorithm allowed', () => {
    const name = file(`${ONE('https://a.example')}anonymous: {enabled: true, conditions: [{path: /livez}]}\n`);
    expect(settings({ 'authentication-config': name })).toEqual({
      jwt: [
        {
          issuer: { url: 'https://a.example', audiences: ['me'] },
          claimMappings: { username: { claim: 'sub', prefix: '' } },
        },
      ],
      algorithms: SIGNING_ALGORITHMS,
      anonymous: { enabled: true, conditions: [{ path: '/livez' }] },
      file: name,
    });
  });

  it.each([
    ['', 'no kind "" is registered for version ""'],
    ['kind: Config\napiVersion: v1', 'no kind "Config" is registered for version "v1"'],
    ['{', 'failed to load authentication configuration from file'],
    [`${HEAD}jwts: []`, 'strict decoding error: unknown field "jwts"'],
    [
      `${HEAD}jwt: {}`,
      'json: cannot unmarshal object into Go struct field AuthenticationConfiguration.jwt of type []v1.JWTAuthenticator',
    ],
    [ONE('http://a'), 'invalid authentication configuration: jwt[0].issuer.url: Invalid value: "http://a"'],
  ])('%j: %s', (text, why) => {
    const name = file(text);
    expect(() => settings({ 'authentication-config': name })).toThrow(StartError);
    expect(() => settings({ 'authentication-config': name })).toThrow(why);
  });

  it('is read anew when it changes, and what is wrong changes nothing', async () => {
    const clock = new FakeClock();
    const name = file(ONE('https://a.example'));
    const used: string[][] = [];
    const log: string[] = [];
    const end = followAuthentication(
      name,
      'https://own',
      (jwt) => used.push(jwt.map(({ issuer }) => issuer.url)),
      (line) => log.push(line),
      clock,
    );
    await clock.advance(120_000);
    expect(used).toEqual([]);
    writeFileSync(name, ONE('https://b.example'));
    await clock.advance(60_000);
    writeFileSync(name, ONE('http://c.example'));
    await clock.advance(60_000);
    rmSync(name);
    await clock.advance(60_000);
    expect(used).toEqual([['https://b.example']]);
    expect(log.join('\n')).toMatch(/was read anew\n.*URL scheme must be https$/);
    writeFileSync(name, ONE('https://d.example'));
    await clock.advance(60_000);
    end();
    writeFileSync(name, ONE('https://e.example'));
    await clock.advance(600_000);
    expect(used).toEqual([['https://b.example'], ['https://d.example']]);
  });
});
