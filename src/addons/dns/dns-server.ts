import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  encodingLength,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  type Answer,
  type Packet,
  type Question,
} from 'dns-packet';
import { TTL, type ClusterRecords } from './cluster-records.ts';
import { answerQuestions } from './tcp-questions.ts';

/** Bytes of an answer over UDP without EDNS, and over TCP. */
const MAX_UDP = 512;
const MAX_TCP = 65_535;
/** Questions on their way to another server; how long one may take, ms. */
const MAX_FORWARDED = 512;
const FORWARD_TIMEOUT_MS = 3000;
const MAX_CONNECTIONS = 256;
/** Ports that are tried. */
const MAX_ATTEMPTS = 10;

const CODE = { ok: 0, failure: 2, noName: 3 } as const;

/** The cluster's DNS over UDP and TCP: its own domain from the informers, all other names from the host's servers. */
export class DnsServer {
  private udp: Socket | undefined;
  private tcp: Server | undefined;
  private forwarded = 0;

  constructor(
    private readonly records: ClusterRecords,
    /** who may ask, by address: one that answers everybody can be used against others */
    private readonly mayAsk: (address: string) => boolean,
    private readonly random: () => number,
    private readonly upstream: readonly string[] = hostServers(),
  ) {}

  /** @returns the free port on which both listen; @throws when the address cannot be had */
  async listen(address: string): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const udp = createSocket('udp4');
      try {
        const port = await bound(udp, address);
        this.tcp = await this.listenTcp(port, address);
        udp.on('message', (data, from) => void this.overUdp(udp, data, from));
        udp.on('error', () => undefined);
        this.udp = udp;
        return port;
      } catch (error) {
        udp.close();
        // A port that is free for datagrams may be taken for connections.
        if (attempt === MAX_ATTEMPTS || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
  }

  close(): void {
    this.udp?.close();
    this.tcp?.close();
    this.udp = this.tcp = undefined;
  }

  private listenTcp(port: number, address: string): Promise<Server> {
    const server = createServer((socket) => this.overTcp(socket));
    server.maxConnections = MAX_CONNECTIONS;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        server.on('error', () => undefined);
        resolve(server);
      });
    });
  }

  /** The answer to one packet; undefined when it is no question. */
  async answer(data: Buffer, overTcp: boolean): Promise<Buffer | undefined> {
    let query: Packet;
    try {
      query = decode(data);
    } catch {
      return undefined;
    }
    const question = query.questions?.[0];
    if (query.type !== 'query' || !question) return undefined;
    const name = question.name.toLowerCase().replace(/\.$/, '');
    const own = this.records.owns(name) ? { found: this.records.lookup(name, question.type) } : undefined;
    const reverse = question.type === 'PTR' ? this.records.reverse(name) : undefined;
    if (reverse) return this.reply(query, question, reverse, overTcp);
    if (own) return this.reply(query, question, await this.chased(own.found), overTcp);
    return (await this.forward(data)) ?? this.failed(query, question);
  }

  /** An external name is answered with the addresses behind it, as far as they are found. */
  private async chased(found: Answer[] | undefined): Promise<Answer[] | undefined> {
    const first = found?.[0];
    if (first?.type !== 'CNAME') return found;
    const target = String(first.data).toLowerCase().replace(/\.$/, '');
    if (this.records.owns(target)) return [...found!, ...(this.records.lookup(target, 'A') ?? [])];
    const question = encode({
      type: 'query',
      id: Math.floor(this.random() * 65536),
      flags: RECURSION_DESIRED,
      questions: [{ type: 'A', name: target }],
    });
    const answer = await this.forward(question);
    return answer ? [...found!, ...(decode(answer).answers ?? [])] : found;
  }

  private reply(query: Packet, question: Question, found: Answer[] | undefined, overTcp: boolean): Buffer {
    const code = found ? CODE.ok : CODE.noName;
    const flags = AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | code;
    const answers = shuffled(found ?? [], this.random);
    const authorities: Answer[] = answers.length ? [] : [this.startOfAuthority()];
    const packet: Packet = { type: 'response', id: query.id, flags, questions: [question], answers, authorities };
    if (encodingLength(packet) <= (overTcp ? MAX_TCP : MAX_UDP)) return encode(packet);
    const cut = { ...packet, flags: flags | TRUNCATED_RESPONSE, answers: [], authorities: [] };
    // Over UDP the client asks again over TCP; there is nothing after TCP, so that has what finds room.
    return encode(overTcp ? { ...cut, answers: fitting(answers, MAX_TCP - encodingLength(cut)) } : cut);
  }

  private failed(query: Packet, question: Question): Buffer {
    return encode({ type: 'response', id: query.id, flags: RECURSION_AVAILABLE | CODE.failure, questions: [question] });
  }

  private startOfAuthority(): Answer {
    const { domain } = this.records;
    const data = {
      mname: `ns.dns.${domain}`,
      rname: `hostmaster.${domain}`,
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: TTL,
    };
    return { type: 'SOA', name: domain, ttl: TTL, data };
  }

  private async forward(data: Buffer): Promise<Buffer | undefined> {
    if (this.forwarded >= MAX_FORWARDED) return undefined;
    this.forwarded++;
    try {
      for (const server of this.upstream) {
        const answer = await ask(server, data);
        if (answer) return answer;
      }
      return undefined;
    } finally {
      this.forwarded--;
    }
  }

  private async overUdp(udp: Socket, data: Buffer, from: RemoteInfo): Promise<void> {
    if (!this.mayAsk(from.address)) return;
    const answer = await this.answer(data, false).catch(() => undefined);
    if (answer && udp === this.udp) udp.send(answer, from.port, from.address);
  }

  private overTcp(socket: TcpSocket): void {
    if (!this.mayAsk(socket.remoteAddress ?? '')) return void socket.destroy();
    answerQuestions(socket, (question) => this.answer(question, true).catch(() => undefined));
  }
}

function bound(udp: Socket, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(0, address, () => {
      udp.off('error', reject);
      resolve(udp.address().port);
    });
  });
}

function ask(server: string, data: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
    const finish = (answer?: Buffer): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => finish(), FORWARD_TIMEOUT_MS);
    socket.once('message', finish);
    socket.once('error', () => finish());
    socket.send(data, 53, server);
  });
}

function hostServers(): string[] {
  try {
    return [...readFileSync('/etc/resolv.conf', 'utf8').matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1]!);
  } catch {
    return [];
  }
}

/** Bytes of a packet without records. */
const EMPTY = encodingLength({});

/** As many of the first records as have room in so many bytes. */
function fitting(records: readonly Answer[], bytes: number): Answer[] {
  let left = bytes;
  const end = records.findIndex((record) => (left -= encodingLength({ answers: [record] }) - EMPTY) < 0);
  return records.slice(0, end < 0 ? records.length : end);
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list];
  // A CNAME must stay before what it leads to.
  if (result.some((each) => (each as { type?: string }).type === 'CNAME')) return result;
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
