import type http2 from 'node:http2';
import { authorization, connect } from './connect.ts';
import type { LoadResult, LoadSpec } from './messages.ts';
import { percentile } from './percentile.ts';

const MAX_SECONDS = 600;
const MAX_REQUESTS = 1_000_000;
/** Requests at once on one connection; more get more connections, up to MAX_CONNECTIONS. */
const PER_CONNECTION = 16;
const MAX_CONNECTIONS = 8;
/** An error is told with so much of the answer. */
const ERROR_TEXT = 300;
/** ms between two looks at how many requests a paced run owes */
const PACE = 10;

/** Last resourceVersion by request number, for runs that `track`. Bounded by the numbers in use (at most MAX_REQUESTS). */
const versions = new Map<number, string>();

/** Of all runs: a run that writes what an earlier one has written would write nothing. */
let sequence = 0;

export async function runLoad(spec: LoadSpec): Promise<LoadResult> {
  const connections = Math.min(MAX_CONNECTIONS, Math.ceil(spec.inFlight / PER_CONNECTION));
  const sessions = await Promise.all(Array.from({ length: connections }, () => connect(spec.endpoint)));
  try {
    return await new Run(spec, sessions).run();
  } finally {
    for (const session of sessions) session.destroy();
  }
}

class Run {
  private readonly latencies: number[] = [];
  private readonly limit: number;
  private readonly began = performance.now();
  private readonly until: number;
  private started = 0;
  private flying = 0;
  private errors = 0;
  private bytes = 0;
  private firstError: string | undefined;
  private finish!: () => void;
  private readonly fixed: Record<string, string>;

  constructor(
    private readonly spec: LoadSpec,
    private readonly sessions: readonly http2.ClientHttp2Session[],
  ) {
    this.limit = Math.min(spec.count ?? MAX_REQUESTS, MAX_REQUESTS);
    this.until = this.began + Math.min(spec.seconds ?? MAX_SECONDS, MAX_SECONDS) * 1000;
    this.fixed = { ...authorization(spec.endpoint), 'user-agent': 'bench', accept: 'application/json' };
    if (spec.body !== undefined) this.fixed['content-type'] = spec.contentType ?? 'application/json';
  }

  async run(): Promise<LoadResult> {
    await new Promise<void>((resolve) => {
      this.finish = resolve;
      if (this.spec.rate) this.pace(this.spec.rate);
      else for (let i = 0; i < this.spec.inFlight; i++) this.next();
    });
    const seconds = (performance.now() - this.began) / 1000;
    const done = this.latencies.length;
    const { errors, bytes, firstError } = this;
    return {
      done,
      errors,
      firstError,
      seconds,
      rate: done / seconds,
      p50: percentile(this.latencies, 0.5),
      p99: percentile(this.latencies, 0.99),
      bytes,
    };
  }

  private get over(): boolean {
    return this.started >= this.limit || performance.now() >= this.until || this.errors > 1000;
  }

  private pace(rate: number): void {
    const timer = setInterval(() => {
      const owed = Math.floor(((performance.now() - this.began) / 1000) * rate) - this.started;
      for (let i = 0; i < owed && this.flying < this.spec.inFlight && !this.over; i++) this.send();
      if (!this.over) return;
      clearInterval(timer);
      if (this.flying === 0) this.finish();
    }, PACE);
  }

  private next(): void {
    if (!this.over) this.send();
    else if (this.flying === 0) this.finish();
  }

  private send(): void {
    const { spec } = this;
    const turn = this.started++;
    const n = (spec.first ?? 0) + (spec.modulo ? turn % spec.modulo : turn);
    const micros = String(sequence++ % 1_000_000).padStart(6, '0');
    const fill = (text: string) =>
      text.includes('{')
        ? text
            .replaceAll('{n}', String(n))
            .replaceAll('{t}', String(Date.now()))
            .replaceAll('{u}', micros)
            .replaceAll('{v}', versions.get(n) ?? '')
        : text;
    const session = this.sessions[turn % this.sessions.length]!;
    this.flying += 1;
    const began = performance.now();
    let status = 0;
    let kept = '';
    const request = session.request(
      { ':method': spec.method, ':path': fill(spec.paths[turn % spec.paths.length]!), ...this.fixed },
      { endStream: spec.body === undefined },
    );
    request.on('response', (headers) => (status = Number(headers[':status'])));
    request.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length;
      if ((spec.track || status >= 300) && kept.length < 65_536) kept += chunk.toString('latin1');
    });
    request.on('error', (error) => (kept ||= error.message));
    request.on('close', () => {
      this.flying -= 1;
      if (status >= 200 && status < 300) {
        this.latencies.push(performance.now() - began);
        if (spec.track) versions.set(n, /"resourceVersion":\s*"(\d+)"/.exec(kept)?.[1] ?? '');
      } else {
        this.errors += 1;
        this.firstError ??= `${status} ${kept.slice(0, ERROR_TEXT)}`;
      }
      if (!spec.rate) this.next();
      else if (this.flying === 0 && this.over) this.finish();
    });
    if (spec.body !== undefined) request.end(fill(spec.body));
  }
}
