import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:https';
import { connect, createServer as createRelay, type AddressInfo, type Server as Listener } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Machine } from '../../src/addons/machine.ts';
import { makeAuthority, makeCertificate, type KeyPair } from '../../src/start/certificates.ts';
import { eventually, startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { ask, type Asked, type Reply } from './support/ask.ts';

const RBAC = 'rbac.authorization.k8s.io';
const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const REVIEW = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const GROUP = 'metrics.example.com';
const T = '/api/v1/namespaces/t';
/** An address of this machine that may be a Service's endpoint; without one, that of a pod that shares the host's network. */
const MACHINE_IP = new Machine({ now: () => 0 }).address();
const IP = MACHINE_IP ?? '127.1.0.9';
const TOKENS = [
  'admin,admin,admin,system:masters',
  'editor,editor,editor',
  'n1,system:node:n1,n1,system:nodes',
  'n2,system:node:n2,n2,system:nodes',
].join('\n');

/** An HTTPS server that keeps what it is shown and asked. */
class Target {
  readonly shown: string[] = [];
  readonly asked: Record<string, unknown>[] = [];
  private readonly server: Server;
  constructor(serving: KeyPair) {
    this.server = createServer({ ...serving, requestCert: true, rejectUnauthorized: false }, (req, res) => {
      this.asked.push(req.headers);
      res.setHeader('content-type', 'application/json').end('{}');
    });
    this.server.on('secureConnection', (socket: TLSSocket) => {
      const { CN, O } = socket.getPeerCertificate().subject ?? {};
      this.shown.push(CN === undefined ? 'nothing' : `CN=${String(CN)} O=${String(O)}`);
    });
  }
  async listen(address: string): Promise<number> {
    this.server.listen(0, address);
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }
  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let cluster: Cluster;
let selfSigned: KeyPair;
let relay: Listener;
const closed: { close(): unknown }[] = [];

const as = (token: string, at: string, asked: Asked = {}): Promise<Reply> =>
  ask(cluster, at, { ...asked, headers: { authorization: `Bearer ${token}`, ...asked.headers } });
async function made(at: string, object: object, method = 'POST'): Promise<void> {
  const type: Record<string, string> = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {};
  const { code, text } = await as('admin', at, { method, body: object, headers: type });
  if (code > 201) throw new Error(`${method} ${at}: ${text}`);
}
async function target(serving: KeyPair, address: string): Promise<Target & { port: number }> {
  const one = new Target(serving);
  closed.push(one);
  return Object.assign(one, { port: await one.listen(address) });
}
const isAt = async (name: string, port: number): Promise<void> => {
  await made('/api/v1/nodes', { metadata: { name } });
  const addresses = [
    { type: 'InternalIP', address: '127.0.0.1' },
    { type: 'Hostname', address: name },
  ];
  const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
  await made(`/api/v1/nodes/${name}/status`, { status }, 'PATCH');
};
async function pod(name: string, ip: string): Promise<void> {
  await made(`${T}/pods`, { metadata: { name }, spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }] } });
  await made(`${T}/pods/${name}/status`, { status: { podIP: ip, podIPs: [{ ip }] } }, 'PATCH');
}
/** A Service whose one endpoint is a pod, or an address of this machine. */
async function service(name: string, port: number, ofPod?: string): Promise<void> {
  await made(`${T}/services`, { metadata: { name }, spec: { ports: [{ port: 443 }] } });
  const targetRef = ofPod && { kind: 'Pod', namespace: 't', name: ofPod };
  const subsets = [{ addresses: [{ ip: IP, ...(targetRef && { targetRef }) }], ports: [{ port }] }];
  await made(`${T}/endpoints`, { metadata: { name }, subsets });
  await made('/apis/discovery.k8s.io/v1/namespaces/t/endpointslices', {
    metadata: { name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [IP], conditions: { ready: true } }],
    ports: [{ port, name: '' }],
  });
}

beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as never);
  const tokens = path.join(mkdtempSync(path.join(os.tmpdir(), 'ku7s-identities-')), 'tokens');
  writeFileSync(tokens, TOKENS);
  cluster = await startCluster(['--roles', 'api,controllers', '--addons', 'none', '--token-auth-file', tokens]);
  selfSigned = await makeCertificate({ commonName: 'pod' }, undefined, [IP]);
  await made('/api/v1/namespaces', { metadata: { name: 't' } });
  await eventually(
    () => as('admin', `${T}/serviceaccounts/default`),
    ({ code }) => code === 200,
  );
  await isAt('n1', 1);
  await isAt('n2', 1);
  relay = createRelay((socket) => {
    const api = connect(Number(new URL(cluster.url).port), '127.0.0.1');
    socket.pipe(api).pipe(socket);
    for (const one of [socket, api]) one.on('error', () => undefined);
  });
  closed.push(relay);
  relay.listen(0, IP);
  await once(relay, 'listening');
  await made(`/apis/${RBAC}/v1/namespaces/t/rolebindings`, {
    metadata: { name: 'editor' },
    roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'edit' },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: 'editor' }],
  });
});
afterAll(async () => {
  await cluster?.remove();
  for (const one of closed) one.close();
});

