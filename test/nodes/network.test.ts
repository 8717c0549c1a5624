import { createSocket } from 'node:dgram';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Balancer } from '../../src/rules/relay/balancer.ts';
import { UserspaceProxy } from '../../src/nodes/network/userspace-proxy.ts';
import { GivenInformers } from '../support/given-informers.ts';
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

const proxyOf = (informers: GivenInformers, events: string[] = []): UserspaceProxy =>
  new UserspaceProxy({
    nodeName: 'n1',
    informers,
    pods: informers.informer('pods'),
    nodes: informers.informer('nodes'),
    clock: realClock,
    random: () => 0,
    log: () => undefined,
    events: { event: (about, type, reason, message) => void events.push(`${about.kind} ${type} ${reason} ${message}`) },
    servesMachine: true,
    nodePortAddresses: ['127.0.0.1'],
    progress: { queued: () => undefined, updated: () => undefined },
    isHealthy: () => true,
    link: undefined,
  });

describe('a node port', () => {
  it('spreads connections over ready endpoints, keeps those that are open, and passes over one that refuses', async () => {
    const informers = new GivenInformers();
    const one = await server('one', '127.0.0.2');
    const { port } = one.address() as AddressInfo;
    await server('two', '127.0.0.3', port);
    const nodePort = await freePort();
    informers.put(
      'services',
      service('web', { type: 'NodePort', clusterIP: '10.96.0.7', ports: [{ port: 80, nodePort, protocol: 'TCP' }] }),
    );
    informers.put(
      'endpointslices.discovery.k8s.io',
      slice('web', port, [{ ip: '127.0.0.2' }, { ip: '127.0.0.3' }, { ip: '127.0.0.4' }]),
    );
    const network = proxyOf(informers);
    await network.start();
    closing.push(() => network.stop(false));
    const sockets = await Promise.all(Array.from({ length: 6 }, () => client(nodePort)));
    const answers = await Promise.all(sockets.map(say));
    expect(new Set(answers)).toEqual(new Set(['one', 'two']));

    informers.put(
      'endpointslices.discovery.k8s.io',
      slice('web', port, [{ ip: '127.0.0.2', ready: false }, { ip: '127.0.0.3' }]),
    );
    expect(await say(sockets[answers.indexOf('one')]!)).toBe('one');
    expect(await say(await client(nodePort))).toBe('two');
    expect(await say(await client(nodePort))).toBe('two');
    informers.remove('services', 'default', 'web');
    await network.stop(false);
    await expect(client(nodePort)).rejects.toThrow('ECONNREFUSED');
  });

  it('carries datagrams', async () => {
    const informers = new GivenInformers();
    const echo = createSocket('udp4');
    echo.on('message', (data, from) => echo.send(`echo ${data}`, from.port, from.address));
    await new Promise<void>((resolve) => echo.bind(0, '127.0.0.1', resolve));
    closing.push(() => echo.close());
    const nodePort = await freePort();
    informers.put(
      'services',
      service('udp', { type: 'NodePort', clusterIP: '10.96.0.8', ports: [{ port: 53, nodePort, protocol: 'UDP' }] }),
    );
    informers.put('endpointslices.discovery.k8s.io', slice('udp', echo.address().port, [{ ip: '127.0.0.1' }]));
    const network = proxyOf(informers);
    await network.start();
    closing.push(() => network.stop(false));
    const socket = createSocket('udp4');
    closing.push(() => socket.close());
    const answer = new Promise<string>((resolve) => socket.once('message', (data) => resolve(data.toString())));
    socket.send('hello', nodePort, '127.0.0.1');
    expect(await answer).toBe('echo hello');
  });
});
