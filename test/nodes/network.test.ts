import { createSocket } from 'node:dgram';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { decode, encode, type Answer } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { Balancer } from '../../src/nodes/network/balancer.ts';
import { DnsServer } from '../../src/nodes/network/dns-server.ts';
import { EndpointTable } from '../../src/nodes/network/endpoint-table.ts';
import { ServiceNetwork } from '../../src/nodes/network/service-network.ts';
import { FakeCluster } from './fake-cluster.ts';
import { realClock } from './support.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const service = (name: string, spec: object) => ({ metadata: { name, namespace: 'default' }, spec });
const slice = (
  name: string,
  port: number,
  addresses: { ip: string; ready?: boolean; hostname?: string }[],
  portName = '',
) => ({
  metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  ports: [{ name: portName, port, protocol: 'TCP' }],
  endpoints: addresses.map(({ ip, ready = true, hostname }) => ({
    addresses: [ip],
    hostname,
    conditions: { ready, serving: ready },
  })),
});

describe('the cluster DNS', () => {
  const cluster = new FakeCluster();
  cluster.put(
    'services',
    service('web', {
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    }),
  );
  cluster.put('services', service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] }));
  cluster.put('services', service('out', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }));
  cluster.put(
    'endpointslices.discovery.k8s.io',
    slice(
      'db',
      5432,
      [{ ip: '10.1.0.1', hostname: 'db-0' }, { ip: '10.1.0.2' }, { ip: '10.1.0.3', ready: false }],
      'sql',
    ),
  );
  const table = new EndpointTable(cluster.informer('endpointslices.discovery.k8s.io'), cluster.informer('pods'));
  const dns = new DnsServer(cluster.informer('services'), table, 'cluster.local', () => 0, []);
  const ask = async (name: string, type: 'A' | 'SRV' | 'AAAA' | 'PTR' = 'A') => {
    const packet = decode((await dns.answer(encode({ type: 'query', id: 1, questions: [{ type, name }] }), false))!);
    const data = (packet.answers as (Answer & { data: unknown })[]).map((each) => each.data);
    return { code: (packet as { rcode?: string }).rcode, data };
  };

  it.each([
    ['web.default.svc.cluster.local', 'A', ['10.96.0.7']],
    ['WEB.default.svc.cluster.local', 'A', ['10.96.0.7']],
    ['web.default.svc.cluster.local', 'AAAA', []],
    [
      '_http._tcp.web.default.svc.cluster.local',
      'SRV',
      [expect.objectContaining({ port: 80, target: 'web.default.svc.cluster.local' })],
    ],
    ['db-0.db.default.svc.cluster.local', 'A', ['10.1.0.1']],
    ['10-1-0-2.db.default.svc.cluster.local', 'A', ['10.1.0.2']],
    ['10-1-0-9.default.pod.cluster.local', 'A', ['10.1.0.9']],
    ['out.default.svc.cluster.local', 'A', ['web.default.svc.cluster.local', '10.96.0.7']],
    ['7.0.96.10.in-addr.arpa', 'PTR', ['web.default.svc.cluster.local']],
  ] as const)('answers %s %s', async (name, type, data) => {
    expect(await ask(name, type)).toEqual({ code: 'NOERROR', data });
  });

  it('lists only ready endpoints of a headless service, each also as SRV', async () => {
    expect((await ask('db.default.svc.cluster.local')).data.sort()).toEqual(['10.1.0.1', '10.1.0.2']);
    const { data } = await ask('_sql._tcp.db.default.svc.cluster.local', 'SRV');
    expect(data.map((each) => (each as { target: string }).target).sort()).toEqual([
      '10-1-0-2.db.default.svc.cluster.local',
      'db-0.db.default.svc.cluster.local',
    ]);
  });

  it('does not know other names of its domain, and fails for names that nobody answers', async () => {
    expect((await ask('none.default.svc.cluster.local')).code).toBe('NXDOMAIN');
    expect((await ask('example.com')).code).toBe('SERVFAIL');
  });
});

