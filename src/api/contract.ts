import type { BodyBytes } from '../rules/http/request-body.ts';
import type { Json, KubeObject } from '../meta/object.ts';
import type { FieldTerm } from '../meta/fields.ts';
import type { Status, StatusError } from '../meta/status.ts';
import type { Kind, Registry } from '../kinds/kind.ts';
import type { Having, Key, Store, Stored } from '../store/contract.ts';
import type { AuditEvent, Origin } from './audit/contract.ts';
import type { LogFilter, LogPage, LogPageOptions, LogSink, SentAnswer, SentBatch } from './logs/contract.ts';
import type { ChangeFilter, ChangePage, ChangePageOptions, Undone, UndoRefusal, Within } from './history/contract.ts';

/**
 * The API as both façades see it. rest/ and resolvers/ turn their requests into these calls and the answers into
 * bytes; nothing else stands between them and the rules.
 */
export interface User {
  name: string;
  uid?: string | undefined;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What a caller has shown, for what outlives the request: a watch, a subscription, a session in a container. */
export interface Credential {
  /**
   * Whom it stands for now, by the same rules as at first; undefined once it is expired, revoked or unknown. Throws 401
   * for the same, and 403 where it may no more act for whom it acts.
   */
  recheck(): Promise<User | undefined>;
  /** ms since the epoch at which it ends by itself, where it says so */
  readonly until?: number | undefined;
  /** objects of the store that it ends with, where it names some */
  readonly bound?: readonly Key[] | undefined;
  /** of its token, where it is one (token-digest.ts) */
  readonly digest?: string | undefined;
}

/** The trace of a request that is sampled. */
export interface Trace {
  /** Begins a part of it. @returns what ends the part, with the error if it ended in one */
  begin(name: string, attributes?: Readonly<Record<string, string | number>>): (error?: unknown) => void;
}

export interface RequestContext {
  user: User;
  /** undefined: the program's own loops, which nobody sends away */
  credential?: Credential | undefined;
  /** default field manager: the part of the User-Agent before the first '/', `unknown` where there is none */
  agent: string;
  /** collects Warning headers; the façade prints them, at most once each */
  warn(text: string): void;
  /** aborted when the client is gone */
  signal?: AbortSignal | undefined;
  /** set when the caller acts through impersonation: who it really is */
  impersonator?: User | undefined;
  /** undefined: a caller in this process */
  origin?: Origin | undefined;
  /** the façade of a caller from outside; REST when not said */
  readonly facade?: 'graphql' | undefined;
  /** names what the request writes, where that is more than one write of one object (history/change-set.ts) */
  readonly changeSet?: string | undefined;
  /** undefined: it is not sampled */
  readonly trace?: Trace | undefined;
  /** what the audit log is told of the request; undefined: each call is an event of its own (GraphQL) */
  readonly audit?: AuditEvent | undefined;
}

/** What a request is about. `namespace` '' is cluster scope or all namespaces; `name` '' is the collection. */
export interface Target {
  kind: Kind;
  namespace: string;
  name: string;
  /** '' for the object itself */
  subresource: string;
}

/** An object as it came in: bytes with their media type (decoded, checked and warned about by the pipeline), or parsed. */
export type Body = { bytes: Buffer; contentType: string } | { object: KubeObject };

/** A patch as it came in, or parsed. */
export type PatchInput = { bytes: Buffer } | { value: Json };

export interface WriteOptions {
  dryRun?: readonly string[] | undefined;
  fieldManager?: string | undefined;
  fieldValidation?: string | undefined;
}
export interface PatchOptions extends WriteOptions {
  force?: boolean | undefined;
}

export interface DeleteOptions {
  dryRun?: readonly string[] | undefined;
  gracePeriodSeconds?: number | undefined;
  orphanDependents?: boolean | undefined;
  propagationPolicy?: string | undefined;
  preconditions?: { uid?: string | undefined; resourceVersion?: string | undefined } | undefined;
  ignoreStoreReadErrorWithClusterBreakingPotential?: boolean | undefined;
}
/** Query parameters of a get. */
export type ReadOptions = Pick<ListOptions, 'resourceVersion'>;
/** Query parameters of lists and watches as they came; the api checks them. */
export interface ListOptions {
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  resourceVersion?: string | undefined;
  resourceVersionMatch?: string | undefined;
  limit?: number | undefined;
  continue?: string | undefined;
  /** a façade's hint: it is interested in no others than those that have this, and does not mind them */
  having?: Having | undefined;
  /** extension: as it was at a revision, as far as history reaches back; pages go on there with the same */
  asOf?: number | undefined;
}
export interface WatchOptions extends ListOptions {
  allowWatchBookmarks?: boolean | undefined;
  sendInitialEvents?: boolean | undefined;
  timeoutSeconds?: number | undefined;
}

/** The kept lines of containers, events and audit (logs/logs.ts). */
export interface LogsApi {
  /** What an agent has read on its node. Throws 400, 403, 429. */
  write(ctx: RequestContext, node: string, batches: readonly SentBatch[]): Promise<SentAnswer>;
  /** Newest first, what the caller may read; the rest is left out. Throws 400, 403. */
  search(ctx: RequestContext, filter: LogFilter, page: LogPageOptions): Promise<LogPage>;
  /** The same as they come. The returned function ends it. */
  follow(ctx: RequestContext, filter: LogFilter, sink: LogSink): Promise<() => void>;
}

/** One write of a bundle: the verb that would do it alone, with what that is given. */
export type BundleStep = { target: Target } & (
  | { verb: 'create' | 'update'; body: Body; options?: WriteOptions }
  | { verb: 'apply'; body: PatchInput; options?: PatchOptions }
  | { verb: 'patch'; patchType: string; body: PatchInput; options?: PatchOptions }
  | { verb: 'delete'; options?: DeleteOptions }
);

/** What a step of a bundle did, or would have done. */
export interface StepAnswer {
  /** the object before the step, in the target's version; undefined where there was none */
  before: ObjectAnswer | undefined;
  /** and after it; undefined where there is none any more. `before` itself where the step changed nothing. */
  after: ObjectAnswer | undefined;
  /** what the verb answers alone; undefined where it is refused */
  answer: Answer | undefined;
  refusal: StatusError | undefined;
  warnings: readonly string[];
}

export interface BundleAnswer {
  /** of what was written, in one transaction; undefined where nothing was: a refusal, a dry run, nothing to change */
  revisions: { first: number; last: number } | undefined;
  /** whether a step was refused, so that none is done */
  refused: boolean;
  /** one for each step, in their order */
  steps: readonly StepAnswer[];
}

/** What takes back all that was done to one object. */
export interface Undoing {
  key: Key;
  kind: Kind;
  step: BundleStep;
}
export interface UndoAnswer {
  /** why it is not done; nothing is written then */
  refusals: readonly UndoRefusal[];
  /** what takes the place of what was done, the newest first */
  steps: readonly Undoing[];
  /** undefined where it was refused before it was tried, or nothing is left to do */
  bundle: BundleAnswer | undefined;
  /** by which it is undone; undefined where nothing was written */
  changeSet: string | undefined;
}

/** What one object's verbs answer: it, or what became of it. */
export type Answer = ObjectAnswer | StatusAnswer;

/** One object in an answer. `stored` when it is an object of the store at a revision, so its bytes can be used as they are. */
export interface ObjectAnswer {
  /** HTTP status: 200, 201, 202 */
  code: number;
  stored?: Stored;
  /** kind, in whose version the façade encodes it */
  kind: Kind | undefined;
  /** whole object of `kind`'s version, with kind and apiVersion; for `stored` made at the first use. Frozen. */
  readonly object: KubeObject;
}
export interface StatusAnswer {
  code: number;
  stored?: undefined;
  kind: undefined;
  readonly object: Status;
}

export interface ListAnswer {
  kind: Kind;
  items: readonly Stored[];
  revision: number;
  continue?: string;
  remainingItemCount?: number;
}

/** A watch event that has passed selectors: `type` is what this watcher sees. */
export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  stored: Stored;
  /** the state before, as StoreEvent has it; it may not have matched */
  previous?: Stored | undefined;
}

