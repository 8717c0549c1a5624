import type { Kind } from '../../kinds/kind.ts';
import type { Conversions } from '../conversion/conversions.ts';
import { hasWebhook } from '../conversion/stored-version.ts';
import { objectOf } from '../../kinds/encode.ts';
import { diffObjects, type FieldChange } from '../../meta/diff.ts';
import type { KubeObject, ObjectMeta } from '../../meta/object.ts';
import { isRecord } from '../../meta/record.ts';
import { isOfCluster } from './of-cluster.ts';
import { Unreadable, type EventType, type HistoryEntry, type Key, type Stored } from '../../store/contract.ts';

/** The way by which a write came in: `loop` is this program's own. */
export type Facade = 'rest' | 'graphql' | 'loop';

/** One revision as history tells it: who changed what, when and how. */
export interface Change {
  readonly revision: number;
  /** ms since the epoch, by the clock of who wrote it: the order is that of the revisions */
  readonly at: number;
  readonly type: EventType;
  /** create, update, patch, apply, delete, or the subresource: status, scale … */
  readonly verb: string;
  readonly user: string;
  /** field manager */
  readonly manager: string;
  /** address of the client's connection; undefined where there was none */
  readonly client: string | undefined;
  /** undefined: written before this was remembered */
  readonly facade: Facade | undefined;
  /** who acted for `user` */
  readonly impersonator: string | undefined;
  /** whether one of the cluster's own parts has written it */
  readonly ofCluster: boolean;
  /** in whose version the objects are told */
  readonly kind: Kind;
  readonly key: Key;
  /** values are nobody's to see: there are no objects, and the diff has paths alone */
  readonly confidential: boolean;
  /** whole objects without managedFields; undefined where there is none, where it is kept no longer, and of confidential kinds */
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
  /**
   * To be awaited before `before`, `after` and `diff` are read, where there is something to wait for: a webhook converts
   * them. Throws 500 where it fails.
   */
  ready(): Promise<void> | undefined;
  /** undefined where what was before is kept no longer */
  readonly diff: readonly FieldChange[] | undefined;
  /** names the request, with all that it wrote */
  readonly changeSet: string;
}

const FACADES: readonly string[] = ['rest', 'graphql', 'loop'] satisfies Facade[];
const isFacade = (text: string | undefined): text is Facade => text !== undefined && FACADES.includes(text);

/** An entry with its values as the caller may see it. Objects and their difference are made when they are asked for. */
export class ToldChange implements Change {
  private made: readonly FieldChange[] | undefined;

  constructor(
    private entry: HistoryEntry,
    readonly kind: Kind,
    readonly confidential: boolean,
    private readonly conversions: Conversions,
  ) {}

  ready(): Promise<void> | undefined {
    if (!hasWebhook(this.kind)) return undefined;
    return (async () => {
      this.entry = await convertedEntry(this.conversions, this.kind, this.entry);
    })();
  }

  get revision(): number {
    return this.entry.revision;
  }
  get at(): number {
    return this.entry.at;
  }
  get type(): EventType {
    return this.entry.type;
  }
  get verb(): string {
    return this.entry.by.verb;
  }
  get user(): string {
    return this.entry.by.user;
  }
  get manager(): string {
    return this.entry.by.manager;
  }
  get client(): string | undefined {
    return this.entry.by.client;
  }
  get facade(): Facade | undefined {
    const { facade } = this.entry.by;
    return isFacade(facade) ? facade : undefined;
  }
  get impersonator(): string | undefined {
    return this.entry.by.impersonator;
  }
  get ofCluster(): boolean {
    return isOfCluster(this.entry.by);
  }
  get key(): Key {
    const { resource, namespace, name } = this.entry;
    return { resource, namespace, name };
  }
  get changeSet(): string {
    return this.entry.changeSet;
  }
  get before(): KubeObject | undefined {
    return this.confidential ? undefined : told(this.kind, this.entry.before);
  }
  get after(): KubeObject | undefined {
    return this.confidential || this.type === 'DELETED' ? undefined : told(this.kind, this.entry.stored);
  }
  get diff(): readonly FieldChange[] | undefined {
    return (this.made ??= this.confidential ? this.paths() : this.differences());
  }

  private differences(): FieldChange[] | undefined {
    const { before, after, type } = this;
    if (type === 'ADDED') return after && diffObjects({}, comparable(after), this.kind.schema);
    if (type === 'DELETED') return before && diffObjects(comparable(before), {}, this.kind.schema);
    return before && after && diffObjects(comparable(before), comparable(after), this.kind.schema);
  }

  /**
   * What changed, and no value of it: neither as such, nor as the key of an item, nor by how alike two are. Of what comes
   * or goes the names of its fields.
   */
  private paths(): FieldChange[] | undefined {
    const { type, entry } = this;
    const [from, to] = [told(this.kind, entry.before), type === 'DELETED' ? undefined : told(this.kind, entry.stored)];
    if ((type !== 'ADDED' && !from) || (type !== 'DELETED' && !to)) return undefined;
    const [a, b] = [from && comparable(from), to && comparable(to)];
    return diffObjects(a ?? hollow(b ?? {}), b ?? hollow(a ?? {})).map(({ path, op }) => ({ path, op }));
  }
}

/** What was written, and what was before, in the version of a kind. Throws 500. */
export async function convertedEntry(conversions: Conversions, kind: Kind, entry: HistoryEntry): Promise<HistoryEntry> {
  const one = async (stored: Stored | undefined): Promise<Stored | undefined> =>
    stored && !isUnreadable(stored) ? (await conversions.converted(kind, [stored]))[0] : stored;
  const [stored, before] = await Promise.all([one(entry.stored), one(entry.before)]);
  return { ...entry, ...(stored && { stored }), ...(before && { before }) };
}

/** Whether it cannot be opened: a key is missing. */
export function isUnreadable(stored: Stored | undefined): boolean {
  try {
    return stored !== undefined && stored.bytes.length === 0;
  } catch (error) {
    if (error instanceof Unreadable) return true;
    throw error;
  }
}

/** Undefined also for what cannot be opened: a key is missing. */
function told(kind: Kind, stored: Stored | undefined): KubeObject | undefined {
  if (!stored) return undefined;
  try {
    const { metadata, ...rest } = objectOf(kind, stored);
    const { managedFields: _, ...others } = metadata;
    return { ...rest, metadata: others };
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}

/** Without the revision, which every write changes. */
export function comparable({ metadata, ...rest }: KubeObject): KubeObject {
  const { resourceVersion: _, managedFields: _owners, ...others } = metadata;
  return { ...rest, metadata: others as ObjectMeta };
}

const hollow = (object: object): object =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, isRecord(value) ? {} : undefined]));
