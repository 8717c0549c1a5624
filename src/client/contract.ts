import type { KubeObject } from '../meta/object.ts';

/**
 * The client of the loops: GraphQL documents over one of three transports (same thread, MessagePort,
 * graphql-transport-ws), which nothing above can tell apart.
 */
export interface Transport {
  /** Rejects only when the server cannot be reached; GraphQL errors are in the result. */
  execute(request: GraphQLRequest): Promise<GraphQLResult>;
  /** Ends normally when the server completes; throws when the connection is lost. `return()` unsubscribes. */
  subscribe(request: GraphQLRequest): AsyncIterableIterator<GraphQLResult>;
  close(): Promise<void>;
}
export interface GraphQLRequest {
  query: string;
  variables?: Record<string, unknown>;
  /** act as this user (`system:serviceaccount:kube-system:…`), which the connection's own user must be allowed to impersonate */
  as?: { user: string; groups?: readonly string[] };
  /** field manager of writes */
  manager?: string;
}
export interface GraphQLResult {
  data?: Record<string, unknown> | null;
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[];
}

/**
 * Resources are named as in RBAC messages: `pods`, `deployments.apps`. Objects go as one JSON scalar, and come without
 * managedFields; an update that has none keeps those that there are. All throw StatusError.
 */
export interface Client {
  /** `subresource`: `scale` for one */
  get<T = KubeObject>(resource: string, namespace: string, name: string, subresource?: string): Promise<T>;
  list<T = KubeObject>(resource: string, options?: ClientListOptions): Promise<{ items: T[]; resourceVersion: string }>;
  create<T = KubeObject>(resource: string, object: T, options?: { subresource?: string; name?: string }): Promise<T>;
  /** replaces; `subresource` 'status' for status */
  update<T = KubeObject>(resource: string, object: T, subresource?: string): Promise<T>;
  patch<T = KubeObject>(
    resource: string,
    namespace: string,
    name: string,
    patch: unknown,
    options?: ClientPatchOptions,
  ): Promise<T>;
  delete(resource: string, namespace: string, name: string, options?: ClientDeleteOptions): Promise<void>;
  /** any document; throws StatusError made from the first error */
  query<T>(document: string, variables?: Record<string, unknown>): Promise<T>;
  /** Events as they come, initial state first; see Informer for a cache. Ends with an error that says why. */
  watch(resource: string, options: ClientWatchOptions): AsyncIterableIterator<ClientWatchEvent[]>;
  /** All served resources, preferred versions (for the garbage collector and the namespace controller). */
  resources(): Promise<ClientResource[]>;
  /** the same connection acting as another user and field manager */
  as(user: string, manager?: string): Client;
}
export interface ClientResource {
  /** `pods`, `deployments.apps` */
  resource: string;
  group: string;
  version: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
}
export interface ClientListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}
export interface ClientWatchOptions extends ClientListOptions {
  /** '' : send the state first, then what follows */
  resourceVersion?: string;
}
export interface ClientWatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** whole, with kind and apiVersion; for BOOKMARK only metadata.resourceVersion */
  object: KubeObject;
  /** on the bookmark that ends the initial state */
  initialEventsEnd?: boolean;
}
export interface ClientPatchOptions {
  type?: 'merge' | 'json' | 'strategic' | 'apply';
  subresource?: string;
  fieldManager?: string;
  force?: boolean;
}
export interface ClientDeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground';
  uid?: string;
  resourceVersion?: string;
}

/** A cache of one resource, filled by a subscription, resumed after a lost connection without losing an event. */
export interface Informer<T = KubeObject> {
  readonly resource: string;
  readonly synced: boolean;
  whenSynced(): Promise<void>;
  get(namespace: string, name: string): T | undefined;
  list(namespace?: string): T[];
  /** by an index that was added before start; [] for an unknown value */
  index(name: string, value: string): T[];
  addIndex(name: string, values: (object: T) => readonly string[]): void;
  /** `old` undefined: added; `object` undefined: deleted. Objects are shared and must not be changed. Returns the unsubscriber. */
  onChange(listener: (object: T | undefined, old: T | undefined) => void): () => void;
}
