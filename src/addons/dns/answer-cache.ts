import { LRUCache } from 'lru-cache';
import { endOfName } from './compress.ts';

/** Answers that are kept, and bytes of them. */
const MAX_ANSWERS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Seconds for which an answer is kept at most, whatever it says (kubeadm's `cache 30`). */
const MAX_TTL = 30;

const TYPE = { soa: 6, opt: 41 } as const;
const RCODE = { ok: 0, noName: 3 } as const;
const TRUNCATED = 0x0200;

interface Kept {
  packet: Buffer;
  /** where in it TTLs are */
  ttls: readonly number[];
  at: number;
}

/** Answers of other servers, for as long as they say and half a minute at most. None is served when it is over. */
export class AnswerCache {
  private readonly kept: LRUCache<string, Kept>;

  /** @param now ms */
  constructor(private readonly now: () => number) {
    this.kept = new LRUCache({ max: MAX_ANSWERS, maxSize: MAX_BYTES, sizeCalculation: ({ packet }) => packet.length });
  }

  /** With the TTLs that are left. Its id is to be set by the caller. */
  get(key: string): Buffer | undefined {
    const kept = this.kept.get(key);
    if (!kept) return undefined;
    const age = Math.floor((this.now() - kept.at) / 1000);
    const packet = Buffer.from(kept.packet);
    for (const offset of kept.ttls) {
      const left = packet.readUInt32BE(offset) - age;
      if (left <= 0) {
        this.kept.delete(key);
        return undefined;
      }
      packet.writeUInt32BE(left, offset);
    }
    return packet;
  }

  /** Keeps what may be kept: names that there are, and (RFC 2308) those that are said not to be by a SOA. */
  set(key: string, answer: Buffer): void {
    const code = answer.readUInt16BE(2) & 0xf;
    if ((code !== RCODE.ok && code !== RCODE.noName) || answer.readUInt16BE(2) & TRUNCATED) return;
    const found = recordsOf(answer);
    if (!found?.length) return;
    const isDenial = code === RCODE.noName || answer.readUInt16BE(6) === 0;
    if (isDenial && !found.some(({ type }) => type === TYPE.soa)) return;
    const packet = Buffer.from(answer);
    for (const { type, ttl, minimum } of found) {
      const most = isDenial && type === TYPE.soa ? Math.min(MAX_TTL, minimum) : MAX_TTL;
      packet.writeUInt32BE(Math.min(packet.readUInt32BE(ttl), most), ttl);
    }
    this.kept.set(key, { packet, ttls: found.map(({ ttl }) => ttl), at: this.now() });
  }
}

interface Found {
  type: number;
  /** offset of its TTL */
  ttl: number;
  /** of a SOA, s */
  minimum: number;
}

/** The records of a packet but OPT, whose TTL is none; undefined where it ends too early. */
function recordsOf(packet: Buffer): Found[] | undefined {
  try {
    const questions = packet.readUInt16BE(4);
    const records = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
    let at = 12;
    for (let i = 0; i < questions; i++) at = endOfName(packet, at) + 4;
    const found: Found[] = [];
    for (let i = 0; i < records; i++) {
      at = endOfName(packet, at);
      const type = packet.readUInt16BE(at);
      const end = at + 10 + packet.readUInt16BE(at + 8);
      if (end > packet.length) return undefined;
      if (type !== TYPE.opt)
        found.push({ type, ttl: at + 4, minimum: type === TYPE.soa ? packet.readUInt32BE(end - 4) : 0 });
      at = end;
    }
    return found;
  } catch {
    return undefined;
  }
}
