import { attributesOf, forbiddenError, type ResourceAttributes } from '../../api/authorization/attributes.ts';
import type { Api, RequestContext } from '../../api/contract.ts';
import { absenceOf, absent } from '../../api/endpoint.ts';
import { translateStoreError, unreadableCollection } from '../../api/store-errors.ts';
import { hasWebhook } from '../../api/conversion/stored-version.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { FieldTerm } from '../../meta/fields.ts';
import type { Having, Stored, View } from '../../store/contract.ts';
import { inStoredVersion, inVersion } from '../converted.ts';
import type { Budget } from '../budget.ts';
import { targetOf } from '../targets.ts';
import type { KeysOf, Reading } from './reading.ts';
import { whenReady, type Soon } from './soon.ts';

type Index = ReadonlyMap<string, readonly Stored[]>;

const NONE: readonly Stored[] = [];

/**
 * What the relations below one root field read: one revision, each list of it once, each edge authorised for the caller.
 * The revision is that of what the root field read, so that an object and what it relates to belong together; of a field
 * that wrote, it is the newest when the first relation is read.
 */
export class Snapshot {
  private pinned: number | undefined;
  private opened: View | undefined;
  private readonly lists = new Map<string, Soon<readonly Stored[]>>();
  private readonly indexes = new Map<string, Soon<Index> | 'asked once'>();
  private readonly allowed = new Map<string, { allowed: boolean; reason: string }>();
  private readonly others = new Map<number, Snapshot>();

  constructor(
    private readonly api: Api,
    private readonly request: RequestContext,
    private readonly budget: Budget,
    private readonly reading: Reading = {},
  ) {
    this.pinned = reading.revision;
  }

  /** The first call decides; later ones change nothing. */
  pin(revision: number): void {
    this.pinned ??= revision;
  }

  /** The same for a page that a cursor of an older answer goes on with. */
  at(revision: number): Snapshot {
    if (revision === this.revision) return this;
    let other = this.others.get(revision);
    if (!other) {
      // what was then does not change: nobody records it
      const { decide } = this.reading;
      other = new Snapshot(this.api, this.request, this.budget, { revision, ...(decide && { decide }) });
      this.others.set(revision, other);
    }
    return other;
  }

  get revision(): number {
    return this.view.revision;
  }

  /** One object, in its kind's version. Throws 403, and 500 where a webhook does not convert it. */
  get(kind: Kind, namespace: string, name: string): Soon<Stored | undefined> {
    this.authorize('get', kind, namespace, name);
    this.reading.recorder?.object(kind, namespace, name);
    const found = this.read((view) => view.get({ resource: kind.storage.key, namespace, name }));
    return whenReady(found, (stored) => stored && whenReady(this.served(kind, [stored]), ([one]) => one));
  }

  /** What `list`, `find` and `owned` have found, in a kind's version. Throws 500 where a webhook does not convert it. */
  served(kind: Kind, items: readonly Stored[]): Soon<readonly Stored[]> {
    return inVersion(this.api, kind, items);
  }

  /** An object that was read in some version as it is in the stored one, of which relations are declared. Throws 500. */
  declared(kind: Kind, object: KubeObject): Soon<KubeObject> {
    if (!hasWebhook(kind) || kind.version === kind.storage.version) return kind.convert?.toStorage(object) ?? object;
    const { namespace = '', name } = object.metadata;
    const found = this.read((view) => view.get({ resource: kind.storage.key, namespace, name }));
    return whenReady(found, (stored) =>
      stored ? whenReady(inStoredVersion(this.api, kind, [stored]), ([one]) => one?.object ?? object) : object,
    );
  }

  /** Whether the caller may list a kind in a namespace ('' for all of them). */
  mayList(kind: Kind, namespace: string): boolean {
    return this.check(attributesOf('list', targetOf(kind, { namespace }))).allowed;
  }

  /**
   * The caller may list a kind in a namespace, or is told 403. Who may not list all of it may list those of one value of
   * a field label, where that is what is read.
   */
  authorizeList(kind: Kind, namespace: string, term?: FieldTerm): void {
    this.authorize('list', kind, namespace, '', term);
  }

  /** All of a kind in a namespace ('' for all of them), for whom it has been authorised. */
  list(kind: Kind, namespace: string): Soon<readonly Stored[]> {
    this.reading.recorder?.all(kind, namespace);
    return this.all(kind, namespace);
  }

  private all(kind: Kind, namespace: string): Soon<readonly Stored[]> {
    const id = `${kind.storage.key}/${namespace}`;
    let list = this.lists.get(id);
    if (!list) {
      const unreadable = this.api.store.unreadable(scopeOf(kind, namespace));
      if (unreadable) throw unreadableCollection(unreadable);
      list = this.read((view) => view.list(scopeOf(kind, namespace)));
      this.lists.set(id, list);
      if (list instanceof Promise) void list.then((items) => this.lists.set(id, items)).catch(() => undefined);
    }
    return list;
  }

