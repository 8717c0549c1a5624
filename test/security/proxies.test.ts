import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { ask, type Asked, type Reply } from './support/ask.ts';

const USERS = ['editor', 'status', 'reader', 'creator', 'nobody'];
const TOKENS = [...USERS.map((name) => `${name},${name},${name}`), 'admin,admin,admin,system:masters'].join('\n');
const RBAC = 'rbac.authorization.k8s.io';

interface Arrived {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** An HTTP server that keeps what arrives. It answers `/silent` never. */
class Target {
  readonly arrived: Arrived[] = [];
  private readonly server: Server;
  constructor() {
    this.server = createServer((request, response) => {
      const { method = '', url = '', headers } = request;
      let body = '';
      request.on('error', () => undefined);
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        this.arrived.push({ method, url, headers, body });
        if (url.startsWith('/silent')) return;
        response.setHeader('set-cookie', ['__Host-ku7s_session=forged; Path=/', 'own=1']);
        response.setHeader('service-worker-allowed', '/');
        response.setHeader('access-control-allow-origin', '*');
        response.end(`arrived at ${url}`);
      });
    });
    this.server.on('upgrade', (_request, socket) => {
      socket.on('error', () => undefined).on('end', () => socket.end());
      socket.resume().write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
  }
  async listen(host: string): Promise<void> {
    this.server.listen(0, host);
    await once(this.server, 'listening');
  }
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let cluster: Cluster;
/** what a pod serves, and what only this machine is to reach */
const pod = new Target();
const host = new Target();
const IP = '127.1.0.9';

const as = (token: string, at: string, asked: Asked = {}): Promise<Reply> =>
  ask(cluster, at, { ...asked, headers: { authorization: `Bearer ${token}`, ...asked.headers } });
const upgraded = (token: string, at: string, asked: Asked = {}): Promise<Reply> =>
  as(token, at, {
    ...asked,
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      ...asked.headers,
    },
  });
async function made(at: string, object: object, method = 'POST'): Promise<void> {
  const type: Record<string, string> = method === 'PATCH' ? { 'content-type': 'application/merge-patch+json' } : {};
  const { code, text } = await as('admin', at, { method, body: object, headers: type });
  if (code > 201) throw new Error(`${method} ${at}: ${text}`);
}

const T = '/api/v1/namespaces/t';
const WEB = `${T}/pods/web`;
const hasIp = (name: string, podIP: string): Promise<void> =>
  made(`${T}/pods/${name}/status`, { status: { podIP, podIPs: [{ ip: podIP }] } }, 'PATCH');
const isAt = async (name: string, address: string, port: number): Promise<void> => {
  await made('/api/v1/nodes', { metadata: { name } });
  const addresses = [{ type: 'InternalIP', address }];
  const status = { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } };
  await made(`/api/v1/nodes/${name}/status`, { status }, 'PATCH');
};
const endpoints = (ip: string, port: number, targetRef?: object): object => ({
  subsets: [{ addresses: [{ ip, ...(targetRef && { targetRef }) }], ports: [{ port }] }],
});

async function bind(user: string, rules: object[]): Promise<void> {
  const at = `/apis/${RBAC}/v1/namespaces/t`;
  await made(`${at}/roles`, { metadata: { name: user }, rules });
  await made(`${at}/rolebindings`, {
    metadata: { name: user },
    roleRef: { apiGroup: RBAC, kind: 'Role', name: user },
    subjects: [{ apiGroup: RBAC, kind: 'User', name: user }],
  });
}
const rule = (verbs: string[], ...resources: string[]): object => ({ apiGroups: [''], resources, verbs });