export interface WatchSink {
  /** what is there at first, each as ADDED, for who needs no event of each at once; it is onEvents' without this */
  onInitial?(items: readonly Stored[]): void;
  onEvents(events: readonly WatchEvent[]): void;
  /** `initialEventsEnd`: the bookmark that ends sendInitialEvents */
  onBookmark(revision: number, initialEventsEnd: boolean): void;
  /** everything up to and including `revision` has been delivered: when the watch has caught up, and each second or so */
  onProgress?(revision: number): void;
  /**
   * Over: by timeout (no error), or with the Status that becomes the ERROR event. After a 401 or 403 the caller may not
   * see what still waits to be sent.
   */
  onEnd(error?: Error): void;
}

/** Numbers of the audit log of this process. */
export interface AuditCounts {
  /** events that were made */
  readonly events: number;
  /** requests, by the level that the policy gives them */
  readonly levels: ReadonlyMap<string, number>;
  /** events that did not arrive, by where they were lost */
  readonly errors: ReadonlyMap<string, number>;
}

/** Records requests as a policy says (https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/). */
export interface Auditor {
  /** false: nothing is recorded */
  readonly enabled: boolean;
  readonly counts: AuditCounts;
  /**
   * A request has come. @param user who it is from, before impersonation; undefined: nobody who was let in
   * @param origin asked only where the request is recorded
   */
  begin(user: User | undefined, attributes: Attributes, origin: () => Origin): AuditEvent;
  close(): Promise<void>;
}

