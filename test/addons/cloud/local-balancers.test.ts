import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AddressPool } from '../../../src/addons/cloud/local/address-pool.ts';
import { LocalBalancers, type LocalBalancersOptions } from '../../../src/addons/cloud/local/local-balancers.ts';
import { Targets } from '../../../src/addons/cloud/local/targets.ts';
import type { Node, Service } from '../../../schema/types.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { GivenInformers } from '../../support/given-informers.ts';

const SLICES = 'endpointslices.discovery.k8s.io';
const closing: (() => unknown)[] = [];

/** A server that says its name to each connection or datagram. @returns its port, on the loopback */
async function backend(name: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).end(name));
  closing.push(() => server.close());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const socket = createSocket('udp4');
  socket.on('message', (_, from) => socket.send(name, from.port, from.address));
  closing.push(() => socket.close());
  await new Promise<void>((done) => socket.bind(port, '127.0.0.1', done));
  return port;
}

/** What is answered at an address, from another; `refused` for nothing. */
const ask = (host: string, port: number, localAddress = '127.0.0.1'): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port, localAddress });
    socket.on('data', (data) => (text += String(data)));
    socket.on('error', () => resolve('refused'));
    socket.on('close', () => resolve(text || 'refused'));
  });
const askUdp = (host: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.on('message', (data) => {
      socket.close();
      resolve(String(data));
    });
    socket.send('?', port, host);
  });
/** A port that was free a moment ago on all addresses of the loopback. */
const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '0.0.0.0', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
};