describe('the API shows', () => {
  it('nothing to a pod and a Service', async () => {
    const web = await target(selfSigned, IP);
    await pod('web', IP);
    const targets = [`${T}/pods/https:web:${web.port}/proxy/`];
    if (MACHINE_IP) {
      await service('web', web.port, 'web');
      targets.push(`${T}/services/https:web:443/proxy/`);
    }
    for (const at of targets) expect((await as('admin', at)).code).toBe(200);
    expect(new Set(web.shown)).toEqual(new Set(['nothing']));
    expect(web.asked.some((headers) => 'authorization' in headers)).toBe(false);
  });

  it('nothing to a kubelet that is not the one it says', async () => {
    const impostor = await makeAuthority('kubernetes');
    const subject = { commonName: 'system:node:lying', organizations: ['system:nodes'] };
    const lying = await target(await makeCertificate(subject, impostor, ['127.0.0.1']), '127.0.0.1');
    await isAt('lying', lying.port);
    for (const at of ['lying', `https:lying:${lying.port}`]) {
      const { code, text } = await as('admin', `/api/v1/nodes/${at}/proxy/pods`);
      expect([code, text]).toEqual([503, expect.stringContaining('x509: certificate signed by unknown authority')]);
    }
    expect([lying.shown.filter((one) => one !== 'nothing'), lying.asked]).toEqual([[], []]);
  });

  it("its certificate for kubelets, of no administrator, to the node's own kubelet", async () => {
    const csr = await certificateRequest('system:node:n1', 'system:nodes', 'server auth', ['127.0.0.1']);
    expect((await as('n1', CSRS, { method: 'POST', body: csr.object('own') })).code).toBe(201);
    const kubelet = await target({ key: csr.key, cert: await signed('own') }, '127.0.0.1');
    const status = { daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } } };
    await made('/api/v1/nodes/n1/status', { status }, 'PATCH');
    expect((await as('admin', '/api/v1/nodes/n1/proxy/pods')).code).toBe(200);
    expect(kubelet.shown).toEqual(['CN=kube-apiserver-kubelet-client O=ku7s:kubelet-clients']);
  });

  it.skipIf(!MACHINE_IP)(
    "the front proxy's certificate to an aggregated API, with the caller's name and no other",
    async () => {
      const authority = await makeAuthority('other-ca');
      const serving = await makeCertificate({ commonName: 'other' }, authority, ['other.t.svc']);
      const other = await target(serving, IP);
      await service('other', other.port);
      const caBundle = (ca: KeyPair): string => Buffer.from(ca.cert).toString('base64');
      const impostor = await makeAuthority('other-ca');
      for (const [version, ca] of Object.entries({ v1: authority, v2: impostor })) {
        await made('/apis/apiregistration.k8s.io/v1/apiservices', {
          metadata: { name: `${version}.${GROUP}` },
          spec: {
            group: GROUP,
            version,
            groupPriorityMinimum: 100,
            versionPriority: 10,
            caBundle: caBundle(ca),
            service: { namespace: 't', name: 'other' },
          },
        });
      }
      const headers = { 'x-remote-user': 'system:admin', 'X-Remote-Group': 'system:masters', 'x-remote-extra-a': 'b' };
      const answer = await as('admin', `/apis/${GROUP}/v1/things`, { headers });
      expect([answer.code, answer.text]).toEqual([200, '{}']);
      expect(other.shown[0]).toBe('CN=front-proxy-client O=undefined');
      expect(other.asked[0]).toMatchObject({
        'x-remote-user': 'admin',
        'x-remote-group': 'system:masters, system:authenticated',
      });
      expect(other.asked[0]).not.toHaveProperty('x-remote-extra-a');
      // whose certificate is not of the bundle's authority is asked nothing
      expect((await as('admin', `/apis/${GROUP}/v2/things`, { headers })).code).toBe(503);
      expect(other.asked).toHaveLength(1);
    },
  );
});

