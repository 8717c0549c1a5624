import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import path from 'node:path';
import type { Endpoint } from '../../src/client/kubeconfig.ts';
import { configMap, largePod, smallPod } from './fixtures.ts';
import { authorization, connect } from './load/connect.ts';
import { Generators } from './load/generators.ts';
import { hasH2load, runH2load, suitsH2load } from './load/h2load.ts';
import type { BenchOptions } from './options.ts';
import type { Bench, Stage } from './row.ts';
import { cpuSeconds } from './processes.ts';
import { startServer } from './server.ts';

/** Pods of a stage; beyond `filled` their bodies are small, as nobody has 150,000 large ones. */
const pods = (stage: Stage, options: BenchOptions): number =>
  ({ empty: 0, filled: options.objects, crowded: 50_000, large: 150_000 })[stage];
/** A request of a row's own gives up after this, ms. */
const REQUEST_LIMIT = 60_000;

/**
 * A stage's server (or the one we were pointed to), with a namespace and the objects that its rows want.
 * @param objects another number of them than the stage's
 */
export async function openSession(
  root: string,
  options: BenchOptions,
  stage: Stage,
  objects = pods(stage, options),
): Promise<{ bench: Bench; close(): Promise<void> }> {
  const server = options.against ? undefined : await startServer(root, options.profile);
  const generators = new Generators(path.join(root, 'dist/bench/generator.js'));
  let count = 0;
  let cost = 0;
  const prefix = Date.now().toString(36);
  const bench: Bench = {
    get endpoint() {
      return server?.endpoint ?? other(options);
    },
    server,
    get cost() {
      return cost;
    },
    namespace: `bench-${prefix}-${stage}`,
    objects: 0,
    seconds: options.seconds,
    quick: options.quick,
    unique: () => `${prefix}${++count}`,
    load: async (spec) => {
      const whole = { ...spec, endpoint: bench.endpoint };
      const cpu = (): number => Object.values(cpuSeconds(server!.pid)).reduce((sum, one) => sum + one);
      const before = server ? cpu() : 0;
      const result = await (suitsH2load(whole) && hasH2load() ? runH2load(whole) : generators.load(whole));
      if (result.errors > 0)
        throw new Error(`${result.errors} of ${result.errors + result.done} requests failed: ${result.firstError}`);
      if (server) cost = ((cpu() - before) * 1000) / result.done;
      return result;
    },
    streams: (spec, act) => generators.streams({ ...spec, endpoint: bench.endpoint }, act),
    request: async (method, at, body) => JSON.parse(await request(bench.endpoint, method, at, {}, body)),
    text: (at, headers = {}) => request(bench.endpoint, 'GET', at, headers),
  };
  const close = async () => {
    generators.close();
    if (server) await server.remove();
    else await cleanUp(bench);
  };
  try {
    await prepare(bench, objects, stage);
  } catch (error) {
    await close();
    throw error;
  }
  return { bench, close };
}

const other = (options: BenchOptions): Endpoint => ({
  server: options.against!,
  token: options.token,
  ca: options.ca && readFileSync(options.ca, 'utf8'),
  insecure: options.ca === undefined,
  namespace: '',
});

/** Without controllers nobody makes the service account that pods of a namespace need. */
async function prepare(bench: Bench, objects: number, stage: Stage): Promise<void> {
  const { namespace } = bench;
  await bench.request('POST', '/api/v1/namespaces', { metadata: { name: namespace } });
  await bench
    .request('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } })
    .catch((error: Error) => {
      if (!error.message.startsWith('409')) throw error;
    });
  if (objects === 0) return warmUp(bench);
  const body = (stage === 'filled' ? largePod : smallPod)('pod-{n}');
  await bench.load({
    method: 'POST',
    paths: [`/api/v1/namespaces/${namespace}/pods`],
    body,
    inFlight: 128,
    count: objects,
  });
  bench.objects = objects;
}

/** A server is measured as it is after its first seconds, when its code is compiled. */
async function warmUp(bench: Bench): Promise<void> {
  const spec = { method: 'POST', inFlight: 32, seconds: bench.quick ? 1 : 3 };
  await bench.load({
    ...spec,
    paths: [`/api/v1/namespaces/${bench.namespace}/configmaps`],
    body: configMap('warm-{n}'),
  });
  await bench.load({ ...spec, paths: [`/api/v1/namespaces/${bench.namespace}/pods`], body: smallPod('warm-{n}') });
}

/** What another server is left with: nothing of ours. */
async function cleanUp(bench: Bench): Promise<void> {
  const { namespace } = bench;
  for (const resource of ['pods', 'configmaps']) {
    await bench
      .request('DELETE', `/api/v1/namespaces/${namespace}/${resource}?gracePeriodSeconds=0`)
      .catch(() => undefined);
  }
  await bench.request('DELETE', `/api/v1/namespaces/${namespace}`).catch(() => undefined);
}

/** The body of the answer to one request, as text. Throws when the status is not 2xx. */
export async function request(
  endpoint: Endpoint,
  method: string,
  at: string,
  more: Record<string, string>,
  body?: unknown,
): Promise<string> {
  const session = await connect(endpoint);
  try {
    return await requestOn(session, endpoint, method, at, more, body);
  } finally {
    session.destroy();
  }
}

/** The same on a connection that is open already, whose making is not to be measured. */
export function requestOn(
  session: http2.ClientHttp2Session,
  endpoint: Endpoint,
  method: string,
  at: string,
  more: Record<string, string>,
  body?: unknown,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers: http2.OutgoingHttpHeaders = {
      ':method': method,
      ':path': at,
      accept: 'application/json',
      ...authorization(endpoint),
      ...more,
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const stream = session.request(headers, { endStream: body === undefined });
    const chunks: Buffer[] = [];
    let status = 0;
    stream.setTimeout(REQUEST_LIMIT, () => stream.destroy(new Error(`${method} ${at}: no answer`)));
    stream.on('response', (head) => (status = Number(head[':status'])));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      if (status >= 200 && status < 300) resolve(text);
      else reject(new Error(`${status} ${method} ${at}: ${text.slice(0, 300)}`));
    });
    if (body !== undefined) stream.end(JSON.stringify(body));
  });
}

/** The path of a watch of what comes from now on, without the state before it. */
export async function watchFromNow(endpoint: Endpoint, collection: string): Promise<string> {
  const { metadata } = JSON.parse(await request(endpoint, 'GET', `${collection}?limit=1`, {})) as {
    metadata: { resourceVersion: string };
  };
  return `${collection}?watch=1&resourceVersion=${metadata.resourceVersion}`;
}
