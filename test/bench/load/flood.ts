import type http2 from 'node:http2';
import { connect } from './connect.ts';
import type { FloodRequest, FloodResult, FloodSpec } from './messages.ts';
import { percentile } from './percentile.ts';

const MAX_SECONDS = 60;
const MAX_IN_FLIGHT = 2_000;
const MAX_CONNECTIONS = 64;
/** ms between two looks at how many requests are owed */
const PACE = 5;
/** ms that answers may come after the last request was sent; what is missing then counts as lost */
const DRAIN = 30_000;
/** ms of one part of the timeline */
const SLICE = 250;

/** Requests at a rate whether answers come or not, as far as the bound of those in flight allows; every answer is counted by its status. */
export async function runFlood(spec: FloodSpec): Promise<FloodResult> {
  const connections = Math.min(MAX_CONNECTIONS, spec.connections);
  const sessions = await Promise.all(Array.from({ length: connections }, () => connect(spec.endpoint)));
  try {
    return await new Flood(spec, sessions).run();
  } finally {
    for (const session of sessions) session.destroy();
  }
}

class Flood {
  private readonly latencies: number[] = [];
  private readonly began = performance.now();
  private readonly until: number;
  private readonly inFlight: number;
  private readonly result: FloodResult;
  private flying = 0;
  private finish!: () => void;

  constructor(
    private readonly spec: FloodSpec,
    private readonly sessions: readonly http2.ClientHttp2Session[],
  ) {
    const seconds = Math.min(MAX_SECONDS, spec.seconds);
    this.until = this.began + seconds * 1000;
    this.inFlight = Math.min(MAX_IN_FLIGHT, spec.inFlight);
    this.result = {
      sent: 0,
      ok: 0,
      refused: 0,
      retryAfter: 0,
      failed: 0,
      seconds,
      p50: 0,
      p99: 0,
      timeline: [],
      slice: SLICE,
    };
  }

  async run(): Promise<FloodResult> {
    await new Promise<void>((resolve) => {
      this.finish = resolve;
      const timer = setInterval(() => {
        this.owe();
        if (performance.now() < this.until) return;
        clearInterval(timer);
        if (this.flying === 0) return resolve();
        setTimeout(resolve, DRAIN).unref();
      }, PACE);
      this.owe();
    });
    this.result.failed += this.flying;
    if (this.flying > 0) this.result.firstError ??= `${this.flying} requests have got no answer`;
    this.result.p50 = percentile(this.latencies, 0.5);
    this.result.p99 = percentile(this.latencies, 0.99);
    return this.result;
  }

  private owe(): void {
    const now = performance.now();
    if (now >= this.until) return;
    const { rate } = this.spec;
    const owed = rate === undefined ? this.inFlight : Math.floor(((now - this.began) / 1000) * rate) - this.result.sent;
    for (let n = 0; n < owed && this.flying < this.inFlight; n++) this.send();
  }

  private send(): void {
    const turn = this.result.sent++;
    const request = this.spec.requests[turn % this.spec.requests.length]!;
    const session = this.sessions[turn % this.sessions.length]!;
    const began = performance.now();
    let status = 0;
    let retry = false;
    let text = '';
    this.flying += 1;
    const stream = session.request(headersOf(request, turn), { endStream: request.body === undefined });
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
      retry = headers['retry-after'] !== undefined;
    });
    stream.on('data', (chunk: Buffer) => {
      if (status !== 200 && status !== 201 && status !== 429 && text.length < 300) text += chunk.toString('latin1');
    });
    stream.on('error', (error) => (text ||= error.message));
    stream.on('close', () => this.answered(performance.now() - began, status, retry, text));
    if (request.body !== undefined) stream.end(fill(request.body, turn));
  }

  private answered(ms: number, status: number, retry: boolean, text: string): void {
    const { result } = this;
    this.flying -= 1;
    if (status >= 200 && status < 300) {
      result.ok += 1;
      this.latencies.push(ms);
      const slice = Math.floor((performance.now() - this.began) / SLICE);
      result.timeline[slice] = (result.timeline[slice] ?? 0) + 1;
    } else if (status === 429) {
      result.refused += 1;
      if (retry) result.retryAfter += 1;
    } else {
      result.failed += 1;
      result.firstError ??= `${status} ${text}`;
    }
    if (performance.now() >= this.until) {
      if (this.flying === 0) this.finish();
    } else if (this.spec.rate === undefined) this.send();
  }
}

const fill = (text: string, turn: number): string =>
  text
    .replaceAll('{n}', String(turn))
    .replaceAll('{t}', String(Date.now()))
    .replaceAll('{u}', String(turn % 1_000_000).padStart(6, '0'));

function headersOf(
  { method, path, token, body, contentType = 'application/json' }: FloodRequest,
  turn: number,
): http2.OutgoingHttpHeaders {
  const headers: http2.OutgoingHttpHeaders = {
    ':method': method,
    ':path': path.includes('{') ? fill(path, turn) : path,
    authorization: `Bearer ${token}`,
    accept: 'application/json',
  };
  if (body !== undefined) headers['content-type'] = contentType;
  return headers;
}
