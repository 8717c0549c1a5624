import {
  AUTHORITATIVE_ANSWER,
  encode,
  encodingLength,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
  type Answer,
  type OptAnswer,
  type Packet,
} from 'dns-packet';
import { compressed } from './compress.ts';

export const CODE = { ok: 0, malformed: 1, failure: 2, noName: 3, notImplemented: 4, badVersion: 16 } as const;

/** Bytes of an answer over UDP without EDNS, the most that are sent with it, and those of one over TCP. */
const MAX_UDP = 512;
const MAX_EDNS = 4096;
const MAX_TCP = 65_535;
/** Bytes of a packet without records. */
const EMPTY = encodingLength({});

export interface Content {
  code: number;
  answers?: readonly Answer[];
  authorities?: readonly Answer[];
  additionals?: readonly Answer[];
  isOwn?: boolean;
}

/** What a client says of itself besides its question (RFC 6891). */
export const optionsOf = ({ additionals = [] }: Packet): OptAnswer | undefined =>
  additionals.find((record): record is OptAnswer => record.type === 'OPT');

/**
 * The bytes of an answer, as many as the client takes: first what is said besides goes, then it is told that this is
 * not all. There is nothing after TCP, so that has what finds room.
 */
export function reply(query: Packet, content: Content, overTcp: boolean): Buffer {
  const { code, answers = [], authorities = [], additionals = [], isOwn = false } = content;
  const options = optionsOf(query);
  const option = options ? [ownOption(options, code >> 4)] : [];
  const flags =
    (isOwn ? AUTHORITATIVE_ANSWER : 0) | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | (code & 0xf);
  const most = overTcp ? MAX_TCP : options ? Math.min(MAX_EDNS, Math.max(MAX_UDP, options.udpPayloadSize)) : MAX_UDP;
  const bare: Packet = { type: 'response', id: query.id, flags, questions: query.questions ?? [], additionals: option };
  for (const more of [additionals, []]) {
    const packet = { ...bare, answers: [...answers], authorities: [...authorities], additionals: [...more, ...option] };
    // what is far too long is not written out to be measured
    if (encodingLength(packet) > MAX_TCP) continue;
    const bytes = compressed(encode(packet));
    if (bytes.length <= most) return bytes;
  }
  const cut: Packet = { ...bare, flags: flags | TRUNCATED_RESPONSE };
  const name = query.questions?.[0]?.name.toLowerCase();
  return compressed(encode({ ...cut, answers: fitting(answers, name, most - encodingLength(cut)) }));
}

const ownOption = ({ flags }: OptAnswer, extendedRcode: number): OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: MAX_EDNS,
  extendedRcode,
  ednsVersion: 0,
  // whether DNSSEC is wanted is given back
  flags: flags & 0x8000,
  flag_do: (flags & 0x8000) !== 0,
  options: [],
});

/** As many of the first records as have room in so many bytes, those of the name in its short form. */
function fitting(records: readonly Answer[], name: string | undefined, bytes: number): Answer[] {
  let left = bytes;
  const end = records.findIndex((record) => {
    const whole = encodingLength({ answers: [record] }) - EMPTY;
    return (left -= record.name.toLowerCase() === name ? whole - record.name.length : whole) < 0;
  });
  return records.slice(0, end < 0 ? records.length : end);
}
