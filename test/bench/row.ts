import type { Endpoint } from '../../src/client/kubeconfig.ts';
import type { LoadResult, LoadSpec, StreamResult, StreamSpec } from './load/messages.ts';
import type { BenchServer } from './server.ts';

/** One number of a row: what it is, what it should be, and what kube-apiserver 1.35 with etcd had on such a machine. */
export interface Measure {
  unit: '/s' | 'ms' | 's' | 'MB' | '%' | 'cut';
  better: 'more' | 'less';
  goal: number;
  reference?: number | undefined;
  /** told from the row's other numbers by this */
  label?: string;
}

/** The server that a row wants: an empty one, or one that holds the objects (`crowded`: 50,000; `large`: 150,000). */
export const STAGES = ['empty', 'filled', 'crowded', 'large'] as const;
export type Stage = (typeof STAGES)[number];

/** One line of the table. `run` returns a number for each of its measures. */
export interface Row {
  name: string;
  title: string;
  measures: readonly Measure[];
  stage: Stage;
  /** needs only the Kubernetes API, so it can be measured on another server too */
  anyServer: boolean;
  /** part of the quick check */
  quick: boolean;
  /** at most so many runs, for rows that are long or leave something behind */
  maxRuns?: number;
  run(bench: Bench): Promise<number[]>;
}

/** What a row works with. */
export interface Bench {
  endpoint: Endpoint;
  /** our own server; undefined with --against */
  server: BenchServer | undefined;
  namespace: string;
  /** pods in `namespace`, named `pod-0` and so on; 0 in the stage `empty` */
  objects: number;
  seconds: number;
  quick: boolean;
  load(spec: Omit<LoadSpec, 'endpoint'>): Promise<LoadResult>;
  /** Opens streams, calls `act` when all are open, and waits for what it caused to arrive. */
  streams(spec: Omit<StreamSpec, 'endpoint'>, act: () => Promise<unknown>): Promise<StreamResult>;
  /** One request; throws when the status is not 2xx. */
  request<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>;
  /** The body of one GET as text, whatever its type, with these headers. Throws when the status is not 2xx. */
  text(path: string, headers?: Record<string, string>): Promise<string>;
  /** CPU that server and Postgres have used for one request of the last load, ms; 0 for another server */
  readonly cost: number;
  /** a name part that was not used before */
  unique(): string;
}
