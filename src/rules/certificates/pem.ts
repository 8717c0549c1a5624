/** One block of a PEM text (RFC 7468, and the headers of RFC 1421). */
export interface PemBlock {
  type: string;
  headers: boolean;
  der: Buffer;
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function blockOf(type: string, text: string): PemBlock | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  let first = lines[0] === '' ? 1 : 0;
  const start = first;
  while (lines[first]?.includes(':')) first++;
  const body = lines.slice(first).join('').replace(/[ \t]/g, '');
  if (!BASE64.test(body) || body.length % 4 !== 0) return undefined;
  return { type, headers: first > start, der: Buffer.from(body, 'base64') };
}

/** The blocks of a text; whatever stands between them, and what is no base64, is passed over. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const begins = /(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*(?=\n)/g;
  for (let begin = begins.exec(text); begin; begin = begins.exec(text)) {
    const type = begin[1] as string;
    const from = begins.lastIndex;
    const end = text.indexOf(`\n-----END ${type}-----`, from);
    const block = end < 0 ? undefined : blockOf(type, text.slice(from, end));
    if (!block) continue;
    blocks.push(block);
    begins.lastIndex = end + `\n-----END ${type}-----`.length;
  }
  return blocks;
}