describe('the balancer', () => {
  const targets = [
    { address: 'a', port: 1 },
    { address: 'b', port: 1 },
  ];
  it('takes turns, and keeps a client where it was with affinity', () => {
    const balancer = new Balancer(() => 0, { now: () => 0 });
    expect([1, 2, 3].map(() => balancer.order(targets, 'x', 0)[0]!.address)).toEqual(['a', 'b', 'a']);
    balancer.used(targets[0]!, 'x', 1000);
    expect([1, 2].map(() => balancer.order(targets, 'x', 1000)[0]!.address)).toEqual(['a', 'a']);
  });
});

function server(name: string, address: string, port = 0): Promise<Server> {
  return new Promise((resolve) => {
    const each = createServer((socket) => socket.on('data', () => socket.write(name)));
    closing.push(() => each.close());
    each.listen(port, address, () => resolve(each));
  });
}

function client(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    closing.push(() => socket.destroy());
    socket.once('error', reject);
  });
}

const say = (socket: Socket): Promise<string> =>
  new Promise((resolve, reject) => {
    socket.once('data', (data) => resolve(data.toString()));
    socket.once('close', () => reject(new Error('closed')));
    socket.write('?');
  });

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe('a node port', () => {
  it('spreads connections over ready endpoints, keeps those that are open, and passes over one that refuses', async () => {
    const cluster = new FakeCluster();
    const one = await server('one', '127.0.0.2');
    const { port } = one.address() as AddressInfo;
    await server('two', '127.0.0.3', port);
    const nodePort = await freePort();
    cluster.put(
      'services',
      service('web', { type: 'NodePort', clusterIP: '10.96.0.7', ports: [{ port: 80, nodePort, protocol: 'TCP' }] }),
    );
    cluster.put(
      'endpointslices.discovery.k8s.io',
      slice('web', port, [{ ip: '127.0.0.2' }, { ip: '127.0.0.3' }, { ip: '127.0.0.4' }]),
    );
    const network = new ServiceNetwork({
      informers: cluster,
      clock: realClock,
      random: () => 0,
      log: () => undefined,
      clusterDomain: 'cluster.local',
      nodePortAddresses: ['127.0.0.1'],
    });
    await network.start();
    closing.push(() => network.stop());
    const sockets = await Promise.all(Array.from({ length: 6 }, () => client(nodePort)));
    const answers = await Promise.all(sockets.map(say));
    expect(new Set(answers)).toEqual(new Set(['one', 'two']));

    cluster.put(
      'endpointslices.discovery.k8s.io',
      slice('web', port, [{ ip: '127.0.0.2', ready: false }, { ip: '127.0.0.3' }]),
    );
    expect(await say(sockets[answers.indexOf('one')]!)).toBe('one');
    expect(await say(await client(nodePort))).toBe('two');
    expect(await say(await client(nodePort))).toBe('two');
    cluster.remove('services', 'default', 'web');
    await network.stop();
    await expect(client(nodePort)).rejects.toThrow('ECONNREFUSED');
  });

  it('carries datagrams', async () => {
    const cluster = new FakeCluster();
    const echo = createSocket('udp4');
    echo.on('message', (data, from) => echo.send(`echo ${data}`, from.port, from.address));
    await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
    closing.push(() => echo.close());
    const nodePort = await freePort();
    cluster.put(
      'services',
      service('udp', { type: 'NodePort', clusterIP: '10.96.0.8', ports: [{ port: 53, nodePort, protocol: 'UDP' }] }),
    );
    cluster.put('endpointslices.discovery.k8s.io', slice('udp', echo.address().port, [{ ip: '127.0.0.1' }]));
    const network = new ServiceNetwork({
      informers: cluster,
      clock: realClock,
      random: () => 0,
      log: () => undefined,
      clusterDomain: 'cluster.local',
      nodePortAddresses: ['127.0.0.1'],
    });
    await network.start();
    closing.push(() => network.stop());
    const socket = createSocket('udp4');
    closing.push(() => socket.close());
    const answer = new Promise<string>((resolve) => socket.once('message', (data) => resolve(data.toString())));
    socket.send('hello', nodePort, '127.0.0.1');
    expect(await answer).toBe('echo hello');
  });
});
