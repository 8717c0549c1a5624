import type { ApiextensionsWebhookClientConfig } from '../../schema/types.ts';
import type { FieldError } from '../meta/field.ts';
import type { GroupVersionKind } from '../meta/gvk.ts';
import type { Steps } from '../meta/steps.ts';
import type { KubeObject, ObjectLike, Unchecked } from '../meta/object.ts';
import type { JsonSchema } from './custom/json-schema.ts';
import type { Relation } from './relation.ts';
import type { ObjectSchema } from './schema.ts';

/** One served resource of one group and version: what the URL, discovery and the GraphQL schema speak of. */
export interface Kind extends GroupVersionKind {
  /** plural, lower case: the path segment */
  resource: string;
  singular: string;
  listKind: string;
  shortNames: readonly string[];
  categories: readonly string[];
  namespaced: boolean;
  /** of the resource itself: create, delete, deletecollection, get, list, patch, update, watch */
  verbs: readonly string[];
  subresources: ReadonlyMap<string, SubresourceFacts>;
  schema: ObjectSchema;
  /** True for kinds that arrive at run time (custom resources): their unknown fields, names and items differ in form. */
  custom: boolean;
  /** Of a custom kind: where it comes from. */
  definition?: KindDefinition;
  /** Where and how it is stored. Kinds of one group that are versions of each other share it. */
  storage: StorageKind;
  /** From this version to the stored one and back; undefined where they are the same. */
  convert?: Conversion;
  /** Table columns of this version (server-side printing). */
  columns: readonly Column[];
  /** said with every answer of a version that will go, reads and errors too */
  deprecation?: string;
  /** versions that are not served, whose bodies are taken for this one's */
  bodyVersions?: readonly string[];
  /** Revision at which the definition was made; 0 for built-in kinds. What is older has the right to a name. */
  since: number;
}

export interface KindDefinition {
  /** another one for each definition, and each time that its spec has changed */
  id: string;
  /** the version's schema as it was written; read anew each time, so that nobody keeps all of many */
  schema(): JsonSchema | undefined;
  /** the apiVersion of objects that do not say theirs: of the first version that was ever stored */
  firstVersion: string;
  /** of all versions, also of those that are not served */
  versions: readonly Kind[];
  /** what converts between versions; undefined: they differ in nothing but their name */
  webhook?: WebhookConversion;
}

export interface WebhookConversion {
  clientConfig: ApiextensionsWebhookClientConfig;
  /** of ConversionReview, in the order of preference */
  reviewVersions: readonly string[];
}

export interface SubresourceFacts {
  name: string;
  verbs: readonly string[];
  /** kind of the body (`Scale`, `Eviction`, the parent for status); group and version '' means the parent's */
  kind: GroupVersionKind;
}

/** Between two versions of one kind. Pure: the argument stays as it is. */
export interface Conversion<Served = KubeObject, Stored = KubeObject> {
  toStorage(object: Served): Stored;
  fromStorage(object: Stored): Served;
  /** The stored version's name of a field label; undefined for one that this version does not have. Default: the same. */
  fieldLabel?(label: string): string | undefined;
}

/** What is common to all versions of a resource. `key` is its name in the store. */
export interface StorageKind extends GroupVersionKind {
  /** `pods`, `deployments.apps`: group resource name, key in the store, in RBAC messages and in our clients */
  key: string;
  namespaced: boolean;
  /** `{"kind":"Pod","apiVersion":"v1",` as bytes: what goes before a stored body to make a whole object */
  head: Buffer;
  /** False for kinds that are never stored (SubjectAccessReview, Binding, ComponentStatus): only create or get. */
  persisted: boolean;
  strategy: Strategy<ObjectLike>;
  /** of the stored version */
  schema: ObjectSchema;
  /** of a custom kind: what it declares of references and cannot be understood */
  referenceFaults?: readonly string[];
}

/** How the metadata of a kind is checked, beside what holds for all kinds. */
export interface MetadataRules {
  /** how often an update checks the whole of it anew by the kind's rules; usual: never */
  whole?: number;
  /** an update does not check once more what has changed in it */
  update?: false;
  /** finalizers need no domain */
  finalizers?: 'any';
}

export interface StrategyContext<T extends ObjectLike = KubeObject> {
  /** RFC 3339, whole seconds */
  now: string;
  user: string;
  /** adds a `Warning: 299 - "…"` */
  warn(text: string): void;
  /** the subresource that is being written; '' for the resource itself */
  subresource: string;
  /** of the request: `events.k8s.io/v1`. Some rules hold only for objects that come in by the newer version. */
  apiVersion: string;
  /** of the object's namespace, where there is a cluster that has it */
  namespaceLabels?(): Readonly<Record<string, string>> | undefined;
  /** Of an update: the object in the request's version before what is empty was left out of it. Messages print it. */
  sent?: Unchecked<T>;
}