it('a pod that relays to the API gives an editor nothing', async () => {
  const { port } = relay.address() as AddressInfo;
  await pod('relay', IP);
  const ways = [`${T}/pods/https:relay:${port}/proxy`];
  if (MACHINE_IP) {
    await service('relay', port, 'relay');
    ways.push(`${T}/services/https:relay:443/proxy`);
  }
  for (const through of ways) {
    // it does lead there
    expect((await as('editor', `${through}/version`)).code).toBe(200);
    const headers = { 'x-remote-user': 'admin', 'x-remote-group': 'system:masters', 'impersonate-user': '' };
    for (const at of ['/api/v1/namespaces/kube-system/secrets', '/api/v1/nodes']) {
      const { code, text } = await as('editor', `${through}${at}`, { headers });
      expect([code, text]).toEqual([403, expect.stringContaining('User \\"system:anonymous\\"')]);
    }
  }
});

describe('X-Remote-* headers', () => {
  const headers = { 'x-remote-user': 'root', 'x-remote-group': 'system:masters' };
  const whoami = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' };

  it('of an ordinary client say nothing', async () => {
    const { text } = await as('editor', REVIEW, { method: 'POST', headers, body: whoami });
    expect(JSON.parse(text).status.userInfo).toMatchObject({ username: 'editor', groups: ['system:authenticated'] });
    expect((await ask(cluster, '/api/v1/nodes', { headers })).code).toBe(403);
  });

  it.each([
    ['a client', 'jane', 403],
    ['a client by the name of the front proxy', 'front-proxy-client', 403],
    ["a client by the name of the API's own", 'kube-apiserver-kubelet-client', 403],
  ])('under the certificate of %s say nothing', async (_, name, code) => {
    const csr = await certificateRequest(name, 'people', 'client auth', []);
    await made(CSRS, csr.object(name));
    await approve(name);
    expect(await codeAs({ key: csr.key, cert: await signed(name) }, headers)).toBe(code);
  });
});

describe('a certificate signing request', () => {
  const CLIENT = 'kubernetes.io/kube-apiserver-client';

  it.each([
    ['for system:masters', 'system:masters'],
    ['for system:masters as bytes', `#0c0e${Buffer.from('system:masters').toString('hex')}`],
  ])('%s is refused', async (_, organization) => {
    const csr = await certificateRequest('root', organization, 'client auth', [], CLIENT);
    const { code, text } = await as('admin', CSRS, { method: 'POST', body: csr.object('masters') });
    expect([code, text]).toEqual([403, expect.stringContaining('with system:masters group is not allowed')]);
  });

  it('of a node for another, or for names that it has not, gets no approval', async () => {
    const asked: [name: string, by: string, subject: string, names: string[]][] = [
      ['another', 'n2', 'system:node:n1', ['127.0.0.1']],
      ['address', 'n2', 'system:node:n2', ['127.0.0.1', '10.96.0.1']],
      ['name', 'n2', 'system:node:n2', ['kubernetes.default.svc']],
      ['last', 'n2', 'system:node:n2', ['n2']],
    ];
    const codes: number[] = [];
    for (const [name, by, subject, names] of asked) {
      const csr = await certificateRequest(subject, 'system:nodes', 'server auth', names);
      codes.push((await as(by, CSRS, { method: 'POST', body: csr.object(name) })).code);
    }
    // the last is good; those before it have been looked at by then
    await signed('last');
    for (const [index, [name]] of asked.slice(0, -1).entries()) {
      const { code, text } = await as('admin', `${CSRS}/${name}`);
      expect([code, code === 200 ? JSON.parse(text).status : {}]).toEqual([codes[index] === 201 ? 200 : 404, {}]);
    }
  });

  it('is neither approved nor signed by who may write it, but not for its signer', async () => {
    await made(`/apis/${RBAC}/v1/clusterroles`, {
      metadata: { name: 'writer' },
      rules: [
        {
          apiGroups: ['certificates.k8s.io'],
          resources: [
            'certificatesigningrequests',
            'certificatesigningrequests/approval',
            'certificatesigningrequests/status',
          ],
          verbs: ['*'],
        },
      ],
    });
    await made(`/apis/${RBAC}/v1/clusterrolebindings`, {
      metadata: { name: 'writer' },
      roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: 'writer' },
      subjects: [{ apiGroup: RBAC, kind: 'User', name: 'editor' }],
    });
    const csr = await certificateRequest('jane', 'people', 'client auth', [], CLIENT);
    expect((await as('editor', CSRS, { method: 'POST', body: csr.object('wanted') })).code).toBe(201);
    const condition = (type: string) => ({
      status: { conditions: [{ type, status: 'True', reason: 'R', message: 'm' }] },
    });
    const patch = { 'content-type': 'application/merge-patch+json' };
    const cases: [part: string, body: object, verb: string][] = [
      ['approval', condition('Approved'), 'approve'],
      ['approval', condition('Denied'), 'approve'],
      ['status', condition('Failed'), 'sign'],
      ['status', condition('Other'), 'sign'],
      ['status', { status: { certificate: Buffer.from(selfSigned.cert).toString('base64') } }, 'sign'],
    ];
    for (const [part, body, verb] of cases) {
      const { code, text } = await as('editor', `${CSRS}/wanted/${part}`, { method: 'PATCH', body, headers: patch });
      expect([code, text]).toEqual([403, expect.stringContaining(`user not permitted to ${verb} requests`)]);
    }
  });
});

