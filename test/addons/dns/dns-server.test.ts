import { createSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { decode, encode, type Answer } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { ClusterRecords } from '../../../src/addons/dns/cluster-records.ts';
import { DnsServer } from '../../../src/addons/dns/dns-server.ts';
import { GivenInformers } from '../../support/given-informers.ts';

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

describe('the records', () => {
  const informers = new GivenInformers();
  informers.put(
    'services',
    service('web', {
      clusterIP: '10.96.0.7',
      clusterIPs: ['10.96.0.7'],
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    }),
  );
  informers.put(
    'services',
    service('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] }),
  );
  informers.put('services', service('out', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }));
  informers.put(
    'endpointslices.discovery.k8s.io',
    slice(
      'db',
      5432,
      [{ ip: '10.1.0.1', hostname: 'db-0' }, { ip: '10.1.0.2' }, { ip: '10.1.0.3', ready: false }],
      'sql',
    ),
  );
  const records = new ClusterRecords(
    informers.informer('services'),
    informers.informer('endpointslices.discovery.k8s.io'),
    'cluster.local',
  );
  const dns = new DnsServer(
    records,
    () => true,
    () => 0,
    [],
  );
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

describe('the server', () => {
  it('does not answer an address that may not ask', async () => {
    const informers = new GivenInformers();
    const records = new ClusterRecords(
      informers.informer('services'),
      informers.informer('endpointslices.discovery.k8s.io'),
      'cluster.local',
    );
    const asked: string[] = [];
    const mayAsk = (address: string): boolean => asked.push(address) > 1;
    const dns = new DnsServer(records, mayAsk, () => 0, []);
    const port = await dns.listen('127.0.0.1');
    const refused = connect(port, '127.0.0.1');
    await new Promise((closed) => refused.once('close', closed));
    const socket = createSocket('udp4');
    const answer = new Promise((resolve) => socket.once('message', resolve));
    socket.send(encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'cluster.local' }] }), port, '127.0.0.1');
    await answer;
    expect(asked).toEqual(['127.0.0.1', '127.0.0.1']);
    socket.close();
    dns.close();
  });

  describe('over TCP', () => {
    const informers = new GivenInformers();
    const ports = Array.from({ length: 60 }, (_, n) => ({ name: `p${n}`, port: 1000 + n, protocol: 'TCP' }));
    informers.put('services', service('many', { clusterIP: 'None', ports }));
    const addresses = Array.from({ length: 60 }, (_, n) => ({ ip: `10.1.0.${n}` }));
    informers.put('endpointslices.discovery.k8s.io', slice('many', 1, addresses));
    const records = new ClusterRecords(
      informers.informer('services'),
      informers.informer('endpointslices.discovery.k8s.io'),
      'cluster.local',
    );
    const question = encode({
      type: 'query',
      id: 1,
      questions: [{ type: 'SRV', name: 'many.default.svc.cluster.local' }],
    });
    const asked = Buffer.concat([Buffer.from([0, question.length]), question]);
    const opened = async (): Promise<{ dns: DnsServer; socket: Socket }> => {
      const dns = new DnsServer(
        records,
        () => true,
        () => 0,
        [],
      );
      return { dns, socket: connect(await dns.listen('127.0.0.1'), '127.0.0.1') };
    };

    it('says as much as an answer has room for, and that it is not all', async () => {
      const { dns, socket } = await opened();
      socket.write(asked);
      let got = Buffer.alloc(0);
      for await (const chunk of socket) {
        got = Buffer.concat([got, chunk as Buffer]);
        if (got.length >= 2 && got.length >= 2 + got.readUInt16BE(0)) break;
      }
      const answer = decode(got.subarray(2));
      expect(answer.flag_tc).toBe(true);
      expect(answer.answers!.length).toBeGreaterThan(500);
      dns.close();
    });

    it('reads no further where answers are not taken', async () => {
      const { dns, socket } = await opened();
      socket.pause();
      const many = Buffer.concat(Array.from({ length: 1000 }, () => asked));
      // 64 KB of answer for each 48 bytes: long before that much is taken from the client, nothing is.
      const MUCH = 16 * 1024 * 1024;
      let taken = 0;
      await new Promise<void>((stuck) => {
        const more = (): void => {
          const timer = setTimeout(stuck, 1000);
          socket.write(many, () => {
            clearTimeout(timer);
            taken += many.length;
            if (taken < MUCH) more();
            else stuck();
          });
        };
        more();
      });
      expect(taken).toBeLessThan(MUCH);
      socket.destroy();
      dns.close();
    });
  });
});
