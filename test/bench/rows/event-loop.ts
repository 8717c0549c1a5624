import type { Bench, Row } from '../row.ts';

/** ms that anything else may have to wait for, whatever one client asks */
const GOAL = 50;

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const METADATA = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
type Headers = Record<string, string>;

/** Every form in which a whole collection can be had, and the ways to select of it. */
const LISTS: readonly [query: string, headers: Headers][] = [
  ['', {}],
  ['', { 'accept-encoding': 'gzip' }],
  ['?pretty=true', {}],
  ['', { accept: TABLE }],
  ['', { accept: METADATA }],
  ['', { accept: PROTOBUF }],
  // a document takes milliseconds: all 50,000 would take minutes
  ['?limit=2000', { accept: 'application/yaml' }],
  ['?limit=500', {}],
  ['?labelSelector=number!%3Dn1,tier%3Dweb', {}],
  ['?labelSelector=number%3Dn49999', {}],
  ['?fieldSelector=status.phase%3DPending,spec.nodeName%3D', {}],
];

/** ms that the server's loop was late at most while `act` ran, as the server itself measures it (perf_hooks). */
async function latest(bench: Bench, act: () => Promise<unknown>): Promise<number> {
  const read = async () =>
    Number(/^ku7s_event_loop_delay_max_seconds (\S+)$/m.exec(await bench.text('/metrics', { accept: '*/*' }))?.[1]);
  await read();
  await act();
  return (await read()) * 1000;
}

/** The worst of all, and on the error stream which one took how long. */
async function worst(bench: Bench, acts: readonly [name: string, act: () => Promise<unknown>][]): Promise<number> {
  let most = 0;
  for (const [name, act] of acts) {
    const ms = await latest(bench, act);
    process.stderr.write(`    ${ms.toFixed(1).padStart(6)} ms  ${name}\n`);
    most = Math.max(most, ms);
  }
  return most;
}

const common = {
  stage: 'crowded',
  anyServer: false,
  quick: false,
  maxRuns: 1,
  measures: [{ unit: 'ms', better: 'less', goal: GOAL }],
} as const;
const pods = (bench: Bench) => `/api/v1/namespaces/${bench.namespace}/pods`;

const lists: Row = {
  ...common,
  name: 'event-loop-lists',
  title: 'event loop late at most, during lists of 50,000 pods in all forms',
  run: (bench) =>
    worst(
      bench,
      LISTS.map(([query, headers]) => [
        `list${query} ${headers.accept ?? headers['accept-encoding'] ?? ''}`,
        () => bench.text(pods(bench) + query, headers),
      ]),
    ).then((ms) => [ms]),
};

const watches: Row = {
  ...common,
  name: 'event-loop-watches',
  title: 'event loop late at most, during watches that begin with 50,000 pods',
  run: (bench) =>
    worst(
      bench,
      ['application/json', TABLE, PROTOBUF, METADATA.replace('MetadataList', 'Metadata')].map((accept) => [
        `watch ${accept}`,
        () =>
          bench.text(
            `${pods(bench)}?watch=1&timeoutSeconds=8&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
            { accept },
          ),
      ]),
    ).then((ms) => [ms]),
};

export const EVENT_LOOP: readonly Row[] = [lists, watches];