describe('a bearer token among the protocols of a web socket', () => {
  const token = (text: string): string =>
    `base64url.bearer.authorization.k8s.io.${Buffer.from(text).toString('base64url')}`;
  const opened = (at: string, protocols: string[]): Promise<string> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${cluster.url}${at}`, protocols, { rejectUnauthorized: false });
      socket.once('open', () => {
        resolve(socket.protocol);
        socket.terminate();
      });
      socket.once('unexpected-response', (asking, { statusCode }) => {
        resolve(String(statusCode));
        asking.destroy();
      });
      socket.on('error', () => undefined);
    });
  it.each([
    ['/graphql', 'graphql-transport-ws'],
    [`${T}/pods?watch=1`, 'v1.example'],
  ])('of %s is read, and never answered', async (at, other) => {
    expect(await opened(at, [token('editor'), other])).toBe(other);
    expect(await opened(at, [token('editor')])).toBe('401');
    expect(await opened(at, [token('wrong'), other])).toBe('401');
    expect(await opened(at, [token('editor'), token('admin'), other])).toBe('401');
  });
});

describe('the port', () => {
  /** What is answered to bytes that are sent as they are, until the connection is closed. */
  const answered = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port, hostname: host } = new URL(cluster.url);
      const options = { host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
      const socket = connectTls(options, () => socket.write(bytes));
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  const hidden = 'GET /version HTTP/1.1\r\nHost: a\r\n\r\n';
  it.each([
    [
      'two lengths',
      `POST /version HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['two hosts', `GET /version HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${hidden}`],
    ['a folded line', `GET /version HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n${hidden}`],
    [
      'an upgrade with a body',
      `GET /version HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\n{}${hidden}`,
    ],
  ])('answers a head with %s once, and hangs up', async (_, bytes) => {
    expect([...(await answered(bytes)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => code)).toEqual(['400']);
  });

  it.each(['ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384', 'AES128-GCM-SHA256'])(
    'does not speak %s',
    async (ciphers) => {
      const { port, hostname: host } = new URL(cluster.url);
      const socket = connectTls({
        host,
        port: Number(port),
        rejectUnauthorized: false,
        ciphers: `${ciphers}@SECLEVEL=0`,
        maxVersion: 'TLSv1.2',
      });
      const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).toMatch(/HANDSHAKE_FAILURE/);
    },
  );
});

/** A request for a certificate of a new key. */
async function certificateRequest(
  commonName: string,
  organization: string,
  use: 'client auth' | 'server auth',
  names: string[],
  signerName = use === 'client auth' ? 'kubernetes.io/kube-apiserver-client' : 'kubernetes.io/kubelet-serving',
) {
  const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const alternative = names.map((value) => ({
    type: /^[\d.]+$/.test(value) ? ('ip' as const) : ('dns' as const),
    value,
  }));
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ O: [organization] }, { CN: [commonName] }],
    keys,
    signingAlgorithm: EC,
    extensions: names.length ? [new x509.SubjectAlternativeNameExtension(alternative)] : [],
  });
  const spec = {
    request: Buffer.from(csr.toString('pem')).toString('base64'),
    signerName,
    usages: ['digital signature', use],
  };
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { key, object: (name: string) => ({ metadata: { name }, spec }) };
}

const approve = (name: string): Promise<void> =>
  made(
    `${CSRS}/${name}/approval`,
    { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Test', message: 'm' }] } },
    'PATCH',
  );

/** PEM, when a request is signed. */
async function signed(name: string): Promise<string> {
  const certificateOf = async (): Promise<string | undefined> =>
    JSON.parse((await as('admin', `${CSRS}/${name}`)).text).status?.certificate;
  const certificate = await eventually(certificateOf, (text) => text !== undefined);
  return Buffer.from(certificate ?? '', 'base64').toString();
}

/** Code of a list of nodes for who shows a certificate. */
const codeAs = (client: KeyPair, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(cluster.url);
    const options = {
      hostname,
      port,
      path: '/api/v1/nodes',
      ...client,
      headers,
      rejectUnauthorized: false,
      agent: false,
    };
    request(options, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });

it('nothing but the administrator’s kubeconfig is of system:masters', async () => {
  const text = readFileSync(cluster.kubeconfig, 'utf8');
  const cert = Buffer.from(/client-certificate-data: (\S+)/.exec(text)?.[1] ?? '', 'base64').toString();
  expect(new x509.X509Certificate(cert).subject).toBe('O=system:masters, CN=kubernetes-admin');
});
