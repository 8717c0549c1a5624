import { execFileSync, spawnSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NftablesProxy } from '../../../../src/nodes/network/nftables/nftables-proxy.ts';
import { GivenInformers } from '../../../support/given-informers.ts';
import { eventually, realClock } from '../../support.ts';
import { Lab, whyNoLab, type Actor } from '../lab.ts';

const ZONE = 'topology.kubernetes.io/zone';

const hasConntrack = spawnSync('conntrack', ['--version']).status === 0;

interface Given {
  ip: string;
  ready?: boolean;
  serving?: boolean;
  terminating?: boolean;
  node?: string;
  zone?: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What the kernel does with a packet; as root where there is nftables. */
describe.skipIf(whyNoLab)('the service proxy by nftables', () => {
  let lab: Lab;
  let a: Actor;
  let b: Actor;
  let host: Actor;
  let outside: Actor;
  let gateway: string;
  /** of this run alone: others may run on the machine */
  let clusterIP: string;
  let nodePort: number;
  let hostPort: number;
  let external: (last: number) => string;
  let informers: GivenInformers;
  let proxy: NftablesProxy;
  const events: string[] = [];

  beforeAll(async () => {
    lab = await Lab.open(210);
    [a, b] = await Promise.all([lab.pod('a'), lab.pod('b')]);
    host = lab.host();
    clusterIP = `10.96.${lab.network.network}.1`;
    external = (last) => `198.19.${lab.network.network}.${last}`;
    [nodePort, hostPort] = [await freePort(), await freePort()];
    ({ actor: outside, gateway } = lab.outside('outside'));
    await Promise.all([a, b, outside].flatMap((each) => [each.listen(8080), each.listen(8080, 'udp')]));
    informers = new GivenInformers();
    informers.put('nodes', { metadata: { name: 'n1', labels: { [ZONE]: 'z1' } } } as never);
    const { bridge, cidr, gateway: inner } = lab.network;
    proxy = new NftablesProxy({
      nodeName: 'n1',
      informers,
      pods: informers.informer('pods'),
      nodes: informers.informer('nodes'),
      clock: realClock,
      random: () => 0,
      log: () => undefined,
      events: { event: (about, type, reason) => void events.push(`${about.kind} ${type} ${reason}`) },
      servesMachine: true,
      nodePortAddresses: undefined,
      progress: { queued: () => undefined, updated: () => undefined },
      isHealthy: () => true,
      scope: { name: bridge, cidr, nodePortAddresses: undefined },
      gateway: inner,
      isOwn: (address) => address.startsWith('10.244.'),
    });
    await proxy.start();
  });
  afterEach(() => {
    informers.remove('services', 'default', 'web');
    informers.remove('endpointslices.discovery.k8s.io', 'default', 'web-1');
    events.length = 0;
  });
  afterAll(async () => {
    await proxy?.stop(false);
    await lab?.close();
  });

  const table = (): string => execFileSync('nft', ['list', 'table', 'ip', lab.network.bridge]).toString();
  /** One Service `web`, port 80 of which leads to port 8080 of the endpoints. */
  async function serve(
    endpoints: readonly Given[],
    spec: object = {},
    more: { protocol?: string; status?: object } = {},
  ) {
    const { protocol = 'TCP', status } = more;
    const ports = [{ port: 80, targetPort: 8080, protocol, nodePort }];
    informers.put('endpointslices.discovery.k8s.io', {
      metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080, protocol }],
      endpoints: endpoints.map(({ ip, ready = true, serving = ready, terminating = false, node = 'n1', zone }) => ({
        addresses: [ip],
        nodeName: node,
        conditions: { ready, serving, terminating },
        ...(zone && { hints: { forZones: [{ name: zone }] } }),
      })),
    } as never);
    informers.put('services', {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 'web', namespace: 'default', uid: 'web' },
      spec: { type: 'NodePort', clusterIP, clusterIPs: [clusterIP], ports, ...spec },
      status,
    } as never);
    await applied();
  }
  /** All that was said until now is in the kernel. */
  const applied = () => (proxy as unknown as { loop: { flush(): Promise<void> } }).loop.flush();
  const many = (actor: Actor, ip = clusterIP, port = 80, protocol: 'tcp' | 'udp' = 'tcp') =>
    Promise.all(Array.from({ length: 24 }, () => actor.ask(ip, port, protocol)));
  const names = async (answers: Promise<string[]>) =>
    [...new Set((await answers).map((each) => each.split(' ')[0]))].sort().join(' ');

  it('spreads over ready endpoints, from pods, the host and outside, and keeps the source', async () => {
    await serve([{ ip: a.ip }, { ip: b.ip }]);
    expect(await names(many(a))).toBe('a b');
    expect(await names(many(host))).toBe('a b');
    expect(await names(many(outside, gateway, nodePort))).toBe('a b');
    await serve([{ ip: b.ip }]);
    expect(await a.ask(clusterIP, 80)).toBe(`b ${a.ip}`);
    expect(await outside.ask(gateway, nodePort)).toBe(`b ${outside.ip}`);
    expect(await outside.ask(clusterIP, 80)).toBe(`b ${outside.ip}`);
    expect(await a.ask(gateway, nodePort)).toBe(`b ${a.ip}`);
  });

  it('lets a pod reach itself, by an address of the machine', async () => {
    await serve([{ ip: a.ip }]);
    const [who, seen] = (await a.ask(clusterIP, 80)).split(' ');
    expect(who).toBe('a');
    expect(seen).not.toBe(a.ip);
  });

  it('serves the node port on 127.0.0.1', async () => {
    await serve([{ ip: a.ip }]);
    expect(await host.ask('127.0.0.1', nodePort)).toMatch(/^a /);
  });

  it('carries UDP', async () => {
    await serve([{ ip: a.ip }, { ip: b.ip }], {}, { protocol: 'UDP' });
    expect(await names(many(a, clusterIP, 80, 'udp'))).toBe('a b');
    expect(await names(many(host, '127.0.0.1', nodePort, 'udp'))).toBe('a b');
    expect(await outside.ask(gateway, nodePort, 'udp')).toMatch(new RegExp(`^[ab] ${outside.ip}$`));
  });

  it('refuses at once where no endpoint is', async () => {
    await serve([]);
    for (const [actor, ip, port] of [
      [a, clusterIP, 80],
      [host, clusterIP, 80],
      [outside, gateway, nodePort],
      [a, gateway, nodePort],
    ] as const)
      expect([actor.name, await actor.ask(ip, port)]).toEqual([actor.name, 'ECONNREFUSED']);
    await serve([], {}, { protocol: 'UDP' });
    // The kernel sends such answers to a datagram at a limited rate (icmp_ratelimit).
    await eventually(async () => (await a.ask(clusterIP, 80, 'udp')) === 'ECONNREFUSED');
  });

  it('keeps a client at its endpoint with session affinity', async () => {
    await serve([{ ip: a.ip }, { ip: b.ip }], { sessionAffinity: 'ClientIP' });
    for (const client of [a, b, outside]) {
      const [ip, port] = client === outside ? [gateway, nodePort] : [clusterIP, 80];
      const first = await client.ask(ip, port);
      expect(await names(many(client, ip, port))).toBe(first.split(' ')[0]);
    }
    expect(table()).toContain('timeout 3h');
    const kept = (await a.ask(clusterIP, 80)).split(' ')[0];
    // One that leaves frees its clients; the others keep theirs.
    await serve([{ ip: kept === 'a' ? b.ip : a.ip }], { sessionAffinity: 'ClientIP' });
    expect(await names(many(a))).toBe(kept === 'a' ? 'b' : 'a');
  });

  it('forgets the client when the affinity has timed out', async () => {
    const config = { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 1 } } };
    await serve([{ ip: a.ip }, { ip: b.ip }], config);
    const kept = (await a.ask(clusterIP, 80)).split(' ')[0];
    await eventually(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return (await a.ask(clusterIP, 80)).split(' ')[0] !== kept;
    });
  });

  it.each<[string, object, Given[], Record<string, string>]>([
    [
      'external Local: own endpoints',
      { externalTrafficPolicy: 'Local' },
      [{ ip: '10.244.0.1', node: 'n2' }, { ip: 'b' }],
      { outside: 'b' },
    ],
    [
      'external Local: dropped without',
      { externalTrafficPolicy: 'Local' },
      [{ ip: 'b', node: 'n2' }],
      { outside: 'silence', pod: 'b', inner: 'b' },
    ],
    [
      'internal Local: own endpoints',
      { internalTrafficPolicy: 'Local' },
      [{ ip: '10.244.0.1', node: 'n2' }, { ip: 'b' }],
      { inner: 'b' },
    ],
    [
      'internal Local: dropped without',
      { internalTrafficPolicy: 'Local' },
      [{ ip: 'b', node: 'n2' }],
      { inner: 'silence', outside: 'b' },
    ],
    [
      'terminating when none is ready',
      {},
      [{ ip: 'b', ready: false, serving: true, terminating: true }],
      { inner: 'b', outside: 'b' },
    ],
    [
      'no terminating while one is',
      {},
      [{ ip: 'a', ready: false, serving: true, terminating: true }, { ip: 'b' }],
      { inner: 'b' },
    ],
    ['no unready ones', {}, [{ ip: 'a', ready: false }, { ip: 'b' }], { inner: 'b' }],
    [
      'its zone',
      {},
      [
        { ip: 'a', zone: 'z2' },
        { ip: 'b', zone: 'z1' },
      ],
      { inner: 'b', outside: 'b' },
    ],
  ])('leads by policy: %s', async (_, spec, given, wanted) => {
    const address = (name: string): string => (name === 'a' ? a.ip : name === 'b' ? b.ip : name);
    await serve(
      given.map((each) => ({ ...each, ip: address(each.ip) })),
      spec,
    );
    const got: Record<string, string> = {
      outside: await names(many(outside, gateway, nodePort)),
      pod: await names(many(a, gateway, nodePort)),
      inner: await names(many(a)),
    };
    expect(got).toMatchObject(wanted);
  });

  it('leads external and load balancer addresses, these for those of the source ranges alone', async () => {
    const lb = { type: 'LoadBalancer', externalIPs: [external(7)] };
    const status = { loadBalancer: { ingress: [{ ip: external(8) }] } };
    await serve([{ ip: b.ip }], lb, { status });
    for (const ip of [external(7), external(8)]) expect(await outside.ask(ip, 80)).toBe(`b ${outside.ip}`);
    await serve([{ ip: b.ip }], { ...lb, loadBalancerSourceRanges: ['10.0.0.0/8'] }, { status });
    expect(await outside.ask(external(8), 80)).toBe('silence');
    expect(await outside.ask(external(7), 80)).toBe(`b ${outside.ip}`);
    expect(await a.ask(external(8), 80)).toBe(`b ${a.ip}`);
  });

  it('leads to an endpoint elsewhere, and to one on the loopback of this machine', async () => {
    await serve([{ ip: outside.ip, node: 'n2' }]);
    expect(await a.ask(clusterIP, 80)).toBe(`outside ${gateway}`);
    const loopback = `127.0.${lab.network.network}.1`;
    const server = createServer((socket) => socket.end('loopback'));
    await new Promise<void>((resolve) => server.listen(8080, loopback, resolve));
    await serve([{ ip: loopback }]);
    expect(await a.ask(clusterIP, 80)).toBe('loopback');
    expect(await host.ask(clusterIP, 80)).toBe('loopback');
    server.close();
  });

  it('lets pods out by the address of the machine', async () => {
    expect(await a.ask(outside.ip, 8080)).toBe(`outside ${gateway}`);
    expect(await a.ask(outside.ip, 8080, 'udp')).toBe(`outside ${gateway}`);
  });

  it.skipIf(!hasConntrack)('leads who goes on sending over UDP to another endpoint when his is gone', async () => {
    await serve([{ ip: a.ip }], {}, { protocol: 'UDP' });
    const source = await freePort();
    // from one port: to the kernel it is one flow, which each packet keeps alive
    const ask = (): Promise<string> => host.ask(clusterIP, 80, 'udp', source);
    await eventually(async () => (await ask()).startsWith('a '));
    await serve([{ ip: b.ip }], {}, { protocol: 'UDP' });
    await eventually(async () => (await ask()).startsWith('b '));
  });

  it('takes nothing from a pod that passes for another', async () => {
    const port = 9090;
    await b.listen(port, 'udp');
    const { namespace } = a;
    execFileSync('nsenter', [`--net=${namespace}`, 'ip', 'address', 'replace', '203.0.113.99/32', 'dev', 'lo']);
    const script = `
      const s = require('dgram').createSocket('udp4'), end = (t) => { console.log(t); process.exit(); };
      s.on('message', (m) => end(String(m)));
      s.bind(0, '203.0.113.99', () => s.send('?', ${port}, '${b.ip}'));
      setTimeout(() => end('silence'), 700);`;
    expect(execFileSync('nsenter', [`--net=${namespace}`, process.execPath, '-e', script]).toString()).toBe(
      'silence\n',
    );
  });

  it('leads host ports to their pod, on the address that they name', async () => {
    const ports = [
      { containerPort: 8080, hostPort, protocol: 'TCP' },
      { containerPort: 8080, hostPort, protocol: 'UDP', hostIP: gateway },
    ];
    informers.put('pods', {
      metadata: { name: 'b', namespace: 'default' },
      spec: { containers: [{ name: 'c', ports }] },
      status: { podIP: b.ip },
    } as never);
    await applied();
    expect(await outside.ask(gateway, hostPort)).toBe(`b ${outside.ip}`);
    expect(await host.ask(gateway, hostPort)).toMatch(/^b /);
    expect(await outside.ask(gateway, hostPort, 'udp')).toBe(`b ${outside.ip}`);
    expect(await a.ask(lab.network.gateway, hostPort, 'udp')).not.toMatch(/^b /);
    informers.remove('pods', 'default', 'b');
    await applied();
    expect(await outside.ask(gateway, hostPort)).toBe('ECONNREFUSED');
  });

  it('says of a node port that somebody else has, and serves it when that one ends', async () => {
    const other = createServer((socket) => socket.end('other'));
    await new Promise<void>((resolve) => other.listen(nodePort, '0.0.0.0', resolve));
    await serve([{ ip: b.ip }]);
    expect(events).toEqual(['Service Warning NodePortNotServed']);
    expect(await outside.ask(gateway, nodePort)).toBe('other');
    expect(await a.ask(clusterIP, 80)).toBe(`b ${a.ip}`);
    await new Promise((resolve) => other.close(resolve));
    await applied();
    expect(await outside.ask(gateway, nodePort)).toBe(`b ${outside.ip}`);
  });

  it('leaves the port of the same number to a load balancer of the loopback', async () => {
    const balancer = createServer((socket) => socket.end('balancer'));
    await serve([{ ip: b.ip }]);
    await new Promise<void>((resolve, reject) =>
      balancer.once('error', reject).listen(nodePort, '127.64.0.9', resolve),
    );
    expect(await host.ask('127.64.0.9', nodePort)).toBe('balancer');
    expect(await outside.ask(gateway, nodePort)).toBe(`b ${outside.ip}`);
    // and whoever was there first
    informers.remove('services', 'default', 'web');
    await applied();
    await serve([{ ip: b.ip }]);
    expect(await outside.ask(gateway, nodePort)).toBe(`b ${outside.ip}`);
    expect(await host.ask('127.64.0.9', nodePort)).toBe('balancer');
    expect(events).toEqual([]);
    await new Promise((resolve) => balancer.close(resolve));
  });

  it('keeps what is served when it stops to start again, and leaves nothing when it stops for good', async () => {
    await serve([{ ip: b.ip }]);
    await proxy.stop(true);
    expect(await a.ask(clusterIP, 80)).toBe(`b ${a.ip}`);
    await proxy.stop(false);
    expect(() => table()).toThrow();
  });
});
