import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Api, Attributes } from '../api/contract.ts';
import type { FrontProxyAgents } from './aggregation/front-proxy-agents.ts';
import type { RemoteApis } from './aggregation/remote-apis.ts';
import type { Discovery } from './discovery/discovery.ts';
import type { Exchange } from './exchange.ts';
import type { Metrics } from './health/metrics.ts';
import type { Profiling } from './health/profiling.ts';
import type { Identifier } from './identify.ts';
import type { OpenApi } from './openapi/openapi.ts';
import type { Pages, SessionContext } from './pages/pages.ts';
import type { NodeDialer } from './streams/dial.ts';
import type { RequestTracer } from './tracing.ts';
import type { WatchCounter } from './watching/serve.ts';
import type { Shares } from './watching/shares.ts';

/** The GraphQL façade, as far as this port serves it. */
export interface GraphQLHandler {
  handler(req: IncomingMessage, res: ServerResponse, context: SessionContext): Promise<void> | void;
  onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer, context: SessionContext): void;
}

/** Who issues service account tokens, for clients that verify them on their own. */
export interface TokenIssuer {
  readonly issuer?: string;
  jwks?(): { keys: unknown[] };
}

export interface VersionInfo {
  gitVersion: string;
  gitCommit: string;
  buildDate: string;
}

/** Decides when a request may run; the returned function frees its seats and may be called more than once. */
export interface Fairness {
  admit(exchange: Exchange, attributes: Attributes): Promise<() => void>;
  close(): void;
}

/** What serving a request needs. Made once per server. */
export interface Services {
  api: Api & TokenIssuer;
  identifier: Identifier;
  discovery: Discovery;
  openapi: OpenApi;
  metrics: Metrics;
  dialer: NodeDialer;
  frontProxy: FrontProxyAgents;
  remote: RemoteApis;
  /** the health of key management services; undefined where none are used */
  keyManagement: (() => Promise<boolean>) | undefined;
  graphql: GraphQLHandler | undefined;
  /** without it only operations are served */
  pages: Pages | undefined;
  fairness: Fairness | undefined;
  watches: WatchCounter;
  shares: Shares;
  /** undefined: nobody may ask for profiles */
  profiling: Profiling | undefined;
  /** undefined: nothing is traced */
  tracer: RequestTracer | undefined;
  version: VersionInfo;
  /** false while the server stops: /readyz tells */
  ready(): boolean;
  /** ms since the epoch */
  now(): number;
  log(line: string): void;
}
