import type { Client, Informer, ObjectOf } from '../client/contract.ts';
import type { Resources } from '../../schema/types.ts';
import type { KubeObject, ObjectLike } from '../meta/object.ts';
import type { Clock } from '../rules/clock.ts';

/** `namespace/name`, or `name` in cluster scope. */
export type Key = string;

/**
 * A controller: level-triggered and idempotent; it holds no state that a restart would miss. What it watches makes
 * keys; each key is worked on by one worker at a time, and again after a change that came meanwhile.
 */
export interface Reconciler {
  /** `deployment`: also the name of its service account (`deployment-controller`), its field manager and its event source */
  name: string;
  /** service account in kube-system where it is not `NAME-controller` (the bootstrap roles name some otherwise) */
  account?: string;
  /** component of its events where it is not the account's name */
  source?: string;
  /** of events of events.k8s.io/v1, what was done, by their reason; without it events are of core/v1 */
  action?(reason: string): string;
  watches: readonly Watch[];
  /** keys worked on at once; 5 when not said */
  workers?: number;
  /** An error requeues with back-off (5 ms doubling to 1000 s); `requeueAfter` in ms. */
  reconcile(key: Key, ctx: Context): Promise<{ requeueAfter?: number } | void>;
  /** Called once when its caches are filled: for what runs by the clock rather than by a change (use ctx.enqueueAfter). */
  start?(ctx: Context): void;
  /** indexes that it needs, by resource; added before the informers start */
  indexes?: Indexes;
}

/**
 * What makes keys when it changes: `{ resource: 'pods', keys: (pod, old, ctx) => … }`, where pods are of type Pod. A custom
 * resource, or one whose name is known only at run time, is `{ custom: 'widgets.example.com', … }`.
 */
export type Watch =
  | { [R in keyof Resources]: { resource: R; custom?: never } & Keys<ObjectOf<R>> }[keyof Resources]
  | ({ custom: string; resource?: never } & Keys<KubeObject>);

export interface Keys<T> {
  /** keys to look at when this object changed; its own key when not given. `old`/`object` as in Informer.onChange. */
  keys?(object: T | undefined, old: T | undefined, ctx: Context): Iterable<Key>;
}

/** By resource and name of the index: the values under which an object is found. */
export type Indexes = { readonly [R in keyof Resources]?: IndexesOf<ObjectOf<R>> };
export type IndexesOf<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

export interface Context {
  client: Client;
  /** shared between all controllers of the process; synced before the first reconcile */
  informer<R extends string>(resource: R): Informer<ObjectOf<R>>;
  events: EventRecorder;
  clock: Clock;
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  /** looks at the key again after so many ms */
  enqueueAfter(key: Key, ms: number): void;
  signal: AbortSignal;
}

export interface EventRecorder {
  /** type Normal or Warning. Identical events are counted, not repeated; sending is bounded and never fails the caller. */
  event(about: EventSubject, type: 'Normal' | 'Warning', reason: string, message: string, related?: EventSubject): void;
}
/** What an event is about: an object, or as much as is known of it. */
export interface EventSubject extends Pick<ObjectLike, 'apiVersion' | 'kind'> {
  metadata: Pick<ObjectLike['metadata'], 'name' | 'namespace' | 'uid'> & { resourceVersion?: string };
}
