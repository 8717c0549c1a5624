import { decode, encode, type Packet } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { GivenInformers } from '../../support/given-informers.ts';
import { answersOver, ask, type Said, service, slice, SLICES } from './support.ts';

const informers = new GivenInformers();
informers.put('namespaces', { metadata: { name: 'default' } });
informers.put('namespaces', { metadata: { name: 'empty' } });
const put = (name: string, spec: object) => informers.put('services', service(name, spec));
put('web', {
  clusterIP: '10.96.0.7',
  clusterIPs: ['10.96.0.7', 'fd00::7'],
  ports: [
    { name: 'http', port: 80, protocol: 'TCP' },
    { name: 'dns', port: 53, protocol: 'UDP' },
  ],
});
put('db', { clusterIP: 'None', ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] });
put('six', { clusterIP: 'None', ports: [{ port: 80 }] });
put('lonely', { clusterIP: 'None', ports: [{ port: 80 }] });
put('out', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' });
put('chain', { type: 'ExternalName', externalName: 'out.default.svc.cluster.local.' });
put('loop', { type: 'ExternalName', externalName: 'loop.default.svc.cluster.local' });
put('direct', { type: 'ExternalName', externalName: '192.0.2.1' });
put('away', { type: 'ExternalName', externalName: 'nowhere.example' });
informers.put(
  SLICES,
  slice(
    'db',
    5432,
    [{ ip: '10.1.0.1', hostname: 'db-0' }, { ip: '10.1.0.2' }, { ip: '10.1.0.3', ready: false }],
    'sql',
  ),
);
informers.put(SLICES, slice('web', 8080, [{ ip: '10.1.0.9' }], 'http'));
informers.put(SLICES, slice('six', 80, [{ ip: 'fd00::1' }]));
const answers = answersOver(informers);

const D = 'default.svc.cluster.local';
const target = (name: string, port: number, weight: number) => ({ priority: 0, weight, port, target: `${name}.${D}` });
describe('what is answered to names, ServiceSpec.externalName among them:', () => {
  it.each([
    [`web.${D}`, 'A', ['10.96.0.7']],
    [`WEB.${D}`, 'A', ['10.96.0.7']],
    [`web.${D}`, 'AAAA', ['fd00::7']],
    [`web.${D}`, 'TXT', []],
    [`web.${D}`, 'SRV', [target('web', 80, 50), target('web', 53, 50)]],
    [`_http._tcp.web.${D}`, 'SRV', [target('web', 80, 100)]],
    [`_dns._udp.web.${D}`, 'SRV', [target('web', 53, 100)]],
    [`_http._tcp.web.${D}`, 'A', ['10.96.0.7']],
    [`_http._udp.web.${D}`, 'SRV', undefined],
    [`_none._tcp.web.${D}`, 'SRV', undefined],
    [`10-1-0-9.web.${D}`, 'A', ['10.1.0.9']],
    [`db.${D}`, 'A', ['10.1.0.1', '10.1.0.2']],
    [`db.${D}`, 'AAAA', []],
    [`db-0.db.${D}`, 'A', ['10.1.0.1']],
    [`db-0.db.${D}`, 'SRV', [target('db-0.db', 5432, 100)]],
    [`10-1-0-2.db.${D}`, 'A', ['10.1.0.2']],
    [`10-1-0-3.db.${D}`, 'A', undefined],
    [`10-1-0-1.db.${D}`, 'A', undefined],
    [`_sql._tcp.db.${D}`, 'SRV', [target('db-0.db', 5432, 50), target('10-1-0-2.db', 5432, 50)]],
    [`six.${D}`, 'AAAA', ['fd00::1']],
    [`fd00--1.six.${D}`, 'AAAA', ['fd00::1']],
    [`six.${D}`, 'A', []],
    [`lonely.${D}`, 'A', undefined],
    [`a.b.c.web.${D}`, 'A', undefined],
    [`none.${D}`, 'A', undefined],
    [D, 'A', []],
    ['empty.svc.cluster.local', 'A', []],
    ['missing.svc.cluster.local', 'A', undefined],
    ['web.missing.svc.cluster.local', 'A', undefined],
    ['svc.cluster.local', 'A', []],
    ['pod.cluster.local', 'A', []],
    ['cluster.local', 'A', []],
    ['other.cluster.local', 'A', undefined],
    ['10-1-0-9.default.pod.cluster.local', 'A', ['10.1.0.9']],
    ['10-1-0-9.default.pod.cluster.local', 'AAAA', []],
    ['fd00--9.default.pod.cluster.local', 'AAAA', ['fd00::9']],
    ['10-1-0-9.missing.pod.cluster.local', 'A', undefined],
    ['10-1-0-999.default.pod.cluster.local', 'A', undefined],
    ['x.default.pod.cluster.local', 'A', undefined],
    ['default.pod.cluster.local', 'A', []],
    [`out.${D}`, 'A', [`web.${D}`, '10.96.0.7']],
    [`out.${D}`, 'AAAA', [`web.${D}`, 'fd00::7']],
    [`out.${D}`, 'CNAME', [`web.${D}`]],
    [`x.out.${D}`, 'A', undefined],
    [`chain.${D}`, 'A', [`out.${D}`, `web.${D}`, '10.96.0.7']],
    [`loop.${D}`, 'A', [`loop.${D}`]],
    [`direct.${D}`, 'A', ['192.0.2.1']],
    [`away.${D}`, 'A', ['nowhere.example']],
    ['7.0.96.10.in-addr.arpa', 'PTR', [`web.${D}`]],
    ['7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa', 'PTR', [`web.${D}`]],
    ['1.0.1.10.in-addr.arpa', 'PTR', [`db-0.db.${D}`]],
    ['2.0.1.10.in-addr.arpa', 'PTR', [`10-1-0-2.db.${D}`]],
    ['9.0.1.10.in-addr.arpa', 'PTR', [`10-1-0-9.web.${D}`]],
    ['1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa', 'PTR', [`fd00--1.six.${D}`]],
    ['dns-version.cluster.local', 'TXT', [[Buffer.from('1.1.0')]]],
    ['dns-version.cluster.local', 'A', []],
    ['ns.dns.cluster.local', 'A', ['10.96.0.10']],
    ['cluster.local', 'NS', ['kube-dns.kube-system.svc.cluster.local']],
    [
      'cluster.local',
      'SOA',
      [expect.objectContaining({ mname: 'ns.dns.cluster.local', rname: 'hostmaster.cluster.local', minimum: 30 })],
    ],
  ])('%s %s', async (name, type, expected) => {
    const said = await ask(answers, name, type);
    const got = said.rcode === 'NXDOMAIN' ? undefined : said.answers.map(({ data }) => data);
    // in any order, but a chain in its own
    if (got?.length && expected && type !== 'TXT' && said.answers[0]?.type !== 'CNAME')
      expect(got).toEqual(expect.arrayContaining(expected as unknown[]));
    else expect(got).toEqual(expected);
    expect(got?.length).toBe(expected?.length);
    expect(said.flags! & 0x0400).toBe(0x0400);
    // what is not there may be remembered for as long as the SOA says
    const authorities = said.authorities as { type: string; ttl: number; name: string }[];
    expect(authorities.map((one) => [one.type, one.ttl, one.name])).toEqual(
      got?.length ? [] : [['SOA', 30, 'cluster.local']],
    );
  });

  it('a port comes with the addresses of what it names', async () => {
    const { additionals } = (await ask(answers, `_sql._tcp.db.${D}`, 'SRV')) as {
      additionals: { name: string; data: string }[];
    };
    expect(additionals.map(({ name, data }) => `${name} ${data}`).sort()).toEqual([
      `10-1-0-2.db.${D} 10.1.0.2`,
      `db-0.db.${D} 10.1.0.1`,
    ]);
  });

  it('names that nobody answers is that it has failed', async () => {
    expect((await ask(answers, 'example.com')).rcode).toBe('SERVFAIL');
    expect((await ask(answers, '1.1.1.10.in-addr.arpa', 'PTR')).rcode).toBe('SERVFAIL');
  });
});

describe('the protocol', () => {
  const raw = async (packet: Packet) => decode((await answers.to(encode(packet), false))!) as Packet as Said;
  const questions = [{ type: 'A' as const, name: `web.${D}` }];
  it.each([
    ['no question', { questions: [] }, 'FORMERR'],
    ['two questions', { questions: [...questions, ...questions] }, 'FORMERR'],
    ['another operation', { questions, flags: 5 << 11 }, 'NOTIMP'],
  ])('%s is refused', async (_, packet, rcode) => {
    expect((await raw({ type: 'query', id: 1, ...packet })).rcode).toBe(rcode);
  });

  it('what is no question is not answered', async () => {
    expect(await answers.to(Buffer.from('no'), false)).toBeUndefined();
    expect(await answers.to(encode({ type: 'response', id: 1, questions }), false)).toBeUndefined();
  });

  const option = (udpPayloadSize: number, ednsVersion = 0) => ({
    type: 'OPT' as const,
    name: '.',
    udpPayloadSize,
    extendedRcode: 0,
    ednsVersion,
    flags: 0x8000,
    flag_do: true,
    options: [],
  });
  it('EDNS is answered with EDNS, and a version that nobody knows with BADVERS', async () => {
    const said = await raw({ type: 'query', id: 1, questions, additionals: [option(1232)] });
    expect(said.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 4096, flag_do: true, ednsVersion: 0 }]);
    const bad = await raw({ type: 'query', id: 1, questions, additionals: [option(1232, 1)] });
    expect(bad.additionals).toMatchObject([{ type: 'OPT', extendedRcode: 1 }]);
    expect((await raw({ type: 'query', id: 1, questions })).additionals).toEqual([]);
  });

  it('an answer is as long as the client takes', async () => {
    const many = new GivenInformers();
    many.put('namespaces', { metadata: { name: 'default' } });
    many.put('services', service('many', { clusterIP: 'None', ports: [{ port: 80 }] }));
    many.put(
      SLICES,
      slice(
        'many',
        80,
        Array.from({ length: 100 }, (_, n) => ({ ip: `10.1.0.${n}` })),
      ),
    );
    const of = answersOver(many);
    const count = async (more: Partial<Packet>, overTcp = false): Promise<[boolean, number]> => {
      const said = await ask(of, `many.${D}`, 'A', more, overTcp);
      return [(said.flags! & 0x0200) !== 0, said.answers.length];
    };
    const [cut, few] = await count({});
    expect(cut).toBe(true);
    expect(few).toBeLessThan(40);
    expect((await count({ additionals: [option(1232)] }))[0]).toBe(true);
    expect(await count({ additionals: [option(4096)] })).toEqual([false, 100]);
    expect(await count({}, true)).toEqual([false, 100]);
  });
});
