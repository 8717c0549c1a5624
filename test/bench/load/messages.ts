import type { Endpoint } from '../../../src/client/kubeconfig.ts';

/** Requests alike, as many at once as said, for so many seconds or so many requests. */
export interface LoadSpec {
  endpoint: Endpoint;
  method: string;
  /**
   * Taken in turn. In paths and body `{n}` is the request's number (from `first`, modulo `modulo`), `{t}` the time in
   * ms, `{u}` six digits that differ from request to request, `{v}` the object's resourceVersion as the last answer for this number gave it (with `track`).
   */
  paths: readonly string[];
  body?: string;
  contentType?: string;
  inFlight: number;
  /** whichever comes first ends it; at most 600 s and 1,000,000 requests */
  seconds?: number;
  count?: number;
  /** requests a second; without it as many as the server answers */
  rate?: number;
  first?: number;
  modulo?: number;
  track?: boolean;
}

export interface LoadResult {
  done: number;
  errors: number;
  /** status and body of the first answer that was not 2xx */
  firstError?: string | undefined;
  seconds: number;
  /** requests a second */
  rate: number;
  /** ms */
  p50: number;
  p99: number;
  bytes: number;
}

/** Watches (HTTP/2 streams of JSON lines) or GraphQL subscriptions (graphql-transport-ws), opened at once. */
export interface StreamSpec {
  endpoint: Endpoint;
  kind: 'watch' | 'subscription';
  streams: number;
  /** connections that they share */
  connections: number;
  /** of a watch; of a subscription the path of the endpoint */
  path: string;
  /** of a subscription; several are taken in turn */
  document?: string | readonly string[];
  /** of subscriptions that begin with what there is: all have that before `act`, and it does not count as an event */
  beginsWithState?: boolean;
  /** events that each stream will see */
  expected: number;
  /** ms from the first event caused to giving up, at most 120,000 */
  timeout: number;
}

export interface StreamResult {
  deliveries: number;
  /** streams that ended before they had all events */
  cut: number;
  /** streams that were open at the end and had not all events */
  late: number;
  /** from `go` to the last event */
  seconds: number;
  /** ms from the request's sending to the event's arrival, of every tenth stream */
  p50: number;
  p99: number;
}

/** In path and body, `{n}` is the number of the request, `{t}` the time in ms, `{u}` six digits. */
export interface FloodRequest {
  method: string;
  path: string;
  token: string;
  body?: string;
  contentType?: string;
}

/** Requests that come whether the server answers or not; at most 60 s, 2,000 in flight, 64 connections. */
export interface FloodSpec {
  endpoint: Endpoint;
  /** taken in turn */
  requests: readonly FloodRequest[];
  /** a second; without it as many as are answered, `inFlight` at once */
  rate?: number;
  inFlight: number;
  connections: number;
  seconds: number;
}

export interface FloodResult {
  sent: number;
  /** by status: 2xx, 429, and all else, lost ones included */
  ok: number;
  refused: number;
  failed: number;
  /** of the refused, those with Retry-After */
  retryAfter: number;
  firstError?: string | undefined;
  seconds: number;
  /** ms, of the 2xx */
  p50: number;
  p99: number;
  /** 2xx by part of the run, `slice` ms each; holes are 0 */
  timeline: number[];
  slice: number;
}

export type Result = LoadResult | StreamResult | FloodResult;
export type Command =
  | { id: number; type: 'flood'; spec: FloodSpec }
  | { id: number; type: 'load'; spec: LoadSpec }
  | { id: number; type: 'streams'; spec: StreamSpec }
  | { id: number; type: 'go' };
export type Report =
  | { id: number; type: 'result'; result: Result }
  | { id: number; type: 'open' }
  | { id: number; type: 'failed'; error: string };
