import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PageNotFound } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { send } from '../respond.ts';
import { encodePprof, type Profile } from './pprof.ts';
import { cpuProfile, heapProfile } from './take-profile.ts';

/** Seconds of a profile at most: what a request may take at kube-apiserver. */
const MOST_SECONDS = 60;
const compress = promisify(gzip);

interface Kind {
  /** seconds where none are asked for */
  usual: number;
  take(ms: number, signal: AbortSignal): Promise<Profile>;
}
const KINDS: Readonly<Record<string, Kind>> = {
  profile: { usual: 30, take: cpuProfile },
  heap: { usual: 5, take: heapProfile },
};

/**
 * `/debug/pprof/profile` and `/debug/pprof/heap`, which `go tool pprof` reads: of the thread that serves the API. One at
 * a time, for a minute at most; `seconds` as Go has it.
 */
export class Profiling {
  private running = false;

  async serve(exchange: Exchange, name: string): Promise<void> {
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
    if (!kind) throw new PageNotFound();
    const asked = exchange.query.get('seconds') ?? '';
    const seconds = /^\d{1,9}$/.test(asked) && Number(asked) > 0 ? Number(asked) : kind.usual;
    if (seconds > MOST_SECONDS) return refuse(exchange, 400, `profile duration exceeds ${MOST_SECONDS} seconds`);
    if (this.running) return refuse(exchange, 500, 'Could not enable CPU profiling: cpu profiling already in use');
    this.running = true;
    try {
      const profile = await kind.take(seconds * 1000, exchange.signal);
      await send(exchange, 200, 'application/octet-stream', await compress(encodePprof(profile)), {
        'X-Content-Type-Options': 'nosniff',
        'Content-Disposition': `attachment; filename="${name}"`,
      });
    } finally {
      this.running = false;
    }
  }
}

const refuse = (exchange: Exchange, code: number, why: string): Promise<void> =>
  send(exchange, code, 'text/plain; charset=utf-8', Buffer.from(`${why}\n`), {
    'X-Content-Type-Options': 'nosniff',
    'X-Go-Pprof': '1',
  });