describe('load balancers of this machine', () => {
  let informers: GivenInformers;
  let clock: FakeClock;
  let balancers: LocalBalancers;
  let healthy: Set<string>;
  let barred: Set<string>;
  beforeEach(() => {
    informers = new GivenInformers();
    clock = new FakeClock();
    healthy = new Set();
    barred = new Set();
    balancers = make('127.65.0.0/29');
  });
  afterEach(async () => {
    await balancers.close();
    for (const close of closing.splice(0)) close();
  });

  const make = (pool: string, more: Partial<LocalBalancersOptions> = {}): LocalBalancers =>
    new LocalBalancers({
      pool: new AddressPool(pool),
      services: informers.informer('services'),
      // Endpoints of a test are on the loopback, where nobody else is led.
      targets: new Targets(
        informers.informer(SLICES),
        { allowed: (address) => (barred.has(address) ? undefined : address) },
        clock,
      ),
      clock,
      random: () => 0,
      owns: () => false,
      ask: (address) => Promise.resolve(healthy.has(address)),
      ...more,
    });
  const put = (name: string, spec: object, ip?: string): Service => {
    const ingress = ip === undefined ? {} : { status: { loadBalancer: { ingress: [{ ip, ipMode: 'Proxy' }] } } };
    const object = { metadata: { name, namespace: 'a' }, spec: { type: 'LoadBalancer', ...spec }, ...ingress };
    informers.put('services', object);
    return informers.informer('services').get('a', name)!;
  };
  const endpoints = (name: string, portName: string, ...all: { port: number; node?: string; ready?: boolean }[]) => {
    all.forEach(({ port, node = 'n1', ready = true }, i) =>
      informers.put(SLICES, {
        metadata: { name: `${name}-${portName}-${i}`, namespace: 'a', labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: [{ name: portName, port, protocol: 'TCP' }],
        endpoints: [{ addresses: ['127.0.0.1'], nodeName: node, conditions: { ready, serving: ready } }],
      } as never),
    );
  };
  const node = (name: string, address: string): Node =>
    ({ metadata: { name }, status: { addresses: [{ type: 'InternalIP', address }] } }) as Node;
  const ensure = async (service: Service, nodes: readonly Node[] = []): Promise<string> =>
    (await balancers.ensure(service, nodes)).ingress?.[0]?.ip ?? '';

  test('answer at an address of their own, on several ports, by TCP and UDP', async () => {
    const [web, more, dns] = [await freePort(), await freePort(), await freePort()];
    const ports = [
      { name: 'web', port: web },
      { name: 'more', port: more, protocol: 'TCP' },
      { name: 'dns', port: dns, protocol: 'UDP' },
    ];
    const address = await ensure(put('s', { ports }));
    endpoints('s', 'web', { port: await backend('one') });
    endpoints('s', 'more', { port: await backend('two') });
    endpoints('s', 'dns', { port: await backend('three') });
    expect(address).toBe('127.65.0.1');
    expect(await ask(address, web)).toBe('one');
    expect(await ask(address, more)).toBe('two');
    expect(await askUdp(address, dns)).toBe('three');
    expect(await ask(address, dns)).toBe('refused');
    const next = await ensure(put('t', { ports }));
    expect(next).toBe('127.65.0.2');
    expect(await ask(next, web)).toBe('refused');
  });

  test('follow endpoints, ports and the end at once', async () => {
    const [first, second] = [await freePort(), await freePort()];
    const address = await ensure(put('s', { ports: [{ name: 'web', port: first }] }));
    expect(await ask(address, first)).toBe('refused');
    endpoints('s', 'web', { port: await backend('one') });
    expect(await ask(address, first)).toBe('one');
    endpoints('s', 'web', { port: await backend('two') });
    expect(await ask(address, first)).toBe('two');
    const moved = put('s', { ports: [{ name: 'web', port: second }] });
    expect(await ensure(moved)).toBe(address);
    expect([await ask(address, first), await ask(address, second)]).toEqual(['refused', 'two']);
    await balancers.delete(moved);
    expect(await ask(address, second)).toBe('refused');
    expect(await balancers.get(moved)).toBeUndefined();
  });

  test('lead nowhere that nobody may be led to any more, and there as soon as it is allowed again', async () => {
    const port = await freePort();
    const address = await ensure(put('s', { ports: [{ name: 'web', port }] }));
    endpoints('s', 'web', { port: await backend('one') });
    barred = new Set(['127.0.0.1']);
    expect(await ask(address, port)).toBe('refused');
    barred = new Set();
    await clock.advance(1000);
    expect(await ask(address, port)).toBe('one');
    barred = new Set(['127.0.0.1']);
    await clock.advance(1000);
    expect(await ask(address, port)).toBe('refused');
  });

  test('go on to another endpoint where one does not answer', async () => {
    const port = await freePort();
    const address = await ensure(put('s', { ports: [{ name: 'web', port }] }));
    endpoints('s', 'web', { port: await freePort() }, { port: await backend('one') });
    expect([await ask(address, port), await ask(address, port)]).toEqual(['one', 'one']);
  });

  test('take connections from the source ranges alone', async () => {
    const port = await freePort();
    const ports = [{ name: 'web', port }];
    endpoints('s', 'web', { port: await backend('one') });
    const address = await ensure(put('s', { ports, loadBalancerSourceRanges: ['127.0.9.0/24', ' 127.0.8.0/24'] }));
    expect(await ask(address, port, '127.0.9.1')).toBe('one');
    expect(await ask(address, port, '127.0.8.1')).toBe('one');
    expect(await ask(address, port, '127.0.7.1')).toBe('refused');
    await ensure(put('s', { ports, loadBalancerSourceRanges: ['2001:db8::/32'] }));
    expect(await ask(address, port, '127.0.9.1')).toBe('refused');
    await ensure(put('s', { ports }));
    expect(await ask(address, port, '127.0.7.1')).toBe('one');
  });

  test('take the source ranges of an annotation, where the spec has none', async () => {
    const port = await freePort();
    const spec = { ports: [{ name: 'web', port }] };
    endpoints('s', 'web', { port: await backend('one') });
    const annotated = (text: string, more: object = {}): Service => {
      const service = put('s', { ...spec, ...more });
      const annotations = { 'service.beta.kubernetes.io/load-balancer-source-ranges': text };
      return { ...service, metadata: { ...service.metadata, annotations } };
    };
    const address = await ensure(annotated(' 127.0.9.0/24, 127.0.8.0/24 '));
    expect([await ask(address, port, '127.0.8.1'), await ask(address, port, '127.0.7.1')]).toEqual(['one', 'refused']);
    await ensure(annotated('everybody'));
    expect(await ask(address, port, '127.0.8.1')).toBe('refused');
    await ensure(annotated('127.0.9.0/24', { loadBalancerSourceRanges: ['127.0.7.0/24'] }));
    expect([await ask(address, port, '127.0.9.1'), await ask(address, port, '127.0.7.1')]).toEqual(['refused', 'one']);
    await ensure(annotated(' '));
    expect(await ask(address, port, '127.0.8.1')).toBe('one');
  });

  test('listen at so many ports, and say of the first why not at more', async () => {
    const ports = Array.from({ length: 400 }, (_, i) => ({ name: `p${i}`, port: 1000 + i }));
    const refused = balancers.ensure(put('s', { ports }), []);
    await expect(refused).rejects.toThrow('TCP 1256: not more than 256 ports are served');
    await expect(refused).rejects.toThrow(/ and 134 more$/);
  });

  test('lead in turn, and with affinity a client always to the same', async () => {
    const port = await freePort();
    const ports = [{ name: 'web', port }];
    endpoints('s', 'web', { port: await backend('one') }, { port: await backend('two') });
    const address = await ensure(put('s', { ports }));
    const asked = async (from: string): Promise<string[]> => [
      await ask(address, port, from),
      await ask(address, port, from),
      await ask(address, port, from),
    ];
    expect(new Set(await asked('127.0.0.2'))).toEqual(new Set(['one', 'two']));
    await ensure(put('s', { ports, sessionAffinity: 'ClientIP' }));
    for (const client of ['127.0.0.2', '127.0.0.3', '127.0.0.4']) expect(new Set(await asked(client)).size).toBe(1);
  });

  test('with the policy Local, lead to nodes that say that they are healthy', async () => {
    const port = await freePort();
    const spec = { ports: [{ name: 'web', port }], externalTrafficPolicy: 'Local', healthCheckNodePort: 30_001 };
    endpoints('s', 'web', { port: await backend('one'), node: 'n1' }, { port: await backend('two'), node: 'n2' });
    const nodes = [node('n1', '192.0.2.1'), node('n2', '192.0.2.2')];
    const service = put('s', spec);
    const address = await ensure(service, nodes);
    const seen = async (): Promise<string[]> => {
      await clock.advance(2000);
      return [...new Set([await ask(address, port), await ask(address, port)])].sort();
    };
    expect(await seen()).toEqual(['refused']);
    healthy = new Set(['192.0.2.1', '192.0.2.2']);
    expect(await seen()).toEqual(['one', 'two']);
    healthy.delete('192.0.2.1');
    expect(await seen()).toEqual(['two']);
    await balancers.update(service, nodes.slice(0, 1));
    expect(await seen()).toEqual(['refused']);
    await ensure(put('s', { ...spec, externalTrafficPolicy: 'Cluster' }), nodes);
    expect(await seen()).toEqual(['one', 'two']);
  });

  test('keep the address that the status says, over a restart, whoever is looked at first', async () => {
    const ports = [{ name: 'web', port: await freePort() }];
    const old = put('old', { ports }, '127.65.0.1');
    const late = put('new', { ports });
    expect(await ensure(late)).toBe('127.65.0.2');
    expect(await ensure(old)).toBe('127.65.0.1');
  });

  test.each([
    ['the one that is asked for', { loadBalancerIP: '127.65.0.5' }, undefined, '127.65.0.5'],
    ['the one that is asked for and not the one it has', { loadBalancerIP: '127.65.0.5' }, '127.65.0.3', '127.65.0.5'],
    ['one of the pool where the status has another', {}, '192.0.2.1', '127.65.0.2'],
    ['another where somebody else has it', {}, '127.65.0.1', '127.65.0.2'],
  ])('have %s', async (_, spec, former, expected) => {
    const ports = [{ name: 'web', port: await freePort() }];
    await ensure(put('first', { ports }));
    expect(await ensure(put('s', { ports, ...spec }, former))).toBe(expected);
  });

  test.each([
    ['an address out of the range', { loadBalancerIP: '192.0.2.1' }, 'is not in the range of load balancers'],
    ["somebody else's address", { loadBalancerIP: '127.65.0.1' }, 'is that of Service a/first'],
    ['SCTP', { ports: [{ name: 'x', port: 5, protocol: 'SCTP' }] }, 'SCTP 5: SCTP is not served'],
  ])('refuse %s', async (_, spec, message) => {
    const ports = [{ name: 'web', port: await freePort() }];
    await ensure(put('first', { ports }));
    await expect(ensure(put('s', { ports, ...spec }))).rejects.toThrow(message);
  });

  test('end with the range', async () => {
    balancers = make('127.65.0.1-127.65.0.1');
    const ports = [{ name: 'web', port: await freePort() }];
    await ensure(put('one', { ports }));
    await expect(ensure(put('two', { ports }))).rejects.toThrow('no address of the range of load balancers is free');
  });

  test.each([
    ['there', '127.65.0.1'],
    ['everywhere', '0.0.0.0'],
  ])('say which port is taken %s, and serve the others', async (_, where) => {
    const [taken, port] = [await freePort(), await freePort()];
    const other = createServer();
    closing.push(() => other.close());
    await new Promise<void>((done) => other.listen(taken, where, done));
    endpoints('s', 'web', { port: await backend('one') });
    const ports = [
      { name: 'taken', port: taken },
      { name: 'web', port },
    ];
    await expect(ensure(put('s', { ports }))).rejects.toThrow(`TCP ${taken}: listen EADDRINUSE`);
    expect(await ask('127.65.0.1', port)).toBe('one');
  });

  test('give the machine the addresses that it does not have, and take them away again', async () => {
    const changes: string[] = [];
    balancers = make('192.0.2.7-192.0.2.8', {
      owns: (address) => address === '192.0.2.7',
      changeAddress: (verb, address) => Promise.resolve(void changes.push(`${verb} ${address}`)),
    });
    const service = put('s', { ports: [], loadBalancerIP: '192.0.2.8' });
    await ensure(service);
    await ensure(put('own', { ports: [], loadBalancerIP: '192.0.2.7' }));
    expect(changes).toEqual(['add 192.0.2.8']);
    await balancers.delete(service);
    expect(changes).toEqual(['add 192.0.2.8', 'del 192.0.2.8']);
  });

  test('take away an address that a process before has given and could not take away', async () => {
    const changes: string[] = [];
    balancers = make('192.0.2.7-192.0.2.8', {
      owns: () => true,
      changeAddress: (verb, address) => Promise.resolve(void changes.push(`${verb} ${address}`)),
    });
    const ended = put('ended', { ports: [] }, '192.0.2.8');
    expect(await ensure(put('s', { ports: [] }))).toBe('192.0.2.7');
    const shared = put('shared', { ports: [] }, '192.0.2.7');
    await balancers.delete(ended);
    // Its status names it, and another serves there.
    await balancers.delete(shared);
    expect(changes).toEqual(['del 192.0.2.8']);
  });
});
