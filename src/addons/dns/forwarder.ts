import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { decode, encode, RECURSION_DESIRED, type Packet, type Question } from 'dns-packet';
import type { Clock } from '../../rules/clock.ts';
import { AnswerCache } from './answer-cache.ts';

/** Questions on their way to another server; how long one may take, ms. */
const MAX_FORWARDED = 512;
const TIMEOUT_MS = 3000;
/** Bytes of an answer over UDP that are taken without fragments (DNS flag day 2020). */
const UDP_SIZE = 1232;
const TRUNCATED = 0x0200;

/** A server: `10.0.0.1`, `10.0.0.1:5353`, `fd00::1`, `[fd00::1]:53`. */
export interface Upstream {
  address: string;
  port: number;
}

/** Asks other servers, each question under a number of its own from a port of its own, and keeps what they answer. */
export class Forwarder {
  private readonly cache: AnswerCache;
  private forwarded = 0;

  constructor(private readonly clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>) {
    this.cache = new AnswerCache(() => clock.now());
  }

  /** The first answer of one of the servers, with any id; undefined where none answers. */
  async ask(question: Question, servers: readonly Upstream[], wantsDnssec = false): Promise<Buffer | undefined> {
    const { name, type, class: of = 'IN' } = question;
    const key = `${name.toLowerCase()} ${String(type)} ${of} ${wantsDnssec} ${servers.map(textOf).join()}`;
    const known = this.cache.get(key);
    if (known || this.forwarded >= MAX_FORWARDED) return known;
    this.forwarded++;
    try {
      for (const server of servers) {
        const answer = await this.askOne(server, question, wantsDnssec);
        if (!answer) continue;
        this.cache.set(key, answer);
        return answer;
      }
      return undefined;
    } finally {
      this.forwarded--;
    }
  }

  /** Over UDP, and over TCP where the answer is longer than that. */
  private async askOne(server: Upstream, question: Question, wantsDnssec: boolean): Promise<Buffer | undefined> {
    const packet: Packet = {
      type: 'query',
      id: randomInt(65_536),
      flags: RECURSION_DESIRED,
      questions: [question],
      additionals: [optionOf(wantsDnssec)],
    };
    const asked = encode(packet);
    const isAnswer = (data: Buffer): boolean => isAnswerTo(data, packet.id ?? 0, question);
    const answer = await this.overUdp(server, asked, isAnswer);
    return answer && answer.readUInt16BE(2) & TRUNCATED
      ? ((await this.overTcp(server, asked, isAnswer)) ?? answer)
      : answer;
  }

  private overUdp(
    { address, port }: Upstream,
    asked: Buffer,
    isAnswer: (data: Buffer) => boolean,
  ): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
      const finish = (answer?: Buffer): void => {
        this.clock.clearTimeout(timer);
        socket.removeAllListeners().on('error', () => undefined);
        socket.close();
        resolve(answer);
      };
      const timer = this.clock.setTimeout(() => finish(), TIMEOUT_MS);
      socket.on('message', (data) => isAnswer(data) && finish(data));
      socket.once('error', () => finish());
      // a socket that is connected hears nobody else
      socket.connect(port, address, () => socket.send(asked));
    });
  }

  private overTcp(
    { address, port }: Upstream,
    asked: Buffer,
    isAnswer: (data: Buffer) => boolean,
  ): Promise<Buffer | undefined> {
    return new Promise((resolve) => {
      const socket = connect(port, address, () => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(asked.length);
        socket.write(Buffer.concat([length, asked]));
      });
      const finish = (answer?: Buffer): void => {
        this.clock.clearTimeout(timer);
        socket.destroy();
        resolve(answer);
      };
      const timer = this.clock.setTimeout(() => finish(), TIMEOUT_MS);
      let got = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        got = Buffer.concat([got, chunk]);
        const end = got.length < 2 ? Infinity : 2 + got.readUInt16BE(0);
        if (got.length >= end) finish(isAnswer(got.subarray(2, end)) ? got.subarray(2, end) : undefined);
      });
      socket.once('error', () => finish());
      socket.once('close', () => finish());
    });
  }
}

const optionOf = (wantsDnssec: boolean) => ({
  type: 'OPT' as const,
  name: '.',
  udpPayloadSize: UDP_SIZE,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: wantsDnssec ? 0x8000 : 0,
  flag_do: wantsDnssec,
  options: [],
});

/** What somebody else has sent to guess at an answer has another number, or is about another name. */
function isAnswerTo(data: Buffer, id: number, { name, type }: Question): boolean {
  try {
    const { type: kind, id: number, questions = [] } = decode(data);
    const [first] = questions;
    return (
      kind === 'response' && number === id && first?.type === type && first.name.toLowerCase() === name.toLowerCase()
    );
  } catch {
    return false;
  }
}

/** Undefined for what is no server. */
export function parseUpstream(text: string): Upstream | undefined {
  const match = /^\[([^\]]+)\](?::(\d+))?$/.exec(text) ?? /^([^:]+)(?::(\d+))?$/.exec(text) ?? /^(.+)$/.exec(text);
  const address = match?.[1] ?? '';
  const port = Number(match?.[2] ?? 53);
  const isAddress = isIPv6(address) || /^\d+(\.\d+){3}$/.test(address);
  return isAddress && port > 0 && port < 65_536 ? { address, port } : undefined;
}

const textOf = ({ address, port }: Upstream): string => `${address}#${port}`;
