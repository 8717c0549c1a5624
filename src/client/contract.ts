import type { Binding, Eviction, Resources, Scale, SubjectAccessReview, TokenRequest } from '../../schema/types.ts';
import type { KubeObject, New, ObjectLike } from '../meta/object.ts';

/**
 * The client of the loops: GraphQL documents over one of two transports (MessagePort, graphql-transport-ws), which
 * nothing above can tell apart.
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
  variables?: Record<string, unknown> | undefined;
  /** act as this user (`system:serviceaccount:kube-system:…`), which the connection's own user must be allowed to impersonate */
  as?: { user: string; groups?: readonly string[] };
  /** field manager of writes */
  manager?: string | undefined;
}
export interface GraphQLResult {
  data?: Record<string, unknown> | null;
  errors?: readonly { message: string; extensions?: Record<string, unknown> }[];
}

/** The resources whose objects have a type: what is stored, and what is only answered. */
export interface TypedResources extends Resources {
  'subjectaccessreviews.authorization.k8s.io': SubjectAccessReview;
}
/** The subresources whose objects are not those of the resource. */
export interface TypedSubresources {
  binding: Binding;
  eviction: Eviction;
  scale: Scale;
  token: TokenRequest;
}
/**
 * What is behind the name of a resource: `pods` is Pod, `deployments.apps` is Deployment. A name that is known only at
 * run time, or that is a custom resource's, has what every object has.
 */
export type ObjectOf<R extends string, S extends string = ''> = S extends keyof TypedSubresources
  ? TypedSubresources[S]
  : R extends keyof TypedResources
    ? TypedResources[R]
    : KubeObject;

/**
 * Resources are named as in RBAC messages: `pods`, `deployments.apps`. Objects go as one JSON scalar, and come without
 * managedFields; an update that has none keeps those that there are. All throw StatusError.
 */
export interface Client {
  get<R extends string, S extends string = ''>(
    resource: R,
    namespace: string,
    name: string,
    subresource?: S,
  ): Promise<ObjectOf<R, S>>;
  list<R extends string>(resource: R, options?: ClientListOptions): Promise<ClientList<ObjectOf<R>>>;
  create<R extends string, S extends string = ''>(
    resource: R,
    object: New<ObjectOf<R, S>>,
    options?: { subresource?: S; name?: string },
  ): Promise<ObjectOf<R, S>>;
  /** replaces; `subresource` 'status' for status */
  update<R extends string, S extends string = ''>(
    resource: R,
    object: ObjectOf<R, S>,
    subresource?: S,
  ): Promise<ObjectOf<R, S>>;
  patch<R extends string>(
    resource: R,
    namespace: string,
    name: string,
    patch: unknown,
    options?: ClientPatchOptions,
  ): Promise<ObjectOf<R>>;
  delete(resource: string, namespace: string, name: string, options?: ClientDeleteOptions): Promise<void>;
  /** any document; throws StatusError made from the first error */
  query<T>(document: string, variables?: Record<string, unknown>): Promise<T>;
  /** Events as they come, initial state first; see Informer for a cache. Ends with an error that says why. */
  watch<R extends string>(
    resource: R,
    options: ClientWatchOptions,
  ): AsyncIterableIterator<ClientWatchEvent<ObjectOf<R>>[]>;
  /** All served resources, preferred versions (for the garbage collector and the namespace controller). */
  resources(): Promise<ClientResource[]>;
  /** the same connection acting as another user and field manager */
  as(user: string, manager?: string): Client;
}
export interface ClientList<T> {
  items: T[];
  resourceVersion: string;
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
export interface ClientWatchEvent<T extends ObjectLike = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** whole, with kind and apiVersion; for BOOKMARK only metadata.resourceVersion */
  object: T;
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
export interface Informer<T extends ObjectLike = KubeObject> {
  readonly resource: string;
  readonly synced: boolean;
  whenSynced(): Promise<void>;
  get(namespace: string, name: string): T | undefined;
  list(namespace?: string): T[];
  /** by an index that was added before start; [] for an unknown value */
  index(name: string, value: string): T[];
  addIndex(name: string, values: (object: T) => readonly string[]): void;
  /**
   * Tells at once of each object that there is, as added, and from then on of each change: nothing can come between.
   * `old` undefined: added; `object` undefined: deleted. Objects are shared and must not be changed. Returns the
   * unsubscriber.
   */
  follow(listener: (object: T | undefined, old: T | undefined) => void): () => void;
}
