import { decode, encode, type Answer, type Packet, type Question } from 'dns-packet';
import type { Clock } from '../../rules/clock.ts';
import type { ClusterRecords, Records } from './cluster-records.ts';
import type { Forwarder } from './forwarder.ts';
import { CODE, optionsOf, reply, type Content } from './reply.ts';
import { serversFor, type Routes } from './routes.ts';

/** Names of one chain. */
const MAX_CHAIN = 8;

export interface AnswersOptions {
  records: ClusterRecords;
  forwarder: Pick<Forwarder, 'ask'>;
  routes(): Routes;
  clock: Pick<Clock, 'now'>;
  random(): number;
  /** hears the code of each answer */
  answered?(code: number): void;
}

/** Answers questions: of the cluster's domain from what is known of it, all others as other servers do. */
export class Answers {
  constructor(private readonly options: AnswersOptions) {}

  /** The answer to one packet; undefined when it is no question. */
  async to(data: Buffer, overTcp: boolean): Promise<Buffer | undefined> {
    let query: Packet;
    try {
      query = decode(data);
    } catch {
      return undefined;
    }
    if (query.type !== 'query') return undefined;
    const said = await this.say(query, overTcp);
    const packet = Buffer.isBuffer(said) ? said : reply(query, said, overTcp);
    this.options.answered?.(packet.readUInt16BE(2) & 0xf);
    return packet;
  }

  /** The content of an answer, or another server's whole answer. */
  private async say(query: Packet, overTcp: boolean): Promise<Content | Buffer> {
    const [question, ...more] = query.questions ?? [];
    if (((query.flags ?? 0) >> 11) & 0xf) return { code: CODE.notImplemented };
    if (!question || more.length) return { code: CODE.malformed };
    const options = optionsOf(query);
    if (options && options.ednsVersion > 0) return { code: CODE.badVersion };
    const { records } = this.options;
    const name = plain(question.name);
    if (records.owns(name)) return this.own(question, records.lookup(name, question.type));
    const reverse = question.type === 'PTR' ? records.reverse(name) : undefined;
    return reverse ? this.own(question, reverse) : this.forwarded(query, question, overTcp);
  }

  private async own({ name, type }: Question, found: Records): Promise<Content> {
    const authority = this.options.records.startOfAuthority(Math.floor(this.options.clock.now() / 1000));
    const { domain } = this.options.records;
    if (type === 'SOA' && plain(name) === domain) return { code: CODE.ok, answers: [authority], isOwn: true };
    if (!found) return { code: CODE.noName, authorities: [authority], isOwn: true };
    const answers = found.answers.some((each) => each.type === 'CNAME')
      ? await this.chained(found.answers, type)
      : shuffled(found.answers, () => this.options.random());
    const authorities = answers.length ? [] : [authority];
    return { code: CODE.ok, answers, authorities, additionals: found.additionals ?? [], isOwn: true };
  }

  /** An external name is answered with what is behind it, as far as that is found. */
  private async chained(first: readonly Answer[], type: Question['type']): Promise<Answer[]> {
    const chain = [...first];
    const { records } = this.options;
    for (let i = 0; type !== 'CNAME' && i < MAX_CHAIN; i++) {
      const last = chain.at(-1);
      if (last?.type !== 'CNAME') break;
      const target = plain(String(last.data));
      if (chain.some(({ name }) => name === target)) break;
      if (records.owns(target)) {
        const next = records.lookup(target, type)?.answers ?? [];
        if (!next.length) break;
        chain.push(...next);
        continue;
      }
      const answer = await this.ask({ type, name: target });
      const followed = answer ? (decode(answer).answers ?? []) : [];
      return [...chain, ...followed];
    }
    return chain;
  }

  private async forwarded(query: Packet, question: Question, overTcp: boolean): Promise<Content | Buffer> {
    const options = optionsOf(query);
    const answer = await this.ask(question, options?.flag_do);
    if (!answer) return { code: CODE.failure };
    // byte for byte, so that records that nobody here knows go through
    const packet = options ? Buffer.from(answer) : withoutOption(answer);
    packet.writeUInt16BE(query.id ?? 0, 0);
    // one that was kept was asked for by another, perhaps in other letters
    encode({ questions: [question] }).copy(packet, 12, 12);
    const most = overTcp ? 65_535 : Math.max(512, options?.udpPayloadSize ?? 512);
    return packet.length <= most
      ? packet
      : reply(query, { code: CODE.ok, answers: decode(answer).answers ?? [] }, overTcp);
  }

  private ask(question: Question, wantsDnssec = false): Promise<Buffer | undefined> {
    const servers = serversFor(plain(question.name), this.options.routes());
    return this.options.forwarder.ask(question, servers, wantsDnssec);
  }
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** A client that has said nothing of EDNS is told nothing of it: OPT is the last record, as most servers have it. */
function withoutOption(packet: Buffer): Buffer {
  const count = packet.readUInt16BE(10);
  const OPT = Buffer.from([0, 0, 41]);
  const at = packet.lastIndexOf(OPT);
  const isLast = count > 0 && at > 0 && at + 11 + packet.readUInt16BE(at + 9) === packet.length;
  const cut = Buffer.from(isLast ? packet.subarray(0, at) : packet);
  if (isLast) cut.writeUInt16BE(count - 1, 10);
  return cut;
}

function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result = [...list];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
