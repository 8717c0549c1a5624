import https from 'node:https';
import { differences, mask, type MaskContext } from './mask.ts';

interface Step {
  request: { method: string; path: string; headers?: Record<string, string | null>; body?: unknown };
  watch?: { events?: number; ms?: number };
  pause?: number;
  keep?: 'none' | string[];
  response: unknown;
}
export interface Scenario {
  name: string;
  bare?: boolean;
  steps: Step[];
}
interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}
type Any = any;

/** Plays recorded scenarios against a server and tells what differs. */
export class Player {
  private readonly agent = new https.Agent({ rejectUnauthorized: false, keepAlive: true });
  private count = 0;
  constructor(
    private readonly server: URL,
    private readonly token: string,
  ) {}

  close(): void {
    this.agent.destroy();
  }

  /** The differences, none when every answer is as recorded. */
  async play(scenario: Scenario): Promise<string[]> {
    const ctx: MaskContext = { namespace: `g${process.pid % 1000}x${(++this.count).toString(36)}`, asked: '' };
    if (!scenario.bare) await this.prepare(ctx.namespace);
    const answers: Any[] = [];
    const out: string[] = [];
    for (const [i, step] of scenario.steps.entries()) {
      if (step.pause) await new Promise((resolve) => setTimeout(resolve, step.pause));
      const { method, path, headers, body } = step.request;
      const request = this.fill({ method, path, headers, body }, ctx, answers) as Step['request'];
      ctx.asked += JSON.stringify(request);
      const answer = await this.call(request, step.watch);
      const { json, seen } = read(answer, step, ctx);
      answers.push(json);
      out.push(
        ...differences(step.response, JSON.parse(JSON.stringify(seen))).map((d) => `step ${i} ${method} ${path}: ${d}`),
      );
    }
    return out;
  }

  private async prepare(name: string): Promise<void> {
    await this.call({
      method: 'POST',
      path: '/api/v1/namespaces',
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    });
    await this.call({
      method: 'POST',
      path: `/api/v1/namespaces/${name}/serviceaccounts`,
      body: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } },
    });
  }

  /** Puts in `{{ns}}`, `{{2.metadata.uid}}`, `{{+2.metadata.resourceVersion}}`. */
  private fill(value: unknown, ctx: MaskContext, answers: Any[]): unknown {
    const look = (expression: string): Any => {
      if (expression === 'ns') return ctx.namespace;
      if (expression.startsWith('+')) return String(Number(look(expression.slice(1))) + 1);
      const [step, ...path] = expression.split('.');
      const found = path.reduce((x: Any, k) => x?.[k], answers[Number(step)]);
      return expression.includes('metadata.continue') ? encodeURIComponent(found) : found;
    };
    if (typeof value === 'string') {
      const whole = /^\{\{([^}]+)\}\}$/.exec(value)?.[1];
      return whole ? look(whole) : value.replace(/\{\{([^}]+)\}\}/g, (_, e: string) => String(look(e)));
    }
    if (Array.isArray(value)) return value.map((v) => this.fill(v, ctx, answers));
    if (value && typeof value === 'object')
      return Object.fromEntries(
        Object.entries(value).map(([k, v]) => [this.fill(k, ctx, answers), this.fill(v, ctx, answers)]),
      );
    return value;
  }

  private call({ method, path, headers = {}, body }: Step['request'], watch?: Step['watch']): Promise<Answer> {
    const data = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const all: Record<string, string | number | null> = {
      accept: 'application/json',
      authorization: `Bearer ${this.token}`,
      ...(data !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) }),
      ...headers,
    };
    const sent = Object.fromEntries(Object.entries(all).filter(([, v]) => v !== null)) as Record<string, string>;
    return new Promise((resolve, reject) => {
      const req = https.request(
        {
          host: this.server.hostname,
          port: this.server.port,
          path,
          method,
          headers: sent,
          agent: watch ? undefined : this.agent,
          rejectUnauthorized: false,
          timeout: 30_000,
        },
        (res) => {
          let text = '';
          const done = () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text });
          res.setEncoding('utf8');
          res.on('data', (chunk: string) => {
            text += chunk;
            if (watch?.events && text.split('\n').length > watch.events) {
              done();
              req.destroy();
            }
          });
          res.on('end', done).on('error', done);
          if (watch) setTimeout(() => (done(), req.destroy()), watch.ms ?? 3000).unref();
        },
      );
      req.on('timeout', () => req.destroy(new Error(`${method} ${path}: timeout`)));
      req.on('error', (error) => (watch ? undefined : reject(error)));
      req.end(data);
    });
  }
}

const parse = (text: string): Any => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** What the recording holds of an answer: status, media type, warning, masked body. */
function read(answer: Answer, step: Step, ctx: MaskContext): { json: Any; seen: unknown } {
  const type = String(answer.headers['content-type'] ?? '').split(';')[0];
  const json = step.watch
    ? answer.text
        .split('\n')
        .filter(Boolean)
        .map(parse)
        .filter(Boolean)
        .slice(0, step.watch.events ?? Infinity)
    : type?.includes('json')
      ? parse(answer.text)
      : undefined;
  let body: Any =
    json !== undefined ? mask(json, ctx) : answer.text.length > 4000 ? '«text long»' : mask(answer.text, ctx);
  for (const object of [body, ...(body?.items ?? [])]) object?.metadata?.managedFields?.sort?.(byText);
  if (body?.details?.causes?.length > 1) {
    body.details.causes.sort(byText);
    body.message = String(body.message).replace(/: \[.*\]$/s, ': [«list»]');
  }
  if (step.keep)
    body =
      step.keep === 'none'
        ? undefined
        : Object.fromEntries(step.keep.map((path) => [path, path.split('.').reduce((x: Any, k) => x?.[k], body)]));
  return {
    json,
    seen: {
      status: answer.status,
      type,
      ...(answer.headers.warning && { warning: mask(String(answer.headers.warning), ctx) }),
      body,
    },
  };
}
