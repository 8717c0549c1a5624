import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { smallPod } from '../fixtures.ts';
import { Generators } from '../load/generators.ts';
import type { FloodRequest, FloodResult, FloodSpec, StreamResult } from '../load/messages.ts';
import type { BenchOptions } from '../options.ts';
import { memoryOf } from '../processes.ts';
import { startServer, type BenchServer } from '../server.ts';
import { watchFromNow } from '../session.ts';
import { CONTROLLER, NAMESPACE, NODES, NOISY, QUIET, TOKENS, leaseOf, nodeToken, settle } from './people.ts';
import { overloadTable, type Overload } from './table.ts';

/** Of the rate that the server can sustain. */
const TIMES = 10;
/** In flight at most, over so many connections: more than the bounded queues can hold. */
const IN_FLIGHT = 2_000;
const CONNECTIONS = 40;
/** In flight where the sustained rate is measured. */
const SUSTAINED = 64;
const SECONDS = { sustained: 4, rest: 15, graphql: 12, recovery: 8 };
/** a second: renewals of all nodes together (four times what 200 nodes do), lists, reads */
const RATES = { leases: 80, lists: 2, gets: 20 };
const WATCHERS = 10;
/** ms between two looks at the server's memory */
const MEMORY_EVERY = 250;

const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** Nine creates of pods and a list of 500 in turn. */
const restRequests = (name: string): FloodRequest[] => [
  ...Array.from({ length: 9 }, () => ({ method: 'POST', path: PODS, token: NOISY, body: smallPod(`${name}-{n}`) })),
  { method: 'GET', path: `${PODS}?limit=500`, token: NOISY },
];
const QUERY = `query Pods($namespace: String) { pods(namespace: $namespace, first: 100) { items {
  metadata { name namespace uid resourceVersion creationTimestamp generation } spec { nodeName restartPolicy schedulerName } status { phase } } } }`;
const graphqlRequests = (): FloodRequest[] => [
  {
    method: 'POST',
    path: '/graphql',
    token: NOISY,
    body: JSON.stringify({ query: QUERY, variables: { namespace: NAMESPACE } }),
  },
];

/** Ten times the load that the server can serve, over REST and over GraphQL. @returns the exit code: 1 when a goal is missed */
export async function runOverload(root: string, options: BenchOptions, say: (line: string) => void): Promise<number> {
  const server = await startServer(root, options.profile, { tokens: TOKENS });
  const generators = new Generators(path.join(root, 'dist/bench/generator.js'));
  const interrupted = () => void server.remove().finally(() => process.exit(1));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    await settle(server.endpoint);
    await generators.load({
      endpoint: server.endpoint,
      method: 'POST',
      paths: [PODS],
      body: smallPod('pod-{n}'),
      inFlight: 128,
      count: options.objects,
    });
    const results = [
      await overload(server, generators, 'REST', restRequests, SECONDS.rest),
      await overload(server, generators, 'GraphQL', graphqlRequests, SECONDS.graphql),
    ];
    const { text, reached } = overloadTable(results);
    const out = path.join(root, 'test/bench/out');
    mkdirSync(out, { recursive: true });
    writeFileSync(path.join(out, 'overload.json'), `${JSON.stringify(results, null, 2)}\n`);
    say(text);
    return Number(!reached);
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    generators.close();
    await server.remove();
  }
}

async function overload(
  server: BenchServer,
  generators: Generators,
  facade: string,
  requestsOf: (name: string) => FloodRequest[],
  seconds: number,
): Promise<Overload> {
  const prefix = `${facade.toLowerCase()}-${Date.now().toString(36)}`;
  const flood = (who: string, spec: Omit<FloodSpec, 'endpoint'>): Promise<FloodResult> =>
    generators.flood(who, { endpoint: server.endpoint, ...spec });
  const sustain = (name: string, length: number) =>
    flood('probe', { requests: requestsOf(`${prefix}-${name}`), inFlight: SUSTAINED, connections: 8, seconds: length });
  const before = await sustain('before', SECONDS.sustained);
  // the first second is for warming up
  const sustained = rate(before, 1000);
  process.stderr.write(`${facade}: ${Math.round(sustained)}/s sustained\n`);
  const memory = watchMemory(server.pid);
  const noisy = flood('noisy', {
    requests: requestsOf(`${prefix}-flood`),
    rate: sustained * TIMES,
    inFlight: IN_FLIGHT,
    connections: CONNECTIONS,
    seconds,
  });
  const others = besides(flood, server, generators, seconds);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const after = await sustain('after', SECONDS.recovery);
  return {
    facade,
    sustained,
    offered: TIMES * sustained,
    noisy: await noisy,
    ...(await others),
    recovery: recovery(after, sustained * 0.9),
    memory: memory(),
  };
}

/** Those who must not notice. */
async function besides(
  flood: (who: string, spec: Omit<FloodSpec, 'endpoint'>) => Promise<FloodResult>,
  server: BenchServer,
  generators: Generators,
  seconds: number,
) {
  const renewals = Array.from({ length: NODES }, (_, n): FloodRequest => ({
    method: 'PATCH',
    path: `${LEASES}/node-${n}`,
    token: nodeToken(n),
    body: leaseOf(n),
    contentType: 'application/merge-patch+json',
  }));
  const list: FloodRequest = { method: 'GET', path: `${LEASES}?limit=500`, token: CONTROLLER };
  const get: FloodRequest = { method: 'GET', path: `${PODS}/pod-1`, token: QUIET };
  const watch = {
    kind: 'watch',
    streams: WATCHERS,
    connections: 2,
    path: await watchFromNow(server.endpoint, LEASES),
    expected: RATES.leases * seconds,
    timeout: (seconds + 2) * 1000,
  } as const;
  let leases!: Promise<FloodResult>;
  const streams: Promise<StreamResult> = generators.streams(
    { endpoint: { ...server.endpoint, token: CONTROLLER }, ...watch },
    () => {
      leases = flood('nodes', { requests: renewals, rate: RATES.leases, inFlight: 500, connections: 20, seconds });
      return leases;
    },
  );
  const [watches, lists, gets] = await Promise.all([
    streams,
    flood('controller', { requests: [list], rate: RATES.lists, inFlight: 50, connections: 1, seconds }),
    flood('quiet', { requests: [get], rate: RATES.gets, inFlight: 100, connections: 1, seconds }),
  ]);
  return { leases: await leases, lists, gets, watches };
}

/** 2xx a second after the first `skip` ms */
function rate({ timeline, slice, seconds }: FloodResult, skip: number): number {
  let sum = 0;
  for (let n = Math.ceil(skip / slice); n < timeline.length; n++) sum += timeline[n] ?? 0;
  return sum / (seconds - skip / 1000);
}

/** Seconds from the end of the overload until `wanted` a second were answered for half a second; undefined: not within the measurement. */
function recovery({ timeline, slice }: FloodResult, wanted: number): number | undefined {
  for (let n = 1; n < timeline.length; n++) {
    const now = (((timeline[n - 1] ?? 0) + (timeline[n] ?? 0)) * 1000) / (2 * slice);
    if (now >= wanted) return ((n + 1) * slice) / 1000;
  }
  return undefined;
}

/** MB of the server; the result ends the watching. */
function watchMemory(pid: number): () => Overload['memory'] {
  const before = memoryOf(pid).server;
  let peak = before;
  const timer = setInterval(() => (peak = Math.max(peak, memoryOf(pid).server)), MEMORY_EVERY);
  return () => {
    clearInterval(timer);
    return { before, peak, after: memoryOf(pid).server };
  };
}