beforeAll(async () => {
  await Promise.all([pod.listen(IP), host.listen('127.0.0.1')]);
  const tokens = path.join(mkdtempSync(path.join(os.tmpdir(), 'ku7s-proxies-')), 'tokens');
  writeFileSync(tokens, TOKENS);
  cluster = await startCluster(['--roles', 'api', '--token-auth-file', tokens]);
  await made('/api/v1/namespaces', { metadata: { name: 't' } });
  await made(`${T}/serviceaccounts`, { metadata: { name: 'default' } });
  await isAt('here', '127.0.0.1', host.port);
  await isAt('api', '127.0.0.1', Number(new URL(cluster.url).port));
  await isAt('cloud', '169.254.169.254', 80);
  const spec = { nodeName: 'here', containers: [{ name: 'c', image: 'i', ports: [{ containerPort: pod.port }] }] };
  for (const name of ['web', 'moved']) await made(`${T}/pods`, { metadata: { name }, spec });
  await made(`${T}/pods`, { metadata: { name: 'lured' }, spec: { ...spec, nodeName: 'api' } });
  await hasIp('web', IP);
  await made(`${T}/services`, { metadata: { name: 'svc' }, spec: { ports: [{ port: 80 }] } });
  const all = ['get', 'create', 'update', 'patch', 'delete'];
  await bind('editor', [rule(all, 'pods/proxy', 'services/proxy', 'pods/exec', 'pods/attach', 'pods/portforward')]);
  await bind('reader', [rule(['get'], 'pods/proxy', 'pods/exec', 'pods/attach', 'pods/portforward', 'pods/log')]);
  await bind('creator', [rule(['create'], 'pods/exec', 'pods/attach', 'pods/portforward')]);
});
afterAll(async () => {
  await cluster.remove();
  pod.close();
  host.close();
});

it('an honest client reaches the pod, by any method', async () => {
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const body = method === 'GET' ? undefined : 'data';
    // of a DELETE Node's own client says no length
    const headers = body === undefined ? {} : { 'content-type': 'text/plain', 'content-length': '4' };
    const { code, text } = await as('editor', `${WEB}:${pod.port}/proxy/a/b?path=c`, { method, body, headers });
    expect([method, code, text]).toEqual([method, 200, 'arrived at /a/b?path=c']);
    expect(pod.arrived.at(-1)).toMatchObject({ method, body: body ?? '' });
  }
});

describe('a target is where it says, and nowhere else', () => {
  const nowhere = async (at: string): Promise<number> => {
    const before = [host.arrived.length, pod.arrived.length];
    const { code } = await as('admin', at);
    expect([host.arrived.length, pod.arrived.length]).toEqual(before);
    return code;
  };

  it.each<[string, (hostPort: number, podPort: number) => string, number]>([
    ['user and host in a port', (p) => `${WEB}:1@127.0.0.1:${p}/proxy/`, 400],
    ['the same, escaped', (p) => `${WEB}:1%40127.0.0.1%3A${p}/proxy/`, 400],
    ['a host in a port', (p) => `${WEB}:80@127.0.0.1%2f:${p}/proxy/`, 400],
    ['a path in a port', (_, p) => `${WEB}:${p}%2fsecret/proxy/`, 400],
    ['a query in a port', (_, p) => `${WEB}:${p}%3fa=b/proxy/`, 400],
    ['a fragment in a port', (_, p) => `${WEB}:${p}%23/proxy/`, 400],
    ['a scheme that is none', (_, p) => `${T}/pods/file:web:${p}/proxy/`, 400],
    ['a scheme with slashes', (p) => `${T}/pods/http%3a%2f%2f127.0.0.1%3a${p}/proxy/`, 404],
    ['a name with dots', (_, p) => `${T}/pods/..%2fweb:${p}/proxy/`, 404],
    ['port 0', () => `${WEB}:0/proxy/`, 400],
    ['a port beyond all', () => `${WEB}:65616/proxy/`, 400],
    ['a port that the node has', (p) => `/api/v1/nodes/here:${p + 1}/proxy/`, 400],
    ['a port of the API itself', () => `/api/v1/nodes/here:${new URL(cluster.url).port}/proxy/`, 400],
    ['a node that says it is the API', () => '/api/v1/nodes/api/proxy/', 400],
    ['logs of a pod on it', () => `${T}/pods/lured/log`, 400],
    ['a node that says it is the cloud', () => '/api/v1/nodes/cloud/proxy/latest/meta-data', 400],
    ['user and host in the port of a node', (p) => `/api/v1/nodes/here:1@127.0.0.1:${p}/proxy/`, 400],
    ['a pod without an address', (_, p) => `${T}/pods/moved:${p}/proxy/`, 400],
    ['a service without endpoints', () => `${T}/services/svc:80/proxy/`, 503],
    ['a port that the service has not', () => `${T}/services/svc:81/proxy/`, 503],
    ['user and host in the port of a service', (p) => `${T}/services/svc:80@127.0.0.1:${p}/proxy/`, 400],
  ])('%s', async (_what, at, code) => {
    expect(await nowhere(at(host.port, pod.port))).toBe(code);
  });

  it.each([
    ['/%2e%2e/%2e%2e/secret', '/secret'],
    ['/../../secret', '/secret'],
    ['/a%2f..%2f..%2fsecret', '/secret'],
    ['//127.0.0.1/secret', '/127.0.0.1/secret'],
    ['/%5c%5c127.0.0.1/secret', '/%5c%5c127.0.0.1/secret'],
    ['/@127.0.0.1/', '/@127.0.0.1/'],
    ['/a%252f..%252fb', '/a%252f..%252fb'],
    ['/a%0d%0aX:y', '/a%0d%0aX:y'],
  ])('the path %s stays with the pod, as %s', async (asked, wanted) => {
    const { code, text } = await as('editor', `${WEB}:${pod.port}/proxy${asked}`);
    expect([code, text]).toEqual([200, `arrived at ${wanted}`]);
  });

  it.each([
    '127.0.0.1',
    '127.1.0.9',
    '169.254.169.254',
    '0.0.0.0',
    '224.0.0.1',
    '10.96.0.1',
    '::1',
    '::ffff:127.0.0.1',
  ])('a pod whose status was made to say %s is nowhere', async (ip) => {
    await hasIp('moved', ip);
    expect(await nowhere(`${T}/pods/moved:${host.port}/proxy/`)).toBe(400);
    await hasIp('moved', '10.244.7.7');
  });

  it.each<[string, string, object | undefined]>([
    ['without a pod', '10.244.7.7', undefined],
    ["with another's address", '198.51.100.9', { kind: 'Pod', namespace: 't', name: 'web' }],
    ['with a pod of another namespace', '10.244.7.7', { kind: 'Pod', namespace: 'kube-system', name: 'web' }],
  ])('endpoints %s are nowhere', async (_what, ip, ref) => {
    await made(`${T}/endpoints`, { metadata: { name: 'svc' }, ...endpoints(ip, host.port, ref) });
    expect(await nowhere(`${T}/services/svc:80/proxy/`)).toBe(503);
    await as('admin', `${T}/endpoints/svc`, { method: 'DELETE' });
  });
});

