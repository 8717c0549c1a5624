import { once } from 'node:events';
import { createServer as createPlainServer, type IncomingMessage, type Server as PlainServer } from 'node:http';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { acceptWebSocket } from '../../../src/nodes/streams/websocket.ts';
import { Pages } from '../../../src/rest/pages/pages.ts';
import { createRestServer, type RestServer } from '../../../src/rest/server.ts';
import { makeAuthority, makeCertificate, type KeyPair } from '../../../src/start/certificates.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Asking, bearer, type Showing } from './asking.ts';

export const ADMIN = bearer('admin-token');
const TOKENS = [
  'admin-token,admin,1,"system:masters"',
  'jane-token,jane,2,"devs"',
  'boss-token,boss,3,',
  'joe-token,joe,4,',
].join('\n');

/**
 * Both façades over one port, on a clock that stands still, with a node and a pod that are servers of the test's: the
 * pipeline authorises and finds them, and only where they are is put right behind it.
 */
export class RightsServer extends Asking {
  private constructor(
    readonly fake: FakeApi,
    readonly authority: KeyPair,
    port: number,
    private readonly rest: RestServer,
    private readonly others: readonly (Server | PlainServer)[],
  ) {
    super(port, authority.cert);
  }

  static async open(): Promise<RightsServer> {
    const clock = new FakeClock(Date.now());
    const fake = await FakeApi.open({ clock, staticTokens: TOKENS });
    const [ca, frontProxyCA] = await Promise.all([makeAuthority('test'), makeAuthority('front')]);
    const [serving, node, frontProxy, kubeletClient] = await Promise.all([
      makeCertificate({ commonName: 'kube-apiserver' }, ca, ['127.0.0.1']),
      makeCertificate({ commonName: 'system:node:n', organizations: ['system:nodes'] }, ca, [
        '127.0.0.1',
        'other.a.svc',
      ]),
      makeCertificate({ commonName: 'front-proxy-client' }, frontProxyCA),
      makeCertificate({ commonName: 'kubelet-client' }, ca),
    ]);
    const others = [createServer(node), createPlainServer()] as const;
    const ports = await Promise.all(others.map(serveForever));
    const { connect } = fake.api;
    fake.api.connect = async (...args) => {
      const found = await connect(...args);
      const port = found.secure ? ports[0] : ports[1];
      const url = new URL(`${found.secure ? 'https' : 'http'}://127.0.0.1:${port}${found.url.pathname}`);
      return { ...found, url, address: '127.0.0.1' };
    };
    fake.api.locate = () => Promise.resolve('127.0.0.1');
    const rest = createRestServer({
      api: fake.api,
      graphql: fake.graphql,
      pages: new Pages(fake.api, { now: () => clock.now() }),
      tls: { ...serving, clientCA: ca.cert, frontProxyCA: frontProxyCA.cert },
      kubeletClient,
      frontProxy,
      clock,
      fairness: false,
    });
    const { port } = await rest.listen(0, '127.0.0.1');
    const server = new RightsServer(fake, ca, port, rest, others);
    await server.furnish(ports[0] ?? 0);
    return server;
  }

  /** A node with a pod, and an API that another server has. */
  private async furnish(port: number): Promise<void> {
    await this.fake.give(
      {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'n' },
        status: {
          addresses: [{ type: 'InternalIP', address: '10.99.0.1' }],
          daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        },
      },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'p', namespace: 'a' },
        spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
        status: { phase: 'Running', podIP: '10.98.0.1', podIPs: [{ ip: '10.98.0.1' }], hostIP: '10.99.0.1' },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'other', namespace: 'a' },
        spec: { type: 'ExternalName', externalName: 'other.example.com' },
      },
      {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: { name: 'v1.things.example.com' },
        spec: {
          group: 'things.example.com',
          version: 'v1',
          service: { namespace: 'a', name: 'other', port },
          caBundle: Buffer.from(this.ca).toString('base64'),
          groupPriorityMinimum: 100,
          versionPriority: 1,
        },
      },
    );
  }

  /** A token of a service account, of ten minutes. */
  async token(account: string, bound?: { kind: string; name: string; uid: string }): Promise<string> {
    const spec = {
      audiences: [],
      expirationSeconds: 600,
      ...(bound && { boundObjectRef: { apiVersion: 'v1', ...bound } }),
    };
    const path = `/api/v1/namespaces/a/serviceaccounts/${account}/token`;
    const headers = { 'content-type': 'application/json' };
    const request = httpsRequest(this.options(path, ADMIN, { method: 'POST', headers }));
    request.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }));
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    const { status } = JSON.parse(Buffer.concat(await answer.toArray()).toString()) as { status: { token: string } };
    return status.token;
  }

  /** A browser on our page, in a session that is begun with a token. */
  async session({ headers }: Showing): Promise<Showing> {
    const origin = `https://127.0.0.1:${this.port}`;
    const answer = await this.get('/graphiql/session', { headers: { ...headers, origin } }, { method: 'POST' });
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    answer.resume();
    return { headers: { cookie: cookie.split(';', 1)[0] ?? '', origin } };
  }

  async close(): Promise<void> {
    await this.rest.close(0);
    for (const other of this.others) {
      other.closeAllConnections();
      other.close();
    }
    await this.fake.close();
  }
}

/** What the node, the pod and the other API server answer: a beginning, and no end. */
async function serveForever(server: Server | PlainServer): Promise<number> {
  server.on('request', (_, res) => void res.writeHead(200, { 'content-type': 'text/plain' }).write('begin\n'));
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    if (req.headers['sec-websocket-key']) {
      acceptWebSocket(req, socket, head, req.headers['sec-websocket-protocol']).send(Buffer.from([1, 0x61]));
      return;
    }
    const head1 = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';
    socket.write(`${head1}X-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n`);
    // a data frame of stream 5
    socket.write(Buffer.from([0, 0, 0, 5, 0, 0, 0, 1, 0x61]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
