import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { startIssuer, type Issuer } from './support/issuer.ts';
import { withToken } from './support/kubeconfig.ts';

const ACCOUNTS = {
  ann: { email: 'ann@example.com', email_verified: true, groups: ['builders'], department: 'build' },
  bob: { email: 'ann@example.com', email_verified: false, groups: ['system:masters'], department: 'build' },
  cat: { email: 'cat@example.com', email_verified: true, groups: 'builders', department: 'elsewhere' },
};

/** Where one may come as nobody: to be signed in too. */
const OPEN = ['/livez', '/readyz', '/dashboard/login', '/dashboard/login/back', '/graphiql/session'];

/** A real OpenID provider, whose accounts sign in as browsers do. */
describe('an OpenID provider', () => {
  let issuer: Issuer;
  let stranger: Issuer;
  let cluster: Cluster;
  const of = (account: keyof typeof ACCOUNTS, client?: string) => issuer.idToken(account, client);

  beforeAll(async () => {
    issuer = await startIssuer(ACCOUNTS);
    stranger = await startIssuer(ACCOUNTS);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-oidc-'));
    const file = path.join(folder, 'authentication.yaml');
    const configuration = {
      apiVersion: 'apiserver.config.k8s.io/v1',
      kind: 'AuthenticationConfiguration',
      jwt: [
        {
          issuer: {
            url: issuer.url,
            certificateAuthority: issuer.ca,
            audiences: ['page', 'ku7s'],
            audienceMatchPolicy: 'MatchAny',
          },
          claimValidationRules: [
            { expression: 'claims.department == "build"', message: 'builders only' },
            { expression: 'claims.?email_verified.orValue(true) == true', message: 'an address that was not checked' },
          ],
          claimMappings: {
            username: { expression: '"oidc:" + claims.email' },
            groups: { claim: 'groups', prefix: 'oidc:' },
            extra: [{ key: 'example.com/department', valueExpression: 'claims.department' }],
          },
          userValidationRules: [{ expression: "!user.username.startsWith('system:')", message: 'a reserved name' }],
        },
      ],
      anonymous: { enabled: true, conditions: OPEN.map((at) => ({ path: at })) },
    };
    writeFileSync(file, stringify(configuration));
    cluster = await startCluster(['--roles', 'api', '--authentication-config', file]);
  });
  afterAll(async () => {
    await Promise.all([cluster?.remove(), issuer?.close(), stranger?.close()]);
  });

  it('makes users of its accounts', async () => {
    const { stdout, stderr } = await withToken(cluster, await of('ann'), 'auth whoami -o json');
    expect(stderr).toBe('');
    const { userInfo } = (JSON.parse(stdout) as { status: { userInfo: { extra: Record<string, string[]> } } }).status;
    expect(userInfo).toMatchObject({
      username: 'oidc:ann@example.com',
      groups: ['oidc:builders', 'system:authenticated'],
      extra: { 'example.com/department': ['build'] },
    });
  });

  it('gives them what RBAC gives them', async () => {
    const token = await of('ann');
    expect((await withToken(cluster, token, 'get pods')).stderr).toContain('forbidden');
    await cluster.kubectl('create role reader --verb=list --resource=pods');
    await cluster.kubectl('create rolebinding builders --role=reader --group=oidc:builders');
    expect((await withToken(cluster, token, 'get pods')).stderr).toContain('No resources found');
  });

  it.each([
    ['an address that the provider has not checked', () => of('bob')],
    ['an account that a rule refuses', () => of('cat')],
    ['a token for another client', () => of('ann', 'other')],
    ['a token of another provider', () => stranger.idToken('ann')],
    [
      'a token with another user in it',
      async () => {
        const [head, body = '', signature] = (await of('ann')).split('.');
        const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
        const changed = Buffer.from(JSON.stringify({ ...claims, email: 'root@example.com' })).toString('base64url');
        return [head, changed, signature].join('.');
      },
    ],
    [
      'a token without a signature',
      async () => {
        const [, body] = (await of('ann')).split('.');
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
      },
    ],
    ['what is no token', () => Promise.resolve('a.b.c')],
  ])('%s is nobody', async (_, token) => {
    const { code, stderr } = await withToken(cluster, await token(), 'get pods');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/Unauthorized|must be logged in/) });
  });

  it('is asked for by TokenReview too', async () => {
    const review = async (token: string, audiences: string[]) => {
      const object = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        metadata: {},
        spec: { token, ...(audiences.length && { audiences }) },
      };
      const { stdout } = await cluster.kubectl('create -o json -f -', JSON.stringify(object));
      return (JSON.parse(stdout) as { status: { authenticated?: boolean } }).status;
    };
    const token = await of('ann');
    expect(await review(token, [])).toMatchObject({ authenticated: true, user: { username: 'oidc:ann@example.com' } });
    expect((await review(token, ['elsewhere'])).authenticated).toBeUndefined();
    expect((await review(await of('cat'), [])).authenticated).toBeUndefined();
  });

  it('signs a browser in, whose session is its user’s', async () => {
    const jars = new Map<string, Map<string, string>>();
    /** As a browser goes there, with what it keeps of each host. */
    const visit = async (at: string): Promise<{ status: number; location: string; text: string }> => {
      const url = new URL(at);
      const jar = jars.get(url.host) ?? new Map<string, string>();
      jars.set(url.host, jar);
      const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
      const headers = { cookie, 'sec-fetch-site': 'same-origin' };
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        get(url, { rejectUnauthorized: false, agent: false, headers }, resolve).on('error', reject);
      });
      for (const set of answer.headers['set-cookie'] ?? []) {
        const [name = '', value = ''] = (set.split(';', 1)[0] ?? '').split('=');
        jar.set(name, value);
      }
      const location = new URL(answer.headers.location ?? '', url).href;
      return { status: answer.statusCode ?? 0, location, text: await text(answer) };
    };
    const back = `${cluster.url}/dashboard/login/back`;
    issuer.lead('ann', { id: 'page', redirect: back });
    let next = `${cluster.url}/dashboard/login?issuer=${encodeURIComponent(issuer.url)}`;
    for (let steps = 0; steps < 9 && !next.startsWith(back); steps++) next = (await visit(next)).location;
    expect(await visit(next)).toMatchObject({ status: 303, location: `${cluster.url}/dashboard` });
    const who = JSON.parse((await visit(`${cluster.url}/graphiql/session`)).text) as { user: string };
    expect(who.user).toBe('oidc:ann@example.com');
    // it works once
    expect((await visit(next)).status).toBe(403);
  });

  it.each([
    ['/livez', 200],
    ['/readyz', 200],
    ['/livez/ping', 401],
    ['/version', 401],
    ['/healthz', 401],
    ['/apis', 401],
    ['/graphql', 401],
  ])('anonymous requests get no further than they are let: %s %d', async (at, status) => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get(cluster.url + at, { rejectUnauthorized: false, agent: false }, resolve).on('error', reject);
    });
    answer.resume();
    expect(answer.statusCode).toBe(status);
  });
});
