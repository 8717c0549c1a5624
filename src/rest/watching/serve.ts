import type { Api, Target } from '../../api/contract.ts';
import { statusOf } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { MEDIA_TYPES, notAcceptableStream, type Media } from '../negotiation/negotiate.ts';
import { notAcceptable } from '../../meta/status.ts';
import { listOptions } from '../resources/query.ts';
import { includeObjectOf } from '../table/table.ts';
import { Framer } from './frames.ts';
import { httpOutput } from './http-output.ts';
import type { Shares } from './shares.ts';
import { Watcher, type WatchOutput } from './watcher.ts';

/** What a watch, and with it any request for a resource, is served with. */
export interface WatchServing {
  api: Api;
  now(): number;
  log(line: string): void;
  /** told of each watch, so that a shutdown can end it and metrics can count it */
  watches: WatchCounter;
  shares: Shares;
}
export interface WatchCounter {
  opened(exchange: Exchange, end: () => void): () => void;
  sent(exchange: Exchange, events: number): void;
}

/** `application/json`; other forms say that they are streams. */
const streamType = (media: Media): string =>
  media.format === 'json' ? MEDIA_TYPES.json : `${MEDIA_TYPES[media.format]};stream=watch`;

/** Serves a watch over HTTP until it ends or the client leaves. What the API refuses is thrown before any byte is sent. */
export const serveWatch = (serving: WatchServing, exchange: Exchange, target: Target, media: Media): Promise<void> =>
  runWatch(serving, exchange, target, media, () => httpOutput(exchange, streamType(media)));

/**
 * Starts the API's watch and connects it with an output, which is opened only when the API has accepted the watch; what
 * it told before waits in the watcher's queue.
 */
export async function runWatch(
  serving: WatchServing,
  exchange: Exchange,
  target: Target,
  media: Media,
  open: () => WatchOutput,
): Promise<void> {
  const { api, now, watches, log } = serving;
  if (media.format === 'yaml') throw notAcceptableStream(target.kind.custom);
  if (media.format === 'protobuf' && media.as?.kind === 'Table') {
    throw notAcceptable(
      'object *v1.Table does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message',
    );
  }
  const options = listOptions(exchange.query);
  const include = media.as?.kind === 'Table' ? includeObjectOf(exchange.query) : 'Metadata';
  const framer = new Framer(target.kind, media, include, now);
  const lazy = new LazyOutput();
  let stop: () => void = () => undefined;
  let closed: () => void = () => undefined;
  const watcher = new Watcher(framer, lazy, serving.shares.of(exchange.user.name), {
    statusOf: (error) => statusOf(error, log),
    onSent: (events) => watches.sent(exchange, events),
    onClose: () => {
      stop();
      closed();
    },
  });
  let done: Promise<void>;
  try {
    stop = await api.watch(exchange, target, options, watcher);
    if (exchange.gone) return watcher.close();
    done = new Promise<void>((resolve) => exchange.res.once('close', resolve));
    lazy.open(open());
  } catch (error) {
    watcher.close();
    throw error;
  }
  watcher.live();
  if (watcher.ended) stop();
  else closed = watches.opened(exchange, () => watcher.onEnd());
  await done;
  watcher.close();
}

/** Holds a watcher back until its real output is there. */
class LazyOutput implements WatchOutput {
  private real: WatchOutput | undefined;
  private waiting: (() => void) | undefined;
  open(real: WatchOutput): void {
    this.real = real;
    this.waiting?.();
  }
  write(frames: Buffer[][], more: boolean): void {
    this.real?.write(frames, more);
  }
  pending(): number {
    return this.real ? this.real.pending() : Number.POSITIVE_INFINITY;
  }
  onDrain(callback: () => void): void {
    if (this.real) this.real.onDrain(callback);
    else this.waiting = callback;
  }
  end(): void {
    this.real?.end();
  }
  cut(): void {
    this.real?.cut();
  }
}