describe('a body', () => {
  it('of a GET is not the next request of another user', async () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
    const { hostname, port } = new URL(cluster.url);
    const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
    const lines = [`GET ${WEB}:${pod.port}/proxy/first HTTP/1.1`, 'Host: x', 'Authorization: Bearer editor'];
    socket.write([...lines, `Content-Length: ${smuggled.length}`, '', smuggled].join('\r\n'));
    for await (const chunk of socket as AsyncIterable<Buffer>) if (String(chunk).includes('/first')) break;
    socket.destroy();
    for (const n of [1, 2, 3]) {
      const { text } = await as('reader', `${WEB}:${pod.port}/proxy/of-another-${n}`);
      expect(text).toBe(`arrived at /of-another-${n}`);
    }
    expect(pod.arrived.filter(({ url }) => url === '/smuggled')).toEqual([]);
    expect(pod.arrived.find(({ url }) => url === '/first')?.body).toBe(smuggled);
  });

  it('beside a request for another protocol is refused', async () => {
    const before = pod.arrived.length;
    const { code } = await upgraded('editor', `${WEB}:${pod.port}/proxy/ws`, { method: 'POST', body: 'x' });
    expect([code, pod.arrived.length]).toEqual([400, before]);
  });
});

it('a target learns nothing of who asks, and sets nothing of ours', async () => {
  const { headers } = await as('editor', `${WEB}:${pod.port}/proxy/who`, {
    headers: {
      cookie: '__Host-ku7s_session=secret; own=1',
      'x-remote-user': 'admin',
      connection: 'x-drop',
      'x-drop': '1',
    },
  });
  const seen = pod.arrived.at(-1)?.headers ?? {};
  expect(seen).toMatchObject({ cookie: 'own=1', 'x-forwarded-uri': `${WEB}:${pod.port}/proxy/who` });
  for (const name of ['authorization', 'x-remote-user', 'x-drop']) expect(seen).not.toHaveProperty(name);
  expect(headers['set-cookie']).toEqual(['own=1']);
  for (const name of ['service-worker-allowed', 'access-control-allow-origin'])
    expect(headers).not.toHaveProperty(name);
});

