import { connect } from '../load/connect.ts';
import { median } from '../load/percentile.ts';
import type { Bench, Row } from '../row.ts';
import { requestOn } from '../session.ts';

const LINES = 1_000_000;
/** Pods that write, and lines of one request: an agent's are as large. */
const PODS = 20;
const BATCH = 5_000;
/** Nodes that send at once, each for its own pods, one request after the other. */
const AGENTS = 4;
const QUESTIONS = 20;
const nodeOf = (agent: number): string => `bench-node-${agent}`;
/** The lines are of so many hours. */
const HOURS = 6;
const RARE = 'zanzibar';

const WRITE = `mutation Write($node: String!, $batches: JSON!) { writeLogs(node: $node, batches: $batches) }`;
const FIND = `query Find($where: LogWhere) { logs(where: $where, first: 100) { entries { time pod text } } }`;

type Ask = <T>(query: string, variables: object) => Promise<T>;

/** What agents of nodes send over GraphQL, into Postgres beside the API, and what is found in it then. */
const row: Row = {
  name: 'logs',
  title: `logs: a million lines of ${PODS} pods`,
  stage: 'empty',
  anyServer: false,
  quick: false,
  maxRuns: 1,
  measures: [
    { label: 'lines', unit: '/s', better: 'more', goal: 20_000 },
    { label: 'rare word', unit: 'ms', better: 'less', goal: 300 },
    { label: 'common word', unit: 'ms', better: 'less', goal: 300 },
    { label: "pod's last hour", unit: 'ms', better: 'less', goal: 100 },
  ],
  async run(bench) {
    const pods = await makePods(bench);
    const session = await connect(bench.endpoint);
    const ask: Ask = async (query, variables) => {
      const text = await requestOn(session, bench.endpoint, 'POST', '/graphql', {}, { query, variables });
      const { data, errors } = JSON.parse(text) as { data: never; errors?: { message: string }[] };
      if (errors) throw new Error(errors[0]?.message);
      return data;
    };
    try {
      const rate = await write(ask, pods, bench.namespace);
      const find = (where: object, least: number): Promise<number> =>
        timed(ask, { namespaces: [bench.namespace], ...where }, least);
      return [
        rate,
        await find({ text: RARE }, 1),
        await find({ text: 'request' }, 100),
        await find({ pods: [pods[3]?.name], since: '1h' }, 100),
      ];
    } finally {
      session.destroy();
    }
  },
};

interface Writer {
  name: string;
  uid: string;
}

async function makePods(bench: Bench): Promise<Writer[]> {
  const made: Writer[] = [];
  for (let n = 0; n < PODS; n++) {
    const nodeName = nodeOf(n % AGENTS);
    const spec = { nodeName, automountServiceAccountToken: false, containers: [{ name: 'c', image: 'x' }] };
    const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: `writer-${n}` }, spec };
    const path = `/api/v1/namespaces/${bench.namespace}/pods`;
    made.push((await bench.request<{ metadata: Writer }>('POST', path, body)).metadata);
  }
  return made;
}

/** Lines a second, from the first request to the last answer. */
async function write(ask: Ask, pods: readonly Writer[], namespace: string): Promise<number> {
  const rounds = LINES / BATCH / AGENTS;
  const first = (Date.now() - HOURS * 3_600_000) * 1000;
  const step = Math.floor((HOURS * 3_600_000_000) / LINES);
  const textOf = (n: number): string =>
    `level=${n % 50 === 0 ? 'error' : 'info'} msg="request ${n % 1000} is done" path=/api/v1/things/${n % 977} ms=${n % 83} ` +
    `client=10.1.${n % 250}.${n % 199} trace=${(n * 2654435761).toString(16)}${n === LINES / 2 ? ` ${RARE}` : ''} agent=bench/1.0`;
  const agent = async (a: number): Promise<void> => {
    const own = pods.filter((_, p) => p % AGENTS === a);
    for (let r = 0; r < rounds; r++) {
      const batches = own.map(({ name: pod, uid }, p) => ({
        namespace,
        pod,
        uid,
        container: 'c',
        attempt: 0,
        from: r === 0 ? '' : String(r),
        until: String(r + 1),
        lines: Array.from({ length: BATCH / own.length }, (_, i) => {
          const n = ((r * BATCH) / own.length + i) * PODS + p * AGENTS + a;
          return [first + n * step, 'o', textOf(n)];
        }),
      }));
      const { writeLogs } = await ask<{ writeLogs: { written: boolean } }>(WRITE, { node: nodeOf(a), batches });
      if (!writeLogs.written) throw new Error('lines were not taken');
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: AGENTS }, (_, a) => agent(a)));
  return LINES / ((performance.now() - began) / 1000);
}

/** ms, the median of some questions. Throws where less is found than there must be. */
async function timed(ask: Ask, where: object, least: number): Promise<number> {
  const times: number[] = [];
  for (let n = 0; n < QUESTIONS; n++) {
    const began = performance.now();
    const { logs } = await ask<{ logs: { entries: unknown[] } }>(FIND, { where });
    times.push(performance.now() - began);
    if (logs.entries.length < least) throw new Error(`${logs.entries.length} lines found of ${least}`);
  }
  return median(times);
}

export const LOGS: readonly Row[] = [row];