/** What is read of an API that another server answers for. */
export interface RemotePlace {
  group: string;
  /** '' is the preferred one */
  version: string;
  resource: string;
  namespace: string;
  /** '' is the collection */
  name: string;
  subresource?: string;
  query: Readonly<Record<string, string>>;
}

/** Reads of API servers beside this one, in the name of a user who has been authorised for it. */
export interface RemoteReader {
  /** The object or list; undefined where nobody serves the group and version. Throws StatusError. */
  read(user: User, place: RemotePlace): Promise<unknown>;
}

/** What a façade cannot serve of a definition's kinds. */
export interface DefinitionFault {
  /** why, as a condition has it: `SchemaNotBuilt` */
  reason: string;
  message: string;
}

export interface Api {
  readonly registry: Registry;
  readonly store: Store;
  readonly auditor: Auditor;
  /** undefined: lines are not kept */
  readonly logs: LogsApi | undefined;
  /** set by the façade that knows how to reach them */
  remote?: RemoteReader | undefined;

  /**
   * Objects that were read from `store`, of a kind that has a conversion webhook, in its version or in another
   * (`example.com/v1`); in their order. Whoever asks has authorised the caller. Throws 500 where the webhook fails.
   */
  converted(kind: Kind, items: readonly Stored[], apiVersion?: string): Promise<readonly Stored[]>;

  /** All throw StatusError. Each authorises the caller, for its verb on its target. */
  get(ctx: RequestContext, target: Target, options: ReadOptions): Promise<ObjectAnswer>;
  list(ctx: RequestContext, target: Target, options: ListOptions): Promise<ListAnswer>;
  /** Resolves when the watch has started (or throws what the request answers); the returned function ends it. */
  watch(ctx: RequestContext, target: Target, options: WatchOptions, sink: WatchSink): Promise<() => void>;
  create(ctx: RequestContext, target: Target, body: Body, options: WriteOptions): Promise<Answer>;
  update(ctx: RequestContext, target: Target, body: Body, options: WriteOptions): Promise<ObjectAnswer>;
  patch(
    ctx: RequestContext,
    target: Target,
    patchType: string,
    patch: PatchInput,
    options: PatchOptions,
  ): Promise<ObjectAnswer>;
  delete(ctx: RequestContext, target: Target, options: DeleteOptions): Promise<Answer>;
  deleteCollection(ctx: RequestContext, target: Target, list: ListOptions, options: DeleteOptions): Promise<ListAnswer>;

  /**
   * Many writes in one transaction: all of them or none. Each goes the way of a single one (authorised, admitted,
   * validated, counted by quotas) and sees what those before it have written. What `options` says holds for each step
   * that does not say otherwise; a dry run is one of the whole. Refusals of steps are in the answer. Throws 400 and 413
   * for a bundle that is none, 409 where others kept changing its objects.
   */
  bundle(ctx: RequestContext, steps: readonly BundleStep[], options: WriteOptions): Promise<BundleAnswer>;

  /** What happened to one object, newest first, also to one that is gone: for who may get it. Throws 403. */
  history(ctx: RequestContext, target: Target, filter: ChangeFilter, page: ChangePageOptions): Promise<ChangePage>;
  /** What happened where the caller may list, newest first; the rest is left out as if it were not there. */
  changes(ctx: RequestContext, within: Within, filter: ChangeFilter, page: ChangePageOptions): Promise<ChangePage>;
  /**
   * Takes changes back, all or none of them, in one transaction. Refused, with reasons, where others have written the
   * same fields since. Throws 404 for a change set that is not there, or that the caller may not get the whole of.
   */
  undo(ctx: RequestContext, what: Undone, options: WriteOptions): Promise<UndoAnswer>;
  /** The revision that a revision, or an RFC 3339 time, means. Throws 400, 410, 504. */
  resolveAsOf(text: string): Promise<number>;

  /** Where a stream (exec, log, attach, portforward, proxy) goes: authorised, checked, and resolved to the node's address. */
  connect(ctx: RequestContext, target: Target, request: ConnectRequest): Promise<OpenConnection>;
  /** The address of a host that this server may connect to for somebody, checked after its name was resolved. Throws 400. */
  locate(host: string, port: number): Promise<string>;

