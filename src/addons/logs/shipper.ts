import type { Client } from '../../client/contract.ts';
import type { Reconciler } from '../../control/contract.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { Clock } from '../../rules/clock.ts';
import { Budget } from './budget.ts';
import { ContainerLog, type Line } from './container-log.ts';
import { LogFolders, type Place } from './log-folders.ts';

/** ms between two looks at a log that grows, and the most between those at one that does not */
const BUSY_MS = 250;
const IDLE_MS = 2000;
/** ms between two looks at which logs there are */
const LIST_MS = 1000;
/** ms after which one that could not be sent is tried again, and the most */
const RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;
/** Failures after each other from which on it is told */
const TELL_AFTER = 3;
/** Bytes of one request, and logs */
const REQUEST = 512 * 1024;
const MAX_BATCHES = 128;
const MAX_LINES = 8000;
/**
 * Bytes a second of one container's records, and those that it may have saved up; of what comes faster a sample is kept.
 * And of all containers of the node.
 */
const PER_CONTAINER = 1024 * 1024;
const CONTAINER_BURST = 8 * 1024 * 1024;
const PER_NODE = 8 * 1024 * 1024;
/** Bytes that a container may be behind when it has used up what it may send: of more, the older are left out. */
const MAX_BEHIND = 2 * 1024 * 1024;
/** A piece of a line waits so long for the rest, ms. */
const UNFINISHED_MS = 5000;
/** What was put aside is kept for so long, ms, and in so many bytes, where it cannot be sent. */
const GONE_MS = 24 * 3600_000;
const GONE_BYTES = 256 * 1024 * 1024;
/** and for so long where its pod is nobody's that the API knows of */
const NOBODY_MS = 600_000;

const WRITE = `mutation WriteLogs($node: String!, $batches: JSON!) { writeLogs(node: $node, batches: $batches) }`;

interface Answer {
  written: boolean;
  positions: (string | null)[];
}

/** A log that is read on. */
interface Tail {
  place: Place;
  log: ContainerLog;
  /** undefined: not asked yet */
  position: string | undefined;
  budget: Budget;
  /** ms since the epoch: the next look, the last growth, and since when its pod is nobody's */
  due: number;
  grew: number;
  /** the number of the request that had its lines last */
  served: number;
  nobody: number | undefined;
}
interface Piece {
  tail: Tail;
  from: string;
  until: string;
  lines: Line[];
  bytes: number;
  atEnd: boolean;
}

export interface ShipperOptions {
  node: string;
  /** of the agent's logs */
  logs: string;
}

/**
 * Reads what containers of a node have written, and sends it to the API. How far each has been read is kept there, with
 * the lines, and here it is only remembered: whoever ends in between, no line is lost or comes twice.
 */
export class Shipper {
  private readonly folders: LogFolders;
  private readonly tails = new Map<string, Tail>();
  private readonly budget: Budget;
  private listed = 0;
  private failures = 0;
  private requests = 0;

  constructor(
    private readonly options: ShipperOptions,
    private readonly client: Pick<Client, 'query'>,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly log: (message: string, fields?: Record<string, unknown>) => void,
  ) {
    this.folders = new LogFolders(options.logs);
    this.budget = new Budget(PER_NODE, PER_NODE, clock.now());
  }

  /** One look at what is due. @returns ms until the next */
  async round(): Promise<number> {
    try {
      const more = await this.ship();
      if (this.failures >= TELL_AFTER) this.log('logs are sent again');
      this.failures = 0;
      return more ? 0 : this.wait();
    } catch (error) {
      // said once, and not for a node that is ahead of the API
      if (++this.failures === TELL_AFTER) this.log('logs cannot be sent for now', { error: errorMessage(error) });
      return Math.min(MAX_RETRY_MS, RETRY_MS * 2 ** Math.min(this.failures - 1, 10));
    }
  }

  /** Nothing is looked at more often than what grows. */
  private wait(): number {
    const now = this.clock.now();
    let next = this.listed + LIST_MS;
    for (const { due } of this.tails.values()) if (due < next) next = due;
    return Math.max(BUSY_MS / 5, next - now);
  }

  private async ship(): Promise<boolean> {
    const now = this.clock.now();
    if (now - this.listed >= LIST_MS) await this.list(now);
    await this.ask();
    const pieces: Piece[] = [];
    let [bytes, lines, more] = [0, 0, false];
    // who was served last comes last: a node has less to give than its containers may ask for
    const due = [...this.tails.values()].filter((tail) => tail.due <= now).sort((a, b) => a.served - b.served);
    for (const tail of due) {
      const room = Math.min(REQUEST - bytes, this.budget.available(now));
      if (room <= 0 || pieces.length >= MAX_BATCHES || lines >= MAX_LINES) {
        more = true;
        break;
      }
      const piece = await this.readOf(tail, room, now);
      if (!piece) continue;
      pieces.push(piece);
      bytes += piece.bytes;
      lines += piece.lines.length;
      more ||= !piece.atEnd;
    }
    if (pieces.length) await this.send(pieces);
    return more && this.budget.available(this.clock.now()) > 0;
  }

