import { LRUCache } from 'lru-cache';
import { isRecord } from '../../meta/record.ts';
import { badRequest, tooManyRequests } from '../../meta/status.ts';
import type { Store, Stored } from '../../store/contract.ts';
import type { KnownSource, LogArchive, LogSource } from '../../store/logs/contract.ts';
import { isPossibleText } from '../../store/possible-text.ts';
import type { Attributes } from '../contract.ts';
import { objectAs } from '../object-as.ts';
import type { SentAnswer, SentBatch } from './contract.ts';
import { keptLine } from './line.ts';

/** Of one request. An agent makes them smaller. */
const MAX_BATCHES = 256;
const MAX_LINES = 10_000;
const MAX_CHARACTERS = 2 * 1024 * 1024;
const MAX_LINE = 64 * 1024;
/** Requests that wait for the archive, and of one node, whose agent sends one at a time; more are told to come again. */
const MAX_WAITING = 8;
const MAX_OF_NODE = 2;
/** Sources whose ids are remembered. */
const MAX_KNOWN = 10_000;
/** Entries of a pod's history that are looked through for one that is gone. */
const MAX_HISTORY = 50;

/** The right to say what the containers of a node have written. */
export const writeRight = (node: string): Attributes => ({
  verb: 'create',
  group: '',
  version: 'v1',
  resource: 'nodes',
  subresource: 'logs',
  namespace: '',
  name: node,
});

/** Takes what agents of nodes have read, for pods that are, or were, on their own node. */
export class LogWriting {
  private readonly known = new LRUCache<string, number>({ max: MAX_KNOWN });
  private waiting = 0;
  /** by node, of those that have any */
  private readonly waitingOf = new Map<string, number>();

  constructor(
    private readonly archive: LogArchive,
    private readonly store: Store,
    /** ms since the epoch */
    private readonly now: () => number,
  ) {}

  /** Of a caller who may write for the node. Throws 400, 429. */
  async write(node: string, batches: readonly SentBatch[]): Promise<SentAnswer> {
    check(batches);
    const own = this.waitingOf.get(node) ?? 0;
    if (this.waiting >= MAX_WAITING || own >= MAX_OF_NODE) throw tooManyRequests('the archive of the logs is busy', 1);
    this.waiting++;
    this.waitingOf.set(node, own + 1);
    try {
      return await this.writeChecked(node, batches);
    } finally {
      this.waiting--;
      const left = (this.waitingOf.get(node) ?? 1) - 1;
      if (left > 0) this.waitingOf.set(node, left);
      else this.waitingOf.delete(node);
    }
  }

  private async writeChecked(node: string, batches: readonly SentBatch[]): Promise<SentAnswer> {
    const sources = batches.map((batch) => sourceOf(node, batch));
    const ids = await this.idsOf(sources);
    const now = this.now();
    const toWrite = batches.flatMap(({ from, until, lines }, i) => {
      const source = ids[i];
      if (source === undefined) return [];
      return {
        source,
        from,
        until,
        lines: lines.map(([at, s, text]) => keptLine(at, s === 'e' ? 'e' : 'o', text, now)),
      };
    });
    const written = toWrite.length > 0 && (await this.archive.write(toWrite));
    if (written) return { written, positions: batches.map(({ until }, i) => (ids[i] === undefined ? null : until)) };
    const known = await this.archive.sourcesById(ids.filter((id) => id !== undefined));
    const positions = new Map(known.map(({ id, position }) => [id, position]));
    // forgotten meanwhile: the next attempt makes it known again
    for (const [i, id] of ids.entries())
      if (id !== undefined && !positions.has(id)) this.known.delete(keyOf(sources[i]!));
    return {
      written: toWrite.length === 0,
      positions: ids.map((id) => (id === undefined ? null : (positions.get(id) ?? ''))),
    };
  }

