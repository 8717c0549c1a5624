import { createSocket } from 'node:dgram';
import { createServer, type AddressInfo } from 'node:net';
import { decode, encode, type Answer, type Packet, type Question } from 'dns-packet';
import { Answers, type AnswersOptions } from '../../../src/addons/dns/answers.ts';
import { ClusterRecords } from '../../../src/addons/dns/cluster-records.ts';
import { Forwarder, type Upstream } from '../../../src/addons/dns/forwarder.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { GivenInformers } from '../../support/given-informers.ts';
import { answerQuestions } from '../../../src/addons/dns/tcp-questions.ts';
import { realClock } from '../../nodes/support.ts';

export const SLICES = 'endpointslices.discovery.k8s.io';

export const service = (name: string, spec: object) => ({ metadata: { name, namespace: 'default' }, spec });
export const slice = (
  name: string,
  port: number,
  addresses: { ip: string; ready?: boolean; hostname?: string }[],
  portName = '',
) => ({
  metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
  addressType: addresses.some(({ ip }) => ip.includes(':')) ? 'IPv6' : 'IPv4',
  ports: [{ name: portName, port, protocol: 'TCP' }],
  endpoints: addresses.map(({ ip, ready = true, hostname }) => ({
    addresses: [ip],
    hostname,
    conditions: { ready, serving: ready },
  })),
});

export const recordsOver = (informers: GivenInformers): ClusterRecords =>
  new ClusterRecords(
    {
      services: informers.informer('services'),
      slices: informers.informer(SLICES),
      namespaces: informers.informer('namespaces'),
    },
    'cluster.local',
    '10.96.0.10',
  );

export const answersOver = (informers: GivenInformers, more: Partial<AnswersOptions> = {}): Answers =>
  new Answers({
    records: recordsOver(informers),
    forwarder: new Forwarder(realClock),
    routes: () => ({ stubs: new Map(), others: [] }),
    clock: new FakeClock(),
    random: () => 0,
    ...more,
  });

export interface Said extends Packet {
  rcode: string;
  answers: (Answer & { data: unknown })[];
}
export async function ask(
  answers: Answers,
  name: string,
  type: string = 'A',
  more: Partial<Packet> = {},
  overTcp = false,
): Promise<Said> {
  const query = encode({ type: 'query', id: 7, questions: [{ type, name } as Question], ...more });
  return decode((await answers.to(query, overTcp))!) as Packet as Said;
}

/** A server that answers over UDP and TCP, and counts what it is asked. */
export async function nameServer(
  answer: (query: Packet & { questions: Question[] }, overTcp: boolean) => Packet,
): Promise<{ upstream: Upstream; asked: string[]; close(): void }> {
  const asked: string[] = [];
  const reply = (data: Buffer, overTcp: boolean): Buffer => {
    const query = decode(data) as Packet & { questions: Question[] };
    asked.push(`${query.questions[0]!.name} ${query.questions[0]!.type} ${overTcp ? 'tcp' : 'udp'}`);
    return encode({
      type: 'response',
      ...(query.id !== undefined && { id: query.id }),
      questions: query.questions,
      ...answer(query, overTcp),
    });
  };
  const tcp = createServer((socket) => answerQuestions(socket, (data) => Promise.resolve(reply(data, true))));
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  const { port } = tcp.address() as AddressInfo;
  const udp = createSocket('udp4');
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
  udp.on('message', (data, from) => udp.send(reply(data, false), from.port, from.address));
  return {
    upstream: { address: '127.0.0.1', port },
    asked,
    close() {
      udp.close();
      tcp.close();
    },
  };
}