/**
 * What the schema of a kind cannot say. All functions work on objects of the stored version, except `defaults`, which
 * gets the version of the request. An object passed as `object` may be changed in place; `old` is frozen, and no more
 * to be trusted than `object`: it may have been stored before a rule was there. Functions are declared as methods, so
 * that a `Strategy<Deployment>` is a `Strategy<ObjectLike>`, which is what the pipeline holds.
 */
export interface Strategy<T extends ObjectLike = KubeObject> {
  // How it is written

  /** Validates metadata.name; the rule's own words (`a lowercase RFC 1123 subdomain must consist of …`), '' when good. Default: DNS-1123 subdomain. */
  name?(name: string, prefix: boolean): string[];
  /** Defaults that depend on other fields or that OpenAPI does not list. Runs after the schema's own defaults. Idempotent. */
  defaults?(object: Unchecked<T>): void;
  /** Clears what a create may not set (status), sets what the system sets. */
  prepareForCreate?(object: Unchecked<T>, ctx: StrategyContext<T>): void;
  /** Takes over from `old` what an update may not touch (status; for the status subresource: all but status). */
  prepareForUpdate?(object: Unchecked<T>, old: Unchecked<T>, ctx: StrategyContext<T>): void;
  /** What is particular about the rules of its metadata. */
  metadata?: MetadataRules;
  validate?(object: Unchecked<T>, ctx: StrategyContext<T>): FieldError[];
  /** Only what a create adds to `validate`, which holds for updates too. */
  validateCreate?(object: Unchecked<T>, ctx: StrategyContext<T>): FieldError[];
  /** Only what an update adds to `validate` (immutable fields, transitions). `validate` runs as well unless `validatesAllOnUpdate`. */
  validateUpdate?(object: Unchecked<T>, old: Unchecked<T>, ctx: StrategyContext<T>): FieldError[];
  /**
   * Validation that takes long, a step at a time, with others' turns in between. Runs before the rest on creates and
   * updates (`old`), its errors come last.
   */
  validateSteps?(object: Unchecked<T>, old: Unchecked<T> | undefined, ctx: StrategyContext<T>): Steps<FieldError[]>;
  /** Values from which on to validate an object takes some milliseconds, where that is not 4,000: then it is done in a thread. */
  heavyFrom?: number;
  /** An update is checked by `validateUpdate` alone, which lets an old object keep what is no longer allowed. */
  validatesAllOnUpdate?: true;
  warnings?(object: Unchecked<T>, old: Unchecked<T> | undefined): string[];
  /** Status and other subresources that write the same object: their own prepare and validation replace those above. */
  subresources?: Readonly<Record<string, SubresourceStrategy<T>>>;
  /**
   * Paths (`metadata.labels`) that a write to the resource resets, so that nobody can own them through it. Usual: status,
   * where it is a subresource. Source: GetResetFields of the registry's strategies.
   */
  resets?: readonly string[];
  /** Whether metadata.generation is kept, and what it counts: changes of anything but metadata and status by default. */
  generation?: false | Changed<T>;
  /** May a PUT to a missing name create it? (Lease, EndpointSlice, Service …: AllowCreateOnUpdate) */
  createOnUpdate?: boolean;
  /** May an update leave out resourceVersion? (AllowUnconditionalUpdate; true unless said) */
  unconditionalUpdate?: boolean;
  /** ms that an update may wait in the store for others to be committed with; for kinds that are renewed by thousands (Lease). */
  patience?: number;
  /** What an object has of what the cluster gives out: written with it in one transaction, given back with it. */
  holds?: Holdings<T>;

  // How it is deleted

  /** Seconds of grace for a delete that names none; undefined: no graceful deletion (all but pods). */
  gracePeriod?(object: Unchecked<T>): number;
  /** What propagation means when a delete names none: background unless said (`orphan` for old kinds). */
  defaultPropagation?: 'background' | 'orphan';
  /** Finalizers that are in spec (Namespace) and keep the object as those of metadata do. */
  specFinalizers?(object: Unchecked<T>): readonly string[];
  /**
   * Of kinds that go when what they hold is gone: what the first delete writes besides the time of deletion. A later
   * one takes the object away, when no finalizer is left. `now` RFC 3339, whole seconds.
   */
  beginDeletion?(object: Unchecked<T>, now: string): void;
  /** Why an object of this name cannot be deleted, whether or not it is there; undefined where it can be. */
  refusesDelete?(name: string): string | undefined;
  /** Said to who deletes without saying what becomes of the dependents. */
  deletionWarning?: string;
  /** Whether a delete answers the object that is gone, and not a Status; `unsaid`: it does, and OpenAPI says Status. */
  returnsDeleted?: true | 'unsaid';
  /** False where the garbage collector does not look at the kind, neither as owner nor as dependent. */
  collected?: false;
  /** The resource of which the object of the same name goes with this one. */
  takesAlong?: string;