  private async idsOf(sources: readonly LogSource[]): Promise<(number | undefined)[]> {
    const unknown = sources.filter((source) => !this.known.has(keyOf(source)));
    if (unknown.length) {
      const allowed: LogSource[] = [];
      const gone: LogSource[] = [];
      for (const source of unknown) (this.isOnNode(source) ? allowed : gone).push(source);
      const before = gone.length ? await this.knownBefore(gone) : new Set<string>();
      for (const source of gone) if (before.has(keyOf(source)) || (await this.wasOnNode(source))) allowed.push(source);
      const registered: KnownSource[] = allowed.length ? await this.archive.register(allowed) : [];
      for (const source of registered) this.known.set(keyOf(source), source.id);
    }
    return sources.map((source) => this.known.get(keyOf(source)));
  }

  /** The pod is there, of that uid, and on the node; of a static pod there is a mirror, which names the uid that the node has. */
  private isOnNode({ namespace, pod, uid, node }: LogSource): boolean {
    const stored = this.store.get({ resource: 'pods', namespace, name: pod });
    return stored !== undefined && isPodOf(stored, uid, node);
  }

  private async knownBefore(sources: readonly LogSource[]): Promise<Set<string>> {
    const found = await this.archive.sources({
      kinds: ['container'],
      nodes: [sources[0]!.node],
      pods: sources.map(({ pod }) => pod),
    });
    return new Set(found.map(keyOf));
  }

  /** One that ended before its first lines were sent. */
  private async wasOnNode({ namespace, pod: name, uid, node }: LogSource): Promise<boolean> {
    const changes = await this.store.changes({ places: [{ resource: 'pods', namespace, name }], limit: MAX_HISTORY });
    return changes.some(({ stored, before }) => [stored, before].some((one) => one && isPodOf(one, uid, node)));
  }
}

const MIRROR = 'kubernetes.io/config.mirror';
function isPodOf(stored: Stored, uid: string, node: string): boolean {
  const { metadata, spec } = objectAs('pods', stored);
  return spec?.nodeName === node && (stored.uid === uid || metadata.annotations?.[MIRROR] === uid);
}

const sourceOf = (node: string, { namespace, pod, uid, container, attempt }: SentBatch): LogSource => ({
  kind: 'container',
  node,
  namespace,
  pod,
  uid,
  container,
  attempt,
});
const keyOf = ({ node, namespace, pod, uid, container, attempt }: LogSource): string =>
  `${node}/${namespace}/${pod}/${uid}/${container}/${attempt}`;

/** Throws 400 for what is no list of batches, or is too much. */
function check(batches: readonly SentBatch[]): void {
  if (!Array.isArray(batches) || batches.length > MAX_BATCHES)
    throw badRequest(`batches: a list of at most ${MAX_BATCHES}`);
  let lines = 0;
  let characters = 0;
  const seen = new Set<string>();
  for (const batch of batches) {
    if (!isRecord(batch as unknown)) throw badRequest('batches: a batch is an object');
    const { namespace, pod, uid, container, attempt, from, until } = batch;
    const texts = [namespace, pod, uid, container, from, until];
    if (!texts.every((text) => typeof text === 'string' && text.length <= 1024 && isPossibleText(text)))
      throw badRequest('batches: names and positions are texts');
    if (!Number.isInteger(attempt) || attempt < 0 || attempt > 0x7fffffff)
      throw badRequest('batches: attempt is no number');
    if (!Array.isArray(batch.lines)) throw badRequest('batches: no lines');
    const key = `${uid}/${container}/${attempt}`;
    if (seen.has(key)) throw badRequest('batches: two of one container');
    seen.add(key);
    lines += batch.lines.length;
    for (const line of batch.lines) {
      const [at, , text]: readonly unknown[] = Array.isArray(line) ? line : [];
      if (
        typeof at !== 'number' ||
        !Number.isSafeInteger(at) ||
        at < 0 ||
        typeof text !== 'string' ||
        text.length > MAX_LINE
      )
        throw badRequest('batches: a line is its time, its stream and its text');
      characters += text.length;
    }
    if (lines > MAX_LINES || characters > MAX_CHARACTERS) throw badRequest('batches: too many lines');
  }
}
