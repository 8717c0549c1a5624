import { request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Clock } from '../../rules/clock.ts';
import type { Sink } from './contract.ts';
import { HEAD } from './event.ts';
import type { Endpoint } from '../../meta/endpoint.ts';

export interface WebhookOptions {
  endpoint: Endpoint;
  /** events that may wait; more are dropped, and counted */
  bufferSize: number;
  /** events of one request */
  maxBatchSize: number;
  /** ms after which a batch is sent that is not full */
  maxBatchWait: number;
  /** ms before a batch is sent again that did not arrive; grows with each try */
  initialBackoff: number;
  clock: Clock;
  random?: () => number;
  /** Events did not arrive. @param plugin `buffered` where there was no room for them, `webhook` where it failed */
  lost(plugin: string, events: number): void;
  /** said once for as long as requests fail */
  report(line: string): void;
}

/** Tries of one batch, each wait longer than the one before by `FACTOR` (client-go's default for webhooks). */
const TRIES = 5;
const FACTOR = 1.5;
const JITTER = 0.2;
const TIMEOUT_MS = 30_000;
/** Batches on their way at once. */
const MAX_IN_FLIGHT = 4;
/** Characters that may wait. */
const MAX_WAITING = 32 * 1024 * 1024;
/** ms that the last batches have when the server stops */
const CLOSE_MS = 3_000;

/** Sends events to a server of somebody else, in batches, as `audit.k8s.io/v1` EventLists. */
export class Webhook implements Sink {
  private queue: string[] = [];
  /** characters of what waits and of what is on its way */
  private size = 0;
  private inFlight = 0;
  private due = false;
  private timer: unknown;
  private failing = false;
  private closing = false;
  private idle: (() => void) | undefined;
  private readonly sleepers = new Set<() => void>();
  private readonly abort = new AbortController();
  private readonly agent: Agent | undefined;

  constructor(private readonly options: WebhookOptions) {
    const { server, ca, certificate, key, insecure, serverName } = options.endpoint;
    if (new URL(server).protocol !== 'https:') return;
    this.agent = new Agent({
      keepAlive: true,
      maxSockets: MAX_IN_FLIGHT,
      rejectUnauthorized: !insecure,
      ...(ca && { ca }),
      ...(certificate && key && { cert: certificate, key }),
      ...(serverName && { servername: serverName }),
    });
  }

  push(text: string): void {
    const { bufferSize, maxBatchSize, maxBatchWait, clock, lost } = this.options;
    if (this.closing || this.queue.length >= bufferSize || this.size + text.length > MAX_WAITING)
      return lost('buffered', 1);
    this.queue.push(text);
    this.size += text.length;
    if (this.queue.length >= maxBatchSize) this.send();
    else
      this.timer ??= clock.setTimeout(() => {
        this.timer = undefined;
        this.due = this.queue.length > 0;
        this.send();
      }, maxBatchWait);
  }

  async close(): Promise<void> {
    this.closing = this.due = true;
    const { clock } = this.options;
    for (const wake of this.sleepers) wake();
    const limit = clock.setTimeout(() => this.abort.abort(), CLOSE_MS);
    this.send();
    if (this.inFlight) await new Promise<void>((resolve) => (this.idle = resolve));
    clock.clearTimeout(limit);
    clock.clearTimeout(this.timer);
    this.agent?.destroy();
  }

  private send(): void {
    const { maxBatchSize } = this.options;
    while (this.inFlight < MAX_IN_FLIGHT && this.queue.length && (this.due || this.queue.length >= maxBatchSize)) {
      const events = this.queue.splice(0, maxBatchSize);
      if (this.queue.length < maxBatchSize && !this.closing) this.due = false;
      this.inFlight++;
      void this.deliver(events).finally(() => {
        this.inFlight--;
        for (const event of events) this.size -= event.length;
        this.send();
        if (this.inFlight === 0) this.idle?.();
      });
    }
  }

  private async deliver(events: readonly string[]): Promise<void> {
    const { initialBackoff, random = Math.random, lost, report } = this.options;
    // in a list an event has no kind of its own
    const items = events.map((text) => `{${text.slice(HEAD.length)}`);
    const body = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${items.join(',')}]}`;
    let wait = initialBackoff;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.post(body);
        this.failing = false;
        return;
      } catch (error) {
        if (!this.failing) report(`audit: the webhook fails: ${(error as Error).message}`);
        this.failing = true;
        if (attempt === TRIES || this.closing) return lost('webhook', events.length);
      }
      await this.sleep(wait * (1 + random() * JITTER));
      wait *= FACTOR;
    }
  }

  private sleep(ms: number): Promise<void> {
    const { clock } = this.options;
    return new Promise((resolve) => {
      const wake = (): void => {
        this.sleepers.delete(wake);
        clock.clearTimeout(timer);
        resolve();
      };
      const timer = clock.setTimeout(wake, ms);
      this.sleepers.add(wake);
    });
  }

  private post(body: string): Promise<void> {
    const { server, token } = this.options.endpoint;
    const url = new URL(server);
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
        url,
        {
          method: 'POST',
          ...(this.agent && { agent: this.agent }),
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            ...(token && { authorization: `Bearer ${token}` }),
          },
          signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), this.abort.signal]),
        },
        (answer) => {
          answer.resume();
          answer.once('error', reject);
          answer.once('end', () => {
            const { statusCode = 0 } = answer;
            if (statusCode >= 200 && statusCode < 300) resolve();
            else reject(new Error(`it answers ${statusCode}`));
          });
        },
      );
      request.once('error', reject);
      request.end(body);
    });
  }
}