  // How it is read

  /** Values for field selectors besides metadata.name and metadata.namespace; names are the selectors' own. */
  fields?(object: Unchecked<T>): Record<string, string>;
  /** Field labels accepted besides those that `fields` yields (none by default) */
  fieldLabels?: readonly string[];
  /** The name of a field label that clients may use under an older one. */
  currentFieldLabel?(label: string): string;
  /** Words for a field label that the kind does not have, where they are the kind's own. */
  unknownFieldLabel?(label: string): string;
  /** Where there is none: name and time of creation. */
  cells?: Printer<T>;
  /** Conditions of the Table's row, by which kubectl leaves out objects that have ended. */
  rowConditions?(object: Unchecked<T>): object[] | undefined;
  /** Where an object leads besides its owners, what it owns and its namespace. */
  relations?: readonly Relation<T>[];
  /** An annotation that stands for a field of kube-apiserver's own type: metadata that is shown without its object has it not. */
  fieldAnnotation?: string;
  /** Said with every answer, reads and errors too, where the stored version will go. */
  deprecation?: string;
  /** The version that discovery's hash tells of, where Kubernetes stores one that it no longer serves. */
  hashedVersion?: string;
}

/** The type of a method, and so as loose as the methods of `Strategy` are. */
type Changed<T extends ObjectLike> = { changed(object: Unchecked<T>, old: Unchecked<T>): boolean }['changed'];

/** bigint: an integer of a custom resource that a number cannot hold */
export type Cell = string | number | bigint | boolean | null;

/** Makes an object's cells of the Table, in the order of its kind's columns. `now` in ms since the epoch. */
export type Printer<T extends ObjectLike = KubeObject> = {
  cells(object: Unchecked<T>, now: number): Cell[];
}['cells'];

/** Of what there is one for the whole cluster, and no two objects may have the same. */
export interface Holdings<T extends ObjectLike = KubeObject> {
  /** addresses of Services, in canonical form (RFC 5952), as their records are named */
  addresses(object: Unchecked<T>): string[];
  nodePorts(object: Unchecked<T>): number[];
}

export interface SubresourceStrategy<T extends ObjectLike = KubeObject> {
  /** Top-level fields that are written, besides metadata, where they are not all: for status it is itself. */
  writes?: readonly string[];
  /** As those of the resource. Usual: spec for status, status for finalize. */
  resets?: readonly string[];
  /** In place of the kind's `defaults`: the rest of the object is the stored one and has its own. */
  defaults?(object: Unchecked<T>): void;
  prepareForUpdate?(object: Unchecked<T>, old: Unchecked<T>, ctx: StrategyContext<T>): void;
  /** As the kind's; usual: none, whatever the kind has. */
  metadata?: Omit<MetadataRules, 'finalizers'>;
  validateUpdate?(object: Unchecked<T>, old: Unchecked<T>, ctx: StrategyContext<T>): FieldError[];
  validateSteps?(object: Unchecked<T>, old: Unchecked<T> | undefined, ctx: StrategyContext<T>): Steps<FieldError[]>;
}

export interface Column {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
  /** custom resources: where the cell comes from */
  jsonPath?: string;
}

/** Every kind that is served now. Changes when custom resource definitions do; readers ask it anew or subscribe. */
export interface Registry {
  /** bumped at each change: caches of derived things (OpenAPI, GraphQL schema, discovery) compare it */
  readonly generation: number;
  all(): readonly Kind[];
  /** those of one storage key, in the order of all; the same list for as long as they are the same */
  ofKey(key: string): readonly Kind[];
  /** in the order of preference, as discovery lists them */
  groups(): readonly { group: string; versions: readonly string[] }[];
  byResource(group: string, version: string, resource: string): Kind | undefined;
  byKind(group: string, version: string, kind: string): Kind | undefined;
  /** the preferred version of a resource by its storage key (`pods`, `deployments.apps`) */
  preferred(key: string): Kind | undefined;
  storage(key: string): StorageKind | undefined;
  /**
   * The relations that lead to a kind and have a way back, by its storage key; the same list for as long as they are the
   * same. `typed`: those whose way back is a field of its own type, which for a built-in kind no definition changes.
   */
  leadingTo(key: string, which: 'all' | 'typed'): readonly { relation: Relation<ObjectLike>; declaring: Kind }[];
  /** replaces all custom kinds of one definition (empty list: removed) */
  setCustom(definition: string, kinds: readonly Kind[]): void;
  /** `keys`: of which storage keys there are other kinds now */
  onChange(listener: (keys: ReadonlySet<string>) => void): () => void;
}