  /**
   * Those that have one of some keys, in the stored version: one pass over the list answers all keys.
   * @param id tells one way of having keys from another
   * @param having the same of one key in the store's own index, which the first question is answered from: it may be the only one
   */
  find(
    kind: Kind,
    namespace: string,
    id: string,
    keysOf: KeysOf,
    keys: readonly string[],
    having?: Having,
  ): Soon<readonly Stored[]> {
    this.reading.recorder?.having(kind, namespace, id, keysOf, keys);
    const name = `${kind.storage.key}/${namespace} ${id}`;
    const known = this.indexes.get(name);
    if (known === undefined && having && !this.lists.has(`${kind.storage.key}/${namespace}`)) {
      this.indexes.set(name, 'asked once');
      return whenReady(
        whenReady(
          this.read((view) => view.list(scopeOf(kind, namespace), having)),
          (items) => inStoredVersion(this.api, kind, items),
        ),
        (items) => this.having(items, (stored) => keysOf(stored).some((key) => keys.includes(key))),
      );
    }
    const index = known === undefined || known === 'asked once' ? this.makeIndex(name, kind, namespace, keysOf) : known;
    return whenReady(index, (map) => {
      if (keys.length === 1) return map.get(keys[0]!) ?? NONE;
      return [...new Set(keys.flatMap((key) => map.get(key) ?? NONE))];
    });
  }

  /**
   * What has this owner, of any kind; undefined where only the lists of that time can tell. Not authorised.
   * @param kind the only one that the caller is interested in
   */
  owned(uid: string, kind?: Kind): readonly Stored[] | undefined {
    this.reading.recorder?.owned(uid, kind);
    try {
      return this.view.owned(uid);
    } catch (error) {
      return rethrow(error);
    }
  }

  /** Those that match, with others' turns in between. */
  having(all: readonly Stored[], matches: (stored: Stored) => boolean): Soon<readonly Stored[]> {
    const found: Stored[] = [];
    const looked = this.each(all, (stored) => {
      if (matches(stored)) found.push(stored);
    });
    return whenReady(looked, () => found);
  }

  /** Looks at each of what there may be many of, with others' turns in between. Throws what ends the operation. */
  each<T>(all: readonly T[], look: (one: T) => void): Soon<void> {
    const { budget } = this;
    budget.look(all.length);
    const go = (start: number): Soon<void> => {
      for (let i = start; i < all.length; i++) {
        if (i % LOOK_EVERY === LOOK_EVERY - 1 && i !== start && budget.due) return budget.turn().then(() => go(i));
        look(all[i]!);
      }
    };
    return go(0);
  }

  /** The same for one of those that are waited for one after the other, which alone leaves nobody a turn. */
  step(): Soon<void> {
    const { budget } = this;
    budget.look(1);
    return budget.due ? budget.turn() : undefined;
  }

  private makeIndex(name: string, kind: Kind, namespace: string, keysOf: KeysOf): Soon<Index> {
    const map = new Map<string, Stored[]>();
    const add = (stored: Stored): boolean => {
      for (const key of keysOf(stored)) {
        const group = map.get(key);
        if (!group) map.set(key, [stored]);
        else if (group.at(-1) !== stored) group.push(stored);
      }
      return false;
    };
    const all = whenReady(this.all(kind, namespace), (items) => inStoredVersion(this.api, kind, items));
    const index = whenReady(all, (items) => whenReady(this.having(items, add), () => map));
    this.indexes.set(name, index);
    if (index instanceof Promise) void index.then((made) => this.indexes.set(name, made)).catch(() => undefined);
    return index;
  }

  private get view(): View {
    const { store } = this.api;
    // what the root field has read or written is in the cache
    return (this.opened ??= store.at(this.pinned ?? store.revision));
  }

  private read<T>(from: (view: View) => Soon<T>): Soon<T> {
    try {
      const value = from(this.view);
      return value instanceof Promise ? value.catch(rethrow) : value;
    } catch (error) {
      return rethrow(error);
    }
  }

  /** An edge passes the gate that a request for the same passes. */
  private authorize(verb: 'get' | 'list', kind: Kind, namespace: string, name: string, term?: FieldTerm): void {
    const target = targetOf(kind, { namespace, name });
    const all = attributesOf(verb, target);
    // the wider right is asked for first: it is one for all that are read together
    const narrow = term && !this.api.authorize(this.request.user, all).allowed;
    const attributes = narrow ? { ...all, fieldSelector: [term] } : all;
    const { allowed, reason } = this.check(attributes);
    if (!allowed) throw forbiddenError(this.request.user, attributes, reason);
    const absence = absenceOf(verb, target);
    if (absence) throw absent(absence, verb, target);
  }

  private check(attributes: ResourceAttributes): { allowed: boolean; reason: string } {
    const { verb, group, resource, namespace, name, fieldSelector } = attributes;
    const selected = fieldSelector ? JSON.stringify(fieldSelector) : '';
    const key = `${verb} ${resource}.${group}/${namespace}/${name} ${selected}`;
    let answer = this.allowed.get(key);
    if (!answer) {
      const { decide } = this.reading;
      answer = decide ? decide(attributes) : this.api.authorizeRead(this.request, attributes);
      this.allowed.set(key, answer);
    }
    return answer;
  }
}

function rethrow(error: unknown): never {
  throw translateStoreError(error);
}

/** Objects that are looked at between two looks at the clock. */
const LOOK_EVERY = 64;

const scopeOf = ({ storage }: Kind, namespace: string): { resource: string; namespace?: string } => ({
  resource: storage.key,
  ...(namespace && { namespace }),
});