  /** Whether `user` may; the reason as RBAC says it. Used by the façades for non-resource paths and relation edges. */
  authorize(user: User, attributes: Attributes): { allowed: boolean; reason: string };
  /** Another text after each change of what roles and bindings give the user, so that what was decided before it can be told. */
  rightsVersion(user: User): string;
  /** The same for a read that the façade does by itself (relation edges), which is recorded as the request that reads the same. */
  authorizeRead(
    ctx: RequestContext,
    attributes: Extract<Attributes, { resource: string }>,
  ): { allowed: boolean; reason: string };
  /**
   * Records one who is told what a watch is told that several share; the returned function says that it reads no more.
   * @param refusal why it is not told; then nothing is to be said of its end
   */
  recordWatch(ctx: RequestContext, attributes: Attributes, refusal?: unknown): () => void;
  authenticate(credentials: Credentials): Promise<User | undefined>;
  /** Whether the token file has the token of this digest: its tokens say nothing of their end. */
  isInTokenFile(digest: string): boolean;
  /** The OpenID providers at which a browser may sign in. */
  loginProviders(): readonly LoginProvider[];
  /**
   * For what stays open: authorises, and calls `onLost` once when a right or the credential has ended, with what a new
   * request would be refused with. Without rights only the credential counts, as for a connection whose requests are
   * authorised one by one. The returned function lets go. Throws 403.
   */
  hold(ctx: RequestContext, rights: readonly Attributes[], onLost: (why: StatusError) => void): () => void;
  /** What users have sent of bodies that are not whole yet. */
  readonly bodies: BodyBytes;
  /** Counts what stays open of one user, until `ctx.signal` is aborted. Throws 429 where there are too many. */
  openStream(ctx: Pick<RequestContext, 'user' | 'signal'>): void;
  /**
   * What a façade has found of a definition's kinds (its storage key): what it cannot serve of them, or null for
   * nothing. It becomes a condition of the definition.
   */
  noteDefinition(definition: string, fault: DefinitionFault | null): void;
  /** Impersonate-* headers; throws 403 where `user` may not. */
  impersonate(user: User, headers: Impersonation): User;
}

/** Whom a caller wants to act for: the Impersonate-* headers. */
export interface Impersonation {
  user?: string | undefined;
  uid?: string | undefined;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
}

/** What authorisation decides on. A resource request has `resource`, another has `path`. */
export type Attributes =
  | {
      verb: string;
      group: string;
      version?: string;
      resource: string;
      subresource: string;
      namespace: string;
      name: string;
      /** what a list, watch or deletecollection demands of fields, as it was written; all must hold */
      fieldSelector?: readonly FieldTerm[];
    }
  | { verb: string; path: string };

/** An OpenID provider at which a browser may sign in. */
export interface LoginProvider {
  readonly url: string;
  /** Whether it says who it is when it leads back (RFC 9207). Rejects where it does not answer. */
  namesItself(): Promise<boolean>;
  /**
   * Where the browser goes, to come back to `redirect` with a code. Rejects where the provider does not answer.
   * @param verifier what is shown with the code, of 43 to 128 letters (RFC 7636)
   */
  addressFor(login: { redirect: string; state: string; nonce: string; verifier: string }): Promise<string>;
  /** The ID token for a code; whether it is good is not looked at. Rejects where the provider refuses it. */
  tokenFor(login: { code: string; redirect: string; verifier: string }): Promise<string>;
}

export interface Credentials {
  /** what is asked for: decides where there is nothing else to go by */
  path?: string | undefined;
  /** bearer token without the word */
  token?: string | undefined;
  /** whom the façade itself has verified, by a client certificate or the word of a front proxy */
  verified?: User | undefined;
  /** hears what there is to say of a credential beside whose it is */
  notes?: CredentialNotes | undefined;
}

/** What a credential tells of itself, whether it is good or not: to the audit log, and to who shows it. */
export interface CredentialNotes {
  annotate(key: string, value: string): void;
  warn(text: string): void;
}

/** What a stream is asked for with. */
export interface ConnectRequest {
  /** of the method, as authorisation names it: `get` for GET and HEAD, `create` for POST … */
  verb: string;
  /** parameters of exec, attach, port-forward and log */
  query: URLSearchParams;
  /** of a proxied request: what follows /proxy, with its slash and its escapes */
  path?: string;
  /** of a proxied request: with its `?`, or empty */
  search?: string;
}

/** A stream's other end, which the façade dials and pipes. */
export interface Connection {
  url: URL;
  /** What is dialled: the address that `url` has, or that its name was resolved to, and that was allowed. Never resolved again. */
  address: string;
  /** false for plain http targets */
  secure: boolean;
  /**
   * The node whose kubelet listens there. It alone is shown a client certificate, once it has proved by its serving
   * certificate that it is that node. Undefined for pods, Services and other ports of nodes: they are shown nothing,
   * and nobody vouches for who they are.
   */
  kubelet?: string;
}

/** A connection that the caller has been let in to. */
export interface OpenConnection extends Connection {
  /** As Api.hold, for the rights by which he was. */
  hold(onLost: (why: StatusError) => void): () => void;
}