describe('verbs', () => {
  it.each(['exec', 'attach', 'portforward'])('pods/%s over a web socket needs get and create', async (subresource) => {
    const at = `${WEB}/${subresource}?container=c&command=id&stdout=1&ports=80`;
    const refused = async (token: string, method: string): Promise<[number, string]> => {
      const { code, text } = await upgraded(token, at, { method });
      return [code, (JSON.parse(text) as { message: string }).message];
    };
    expect(await refused('reader', 'GET')).toEqual([403, 'pods "web" is forbidden: ']);
    expect(await refused('creator', 'GET')).toEqual([403, expect.stringContaining('cannot get resource')]);
    expect(await refused('reader', 'POST')).toEqual([403, expect.stringContaining('cannot create resource')]);
    // it may: what answers is no kubelet
    expect((await refused('creator', 'POST'))[0]).toBe(500);
    expect((await refused('editor', 'GET'))[0]).toBe(500);
  });

  it.each<[string, string]>([
    ['POST', 'create'],
    ['PUT', 'update'],
    ['PATCH', 'patch'],
    ['DELETE', 'delete'],
    ['OPTIONS', ''],
  ])('a proxy takes %s of nobody who may only get', async (method, verb) => {
    const before = pod.arrived.length;
    const { code, text } = await as('reader', `${WEB}:${pod.port}/proxy/`, { method });
    expect([code, pod.arrived.length]).toEqual([403, before]);
    expect(text).toContain(`cannot ${verb} resource`);
  });

  it('who may nothing is not even told where the proxy begins', async () => {
    for (const at of [
      `${WEB}/proxy`,
      `${T}/pods/nobody-knows/proxy`,
      `${T}/services/svc/proxy`,
      '/api/v1/nodes/here/proxy',
    ])
      expect([at, (await as('nobody', at)).code]).toEqual([at, 403]);
    expect((await as('reader', `${T}/pods/nobody-knows/proxy`)).code).toBe(404);
    const { code, headers } = await as('reader', `${WEB}:${pod.port}/proxy?a=b`);
    expect([code, headers['location']]).toEqual([301, `${WEB}:${pod.port}/proxy/?a=b`]);
  });
});

it('streams are bounded for each user, and free again when their clients leave', async () => {
  const session = connectHttp2(cluster.url, { rejectUnauthorized: false });
  const silent = `${WEB}:${pod.port}/proxy/silent`;
  const open = () => session.request({ ':path': silent, authorization: 'Bearer reader' });
  const before = pod.arrived.length;
  const streams = Array.from({ length: 400 }, open);
  for (const stream of streams) stream.on('error', () => undefined);
  await expect.poll(() => pod.arrived.length).toBe(before + streams.length);
  const { code, headers, text } = await as('reader', silent);
  expect([code, headers['retry-after']]).toEqual([429, '1']);
  expect(JSON.parse(text)).toMatchObject({
    kind: 'Status',
    reason: 'TooManyRequests',
    message: 'user "reader" has too many open streams: 400',
  });
  // one mechanism for all of them, over both transports
  expect((await as('reader', `${WEB}/log?follow=true`)).code).toBe(429);
  expect((await upgraded('reader', `${WEB}:${pod.port}/proxy/ws`)).code).toBe(429);
  // the end of an upgraded one frees it as well
  streams.pop()?.destroy();
  const { hostname, port } = new URL(cluster.url);
  const upgrade = `GET ${WEB}:${pod.port}/proxy/ws HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer reader\r\n`;
  const switched = async (): Promise<TLSSocket | undefined> => {
    const socket = connectTls({ host: hostname, port: Number(port), rejectUnauthorized: false });
    socket.write(`${upgrade}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    const [head] = (await once(socket, 'data')) as [Buffer];
    if (String(head).startsWith('HTTP/1.1 101 ')) return socket;
    socket.destroy();
    return undefined;
  };
  let joined: TLSSocket | undefined;
  await expect.poll(async () => (joined = await switched())).toBeDefined();
  expect(await switched()).toBeUndefined();
  joined?.destroy();
  await expect.poll(async () => (joined = await switched())).toBeDefined();
  joined?.destroy();
  // and nobody else's
  expect((await as('editor', `${WEB}:${pod.port}/proxy/`)).code).toBe(200);
  session.destroy();
  await expect.poll(async () => (await as('reader', `${WEB}:${pod.port}/proxy/`)).code).toBe(200);
});
