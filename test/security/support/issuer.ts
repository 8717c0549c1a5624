import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';
import { makeAuthority, makeCertificate } from '../../../src/start/certificates.ts';

/** An OpenID provider with accounts of its own, on a free port of this machine. */
export interface Issuer {
  url: string;
  /** PEM of who signed its certificate */
  ca: string;
  /** Signs an account in, as a browser and a client of the provider would, and resolves with its ID token. */
  idToken(account: string, clientId?: string): Promise<string>;
  /** From now on there is a client without a secret too, to which the browser of this account is led back. */
  lead(account: string, client: { id: string; redirect: string }): void;
  close(): Promise<void>;
}

const REDIRECT = 'https://client.example/callback';
const CLIENTS = ['ku7s', 'other'];

/** @param accounts claims by account name */
export async function startIssuer(accounts: Readonly<Record<string, Record<string, unknown>>>): Promise<Issuer> {
  const authority = await makeAuthority('issuer');
  const { cert, key } = await makeCertificate({ commonName: 'localhost' }, authority, ['localhost', '127.0.0.1']);
  const server = createServer({ cert, key });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://localhost:${(server.address() as AddressInfo).port}`;
  let account = '';
  const make = (more: readonly object[] = []) => {
    const made: Provider = new Provider(url, {
      clients: [
        ...CLIENTS.map((id) => ({
          client_id: id,
          client_secret: `${id}-secret`,
          redirect_uris: [REDIRECT],
          response_types: ['code'],
          grant_types: ['authorization_code'],
        })),
        ...more,
      ],
      claims: { openid: ['sub', 'email', 'email_verified', 'groups', 'department'] },
      conformIdTokenClaims: false,
      pkce: { required: () => false },
      features: { devInteractions: { enabled: false } },
      findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
      // Whoever signs in agrees to everything.
      async loadExistingGrant(ctx: { oidc: { client: { clientId: string }; session: { accountId: string } } }) {
        const grant = new made.Grant({
          clientId: ctx.oidc.client.clientId,
          accountId: ctx.oidc.session.accountId,
        });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
      interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    });
    return made;
  };
  let provider = make();
  let answer = provider.callback();
  server.on('request', (req, res) => {
    if (!req.url?.startsWith('/interaction/')) return void answer(req, res);
    void provider.interactionFinished(req, res, { login: { accountId: account } });
  });
  const ask = asker(authority.cert);
  return {
    url,
    ca: authority.cert,
    async idToken(name, clientId = 'ku7s') {
      account = name;
      const query = new URLSearchParams({
        client_id: clientId,
        response_type: 'code',
        scope: 'openid',
        redirect_uri: REDIRECT,
      });
      const jar = new Map<string, string>();
      let next = `${url}/auth?${query}`;
      while (!next.startsWith(REDIRECT)) next = new URL((await ask(next, { jar })).location ?? '', next).href;
      const code = new URL(next).searchParams.get('code') ?? '';
      const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: REDIRECT });
      const authorization = `Basic ${Buffer.from(`${clientId}:${clientId}-secret`).toString('base64')}`;
      const { text } = await ask(`${url}/token`, { jar, body: body.toString(), authorization });
      return (JSON.parse(text) as { id_token: string }).id_token;
    },
    lead(name, { id, redirect }) {
      account = name;
      const client = { client_id: id, token_endpoint_auth_method: 'none', redirect_uris: [redirect] };
      provider = make([{ ...client, response_types: ['code'], grant_types: ['authorization_code'] }]);
      answer = provider.callback();
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface Asked {
  jar: Map<string, string>;
  body?: string;
  authorization?: string;
}

/** A client with cookies that follows nothing by itself. */
const asker =
  (ca: string) =>
  (url: string, { jar, body, authorization }: Asked): Promise<{ location?: string | undefined; text: string }> =>
    new Promise((resolve, reject) => {
      const req = request(url, {
        ca,
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(authorization && { authorization }),
          ...(body && { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        agent: false,
      });
      req.on('error', reject);
      req.on('response', (res) => {
        for (const cookie of res.headers['set-cookie'] ?? []) {
          const [name = '', value = ''] = (cookie.split(';', 1)[0] ?? '').split('=');
          jar.set(name, value);
        }
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res.on('end', () => resolve({ location: res.headers.location, text }));
      });
      req.end(body);
    });
