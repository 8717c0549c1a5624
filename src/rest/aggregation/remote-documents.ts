import { createHash } from 'node:crypto';
import { Pace } from '../../api/write/pace.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { isRecord } from '../../meta/record.ts';
import type { Answer } from '../../rules/http/answer-to.ts';
import type { OtherDocuments, SecondDocument } from '../openapi/others/documents.ts';
import { readSecond } from '../openapi/others/read-second.ts';
import { idOf, type RemoteSpec } from './locate.ts';

/** ms from one reading of a server's documents to the next; after each that fails twice as long, up to the longest. */
const EVERY_MS = 60_000;
const LONGEST_MS = 3_600_000;
/** Servers that are read at once: their answers are kept whole meanwhile. */
const AT_ONCE = 2;
/** Bytes of an index, and of a document; and of the documents of all servers. */
export const MAX_INDEX_BYTES = 1024 * 1024;
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
const MAX_ALL_BYTES = 32 * 1024 * 1024;
/** Documents that one server's index may name. */
const MAX_NAMED = 1000;

const INDEX_PATH = '/openapi/v3';
const SECOND_PATH = '/openapi/v2';

/** Asks a server. Rejects with Error. */
export type Ask = (spec: RemoteSpec, path: string, ifNoneMatch: string, most: number) => Promise<Answer>;

interface Read {
  spec: RemoteSpec;
  index: ReadonlyMap<string, string>;
  second: SecondDocument | undefined;
  bytes: number;
  /** ms */
  due: number;
  failures: number;
}

/** What the index of version 3 names. Throws Error for what is none. */
function indexOf(text: string): Map<string, string> {
  const { paths } = (JSON.parse(text) ?? {}) as { paths?: unknown };
  if (!isRecord(paths)) throw new Error('its index has no paths');
  const named = Object.entries(paths).flatMap(([path, at]): [string, string][] => {
    const url = isRecord(at) ? at['serverRelativeURL'] : undefined;
    return typeof url === 'string' && url.startsWith(`${INDEX_PATH}/`) ? [[path, url]] : [];
  });
  if (named.length > MAX_NAMED) throw new Error('its index is too large');
  return new Map(named);
}

/** What the API servers beside this one say of what they serve, read again and again, within bounds. */
export class RemoteDocuments implements OtherDocuments {
  /** by `group/version` */
  private readonly read = new Map<string, Read>();
  private readonly reading = new Set<string>();

  constructor(
    private readonly ask: Ask,
    /** those that there are, those of the highest priority first */
    private readonly specs: () => readonly RemoteSpec[],
    private readonly now: () => number,
    private readonly log: (line: string) => void,
  ) {}

  /** Reads those whose time has come of the servers that answer; of those that are not there any more nothing is kept. */
  look(answers: (id: string) => boolean): void {
    const specs = this.specs();
    const there = new Set(specs.map(idOf));
    for (const id of this.read.keys()) if (!there.has(id)) this.read.delete(id);
    for (const spec of specs) {
      if (this.reading.size >= AT_ONCE) return;
      const id = idOf(spec);
      const { due = 0 } = this.read.get(id) ?? {};
      if (this.reading.has(id) || due > this.now() || !answers(id)) continue;
      this.reading.add(id);
      void this.refresh(spec).finally(() => this.reading.delete(id));
    }
  }

  index(): ReadonlyMap<string, string> {
    const all = new Map<string, string>();
    for (const { index } of this.inOrder()) for (const [path, url] of index) if (!all.has(path)) all.set(path, url);
    return all;
  }

  second(): SecondDocument[] {
    return this.inOrder().flatMap(({ second }) => second ?? []);
  }

  /** The server that has this document of version 3; undefined where nobody has. */
  ownerOf(path: string): RemoteSpec | undefined {
    return this.inOrder().find(({ index }) => index.has(path))?.spec;
  }

  private inOrder(): Read[] {
    if (this.read.size === 0) return [];
    return this.specs().flatMap((spec) => this.read.get(idOf(spec)) ?? []);
  }

  private async refresh(spec: RemoteSpec): Promise<void> {
    const id = idOf(spec);
    const known = this.read.get(id);
    const before = known ?? { index: new Map<string, string>(), second: undefined, bytes: 0, failures: 0 };
    try {
      const index = await this.readIndex(spec);
      const { second, bytes } = await this.readSecond(spec, before);
      this.read.set(id, { spec, index, second, bytes, due: this.now() + EVERY_MS, failures: 0 });
    } catch (error) {
      this.log(`aggregation: the documents of ${id}: ${errorMessage(error)}`);
      const due = this.now() + Math.min(EVERY_MS * 2 ** before.failures, LONGEST_MS);
      this.read.set(id, { ...before, spec, due, failures: before.failures + 1 });
    }
  }

  private async readIndex(spec: RemoteSpec): Promise<Map<string, string>> {
    const { code, body } = await this.ask(spec, INDEX_PATH, '', MAX_INDEX_BYTES);
    if (code === 404) return new Map();
    if (code !== 200) throw new Error(`${INDEX_PATH} answers ${code}`);
    return indexOf(body.toString('utf8'));
  }

  private async readSecond(
    spec: RemoteSpec,
    { second, bytes }: Pick<Read, 'second' | 'bytes'>,
  ): Promise<Pick<Read, 'second' | 'bytes'>> {
    const answer = await this.ask(spec, SECOND_PATH, second?.etag ?? '', MAX_DOCUMENT_BYTES);
    if (answer.code === 304 && second) return { second, bytes };
    if (answer.code === 404) return { second: undefined, bytes: 0 };
    if (answer.code !== 200) throw new Error(`${SECOND_PATH} answers ${answer.code}`);
    const { length } = answer.body;
    const others = [...this.read].reduce((sum, [id, each]) => (id === idOf(spec) ? sum : sum + each.bytes), 0);
    if (others + length > MAX_ALL_BYTES) throw new Error('there is no room for its document');
    const etag = answer.etag ?? `"${createHash('sha512').update(answer.body).digest('hex').toUpperCase()}"`;
    if (etag === second?.etag) return { second, bytes };
    return { second: await new Pace().run(readSecond(answer.body.toString('utf8'), etag, spec)), bytes: length };
  }
}