  private async list(now: number): Promise<void> {
    this.listed = now;
    const places = await this.folders.list();
    const known = new Set<string>();
    for (const place of places) {
      const key = `${place.uid}/${place.container}/${place.attempt}`;
      known.add(key);
      const before = this.tails.get(key);
      if (before?.place.path === place.path) continue;
      this.tails.set(key, {
        budget: new Budget(PER_CONTAINER, CONTAINER_BURST, now),
        position: undefined,
        grew: now,
        served: 0,
        nobody: undefined,
        ...before,
        place,
        log: new ContainerLog(place.path),
        due: now,
      });
    }
    for (const key of this.tails.keys()) if (!known.has(key)) this.tails.delete(key);
    await this.dropOld(places, now);
  }

  /** What was put aside has bounds, for an API that is away for long. */
  private async dropOld(places: readonly Place[], now: number): Promise<void> {
    if (!places.some(({ gone }) => gone)) return;
    const gone = (await this.folders.goneBytes(places)).sort((a, b) => b.at - a.at);
    let total = 0;
    for (const { place, bytes, at } of gone) {
      total += bytes;
      if (total <= GONE_BYTES && now - at <= GONE_MS) continue;
      this.log('lines of a pod that is gone are dropped: they could not be sent', {
        pod: `${place.namespace}/${place.pod}`,
        bytes,
      });
      await this.folders.remove(place);
    }
  }

  /** How far logs have been read that are new to this shipper: a batch without lines is answered with that. */
  private async ask(): Promise<void> {
    const unknown = [...this.tails.values()].filter(({ position }) => position === undefined).slice(0, MAX_BATCHES);
    if (!unknown.length) return;
    // a position that nothing is at: nothing is written
    const batches = unknown.map(({ place }) => batchOf(place, '?', '?', []));
    const { positions } = await this.write(batches);
    for (const [i, tail] of unknown.entries()) await this.placed(tail, positions[i]);
  }

  private async placed(tail: Tail, position: string | null | undefined): Promise<void> {
    const now = this.clock.now();
    if (typeof position === 'string') {
      tail.position = position;
      tail.nobody = undefined;
      return;
    }
    // the API may not have heard of the pod yet: a mirror of a static one comes after it
    tail.nobody ??= now;
    tail.due = now + MAX_RETRY_MS / 3;
    if (tail.place.gone && now - tail.nobody > NOBODY_MS) await this.folders.remove(tail.place);
  }

  private async readOf(tail: Tail, room: number, now: number): Promise<Piece | undefined> {
    const { place, log, position: from } = tail;
    if (from === undefined) return undefined;
    const idle = now - tail.grew;
    if (!place.gone && !(await log.grew(from))) return this.rest(tail, now);
    const room2 = Math.min(room, tail.budget.available(now));
    if (room2 < Math.min(room, PER_CONTAINER / 4)) {
      if ((await log.behind(from)) > MAX_BEHIND) return this.leaveOut(tail, from, now);
      tail.due = now + BUSY_MS;
      return undefined;
    }
    const read = await log.read(from, room2, place.gone || idle >= UNFINISHED_MS);
    if (read.lost) return this.leaveOut(tail, from, now);
    if (read.position === from || (!read.lines.length && !read.bytes)) {
      if (place.gone && read.atEnd) await this.folders.remove(place);
      return this.rest(tail, now);
    }
    tail.grew = now;
    return { tail, from, until: read.position, lines: read.lines, bytes: read.bytes, atEnd: read.atEnd };
  }

  /** Looked at less and less often. */
  private rest(tail: Tail, now: number): undefined {
    tail.due = now + Math.min(IDLE_MS, Math.max(BUSY_MS, (now - tail.grew) / 4));
    return undefined;
  }

  /** More comes than is kept: what is behind goes, and a line says so. */
  private async leaveOut(tail: Tail, from: string, now: number): Promise<Piece | undefined> {
    const { position, bytes } = await tail.log.skip(from);
    if (position === from) return undefined;
    const text = `… at least ${bytes} bytes of this log were left out: it grows by more than ${PER_CONTAINER} bytes a second`;
    return { tail, from, until: position, lines: [[now * 1000, 'e', text]], bytes: text.length, atEnd: false };
  }

  private async send(pieces: readonly Piece[]): Promise<void> {
    const batches = pieces.map(({ tail: { place }, from, until, lines }) => batchOf(place, from, until, lines));
    const { written, positions } = await this.write(batches);
    const now = this.clock.now();
    this.requests++;
    for (const [i, { tail, bytes, atEnd }] of pieces.entries()) {
      tail.served = this.requests;
      await this.placed(tail, positions[i]);
      if (!written || tail.nobody !== undefined) continue;
      tail.budget.take(bytes);
      this.budget.take(bytes);
      if (atEnd) tail.due = now + BUSY_MS;
    }
  }

  private async write(batches: readonly object[]): Promise<Answer> {
    const { writeLogs } = await this.client.query<{ writeLogs: Answer }>(WRITE, { node: this.options.node, batches });
    return writeLogs;
  }
}

const batchOf = (
  { namespace, pod, uid, container, attempt }: Place,
  from: string,
  until: string,
  lines: readonly Line[],
) => ({
  namespace,
  pod,
  uid,
  container,
  attempt,
  from,
  until,
  lines,
});

/** The shipper as a loop of its node. */
export const shipLogs = (options: ShipperOptions): Reconciler => {
  let shipper: Shipper | undefined;
  return {
    name: 'log-shipper',
    watches: [],
    workers: 1,
    start: (ctx) => ctx.enqueueAfter('ship', 0),
    async reconcile(_, { client, clock, log }) {
      shipper ??= new Shipper(options, client, clock, log);
      return { requeueAfter: await shipper.round() };
    },
  };
};
