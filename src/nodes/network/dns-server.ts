import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket as TcpSocket } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  type Answer,
  type Packet,
  type Question,
} from 'dns-packet';
import type { Service } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { ClusterRecords, TTL } from './cluster-records.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** Largest answer over UDP without EDNS; questions on their way to another server; how long one may take, ms. */
const MAX_UDP = 512;
const MAX_FORWARDED = 512;
const FORWARD_TIMEOUT_MS = 3000;
const MAX_TCP = 256;

const CODE = { ok: 0, failure: 2, noName: 3 } as const;

/** The cluster's DNS over UDP and TCP: its own domain from the informers, all other names from the host's servers. */
export class DnsServer {
  private readonly records: ClusterRecords;
  private readonly udp: Socket = createSocket('udp4');
  private readonly tcp: Server;
  private forwarded = 0;
  private open = false;
  private closed = false;

  constructor(
    services: Informer<Service>,
    table: EndpointTable,
    private readonly domain: string,
    private readonly random: () => number,
    private readonly upstream: readonly string[] = hostServers(),
  ) {
    this.records = new ClusterRecords(services, table, domain);
    this.udp.on('message', (data, from) => void this.overUdp(data, from));
    this.udp.on('error', () => undefined);
    this.tcp = createServer((socket) => this.overTcp(socket));
    this.tcp.maxConnections = MAX_TCP;
    this.tcp.on('error', () => undefined);
  }

  /** @returns the port of both; @throws when the address cannot be had */
  async listen(port: number, address: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.udp.once('error', reject);
      this.udp.bind(port, address, () => resolve());
    });
    const bound = this.udp.address().port;
    await new Promise<void>((resolve, reject) => {
      this.tcp.once('error', reject);
      this.tcp.listen(bound, address, () => resolve());
    });
    this.open = true;
    return bound;
  }

  close(): void {
    if (!this.closed) this.udp.close();
    if (!this.closed && this.open) this.tcp.close();
    this.closed = true;
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
    const bytes = encode(packet);
    if (overTcp || bytes.length <= MAX_UDP) return bytes;
    // TC: the client asks again over TCP.
    return encode({ ...packet, flags: flags | 0x0200, answers: [], authorities: [] });
  }

  private failed(query: Packet, question: Question): Buffer {
    return encode({ type: 'response', id: query.id, flags: RECURSION_AVAILABLE | CODE.failure, questions: [question] });
  }

  private startOfAuthority(): Answer {
    const data = {
      mname: `ns.dns.${this.domain}`,
      rname: `hostmaster.${this.domain}`,
      serial: 1,
      refresh: 7200,
      retry: 1800,
      expire: 86_400,
      minimum: TTL,
    };
    return { type: 'SOA', name: this.domain, ttl: TTL, data };
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

  private async overUdp(data: Buffer, from: RemoteInfo): Promise<void> {
    const answer = await this.answer(data, false).catch(() => undefined);
    if (answer) this.udp.send(answer, from.port, from.address);
  }

  private overTcp(socket: TcpSocket): void {
    let buffer = Buffer.alloc(0);
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk]);
      while (buffer.length >= 2 && buffer.length >= 2 + buffer.readUInt16BE(0)) {
        const end = 2 + buffer.readUInt16BE(0);
        const question = buffer.subarray(2, end);
        buffer = buffer.subarray(end);
        void this.answer(question, true).then((answer) => {
          if (!answer || !socket.writable) return;
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          socket.write(Buffer.concat([length, answer]));
        });
      }
    });
  }
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
