import DataLoader from 'dataloader';
import { attributesOf, forbiddenError, type ResourceAttributes } from '../../api/authorization/attributes.ts';
import type { Api, RequestContext } from '../../api/contract.ts';
import { absenceOf, absent } from '../../api/endpoint.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Relation } from '../../kinds/relation.ts';
import type { FieldTerm } from '../../meta/fields.ts';
import type { KubeObject } from '../../meta/object.ts';
import { Compacted, type Stored } from '../../store/contract.ts';
import type { Budget } from '../budget.ts';
import { targetOf } from '../targets.ts';
import { wholeObject } from '../whole.ts';

/** An object, and what it is served as. */
export interface OfKind {
  kind: Kind;
  stored: Stored;
}

/** Objects of which the labels are looked at between two looks at the clock. */
const LOOK_EVERY = 64;

type Grouping = Pick<Extract<Relation, { form: 'grouped' }>, 'field' | 'keyOf' | 'label'>;

/**
 * What the relations below one root field read: one revision, each list of it once, each edge authorised for the caller.
 * The revision is that of what the root field read, so that an object and what it relates to belong together; of a field
 * that read nothing, or wrote, it is the newest when the first relation is read.
 */
export class Snapshot {
  private revision: Promise<number> | undefined;
  private readonly lists = new Map<string, Promise<readonly Stored[]>>();
  private readonly allowed = new Map<string, { allowed: boolean; reason: string }>();
  private readonly groups = new Map<string, Promise<ReadonlyMap<string, readonly Stored[]>>>();
  private readonly one: DataLoader<{ resource: string; namespace: string; name: string }, Stored | undefined, string>;

  constructor(
    private readonly api: Api,
    private readonly request: RequestContext,
    private readonly budget: Budget,
  ) {
    this.one = new DataLoader((keys) => Promise.all(keys.map((key) => this.read(key))), {
      cacheKeyFn: ({ resource, namespace, name }) => `${resource}/${namespace}/${name}`,
    });
  }

  /** The first call decides; later ones change nothing. */
  pin(revision: number): void {
    this.revision ??= Promise.resolve(revision);
  }

  /** One object, or null where there is none. Throws 403. */
  async get(kind: Kind, namespace: string, name: string): Promise<KubeObject | null> {
    this.authorize('get', kind, namespace, name);
    const stored = await this.one.load({ resource: kind.storage.key, namespace, name });
    return stored ? wholeObject(kind, stored) : null;
  }

  /** All of a kind in a namespace ('' for all) that `matches`. Throws 403. */
  async list(kind: Kind, namespace: string, matches?: (stored: Stored) => boolean): Promise<readonly Stored[]> {
    this.authorize('list', kind, namespace, '');
    const all = await this.readList(kind, namespace);
    return matches ? this.having(all, matches) : all;
  }

  /**
   * Those of a kind in a namespace whose `keyOf` is `key`: one pass over the list answers all keys. `field` tells one way
   * of grouping from another. Who may not list all may list those, where `label` is a field label of the key. Throws 403.
   */
  async group(
    kind: Kind,
    namespace: string,
    { field, keyOf, label }: Grouping,
    key: string,
  ): Promise<readonly Stored[]> {
    this.authorize('list', kind, namespace, '', label ? { field: label, operator: '=', value: key } : undefined);
    const id = `${kind.resource}.${kind.version}.${kind.group}/${namespace}/${field}`;
    let groups = this.groups.get(id);
    if (!groups) this.groups.set(id, (groups = this.grouped(kind, namespace, keyOf)));
    return (await groups).get(key) ?? [];
  }

  /** What has this owner, of all kinds that the caller may list there; the rest is left out. */
  async owned(uid: string, kindOf: (resource: string) => Kind | undefined): Promise<OfKind[]> {
    const { budget } = this;
    const objects: OfKind[] = [];
    for (const stored of this.api.store.owned(uid)) {
      budget.look(1);
      if (budget.due) await budget.turn();
      const kind = kindOf(stored.resource);
      const attributes = kind && attributesOf('list', targetOf(kind, { namespace: stored.namespace }));
      if (attributes && this.check(attributes).allowed) objects.push({ kind, stored });
    }
    return objects;
  }

  private async grouped(
    kind: Kind,
    namespace: string,
    keyOf: (object: KubeObject) => string | undefined,
  ): Promise<ReadonlyMap<string, readonly Stored[]>> {
    const { budget } = this;
    const groups = new Map<string, Stored[]>();
    for (const stored of await this.readList(kind, namespace)) {
      const key = keyOf(wholeObject(kind, stored)) ?? '';
      const group = groups.get(key);
      if (group) group.push(stored);
      else groups.set(key, [stored]);
      budget.look(1);
      if (budget.due) await budget.turn();
    }
    return groups;
  }

  private async having(all: readonly Stored[], matches: (stored: Stored) => boolean): Promise<Stored[]> {
    const { budget } = this;
    const found: Stored[] = [];
    budget.look(all.length);
    for (const [i, stored] of all.entries()) {
      if (matches(stored)) found.push(stored);
      if (i % LOOK_EVERY === LOOK_EVERY - 1 && budget.due) await budget.turn();
    }
    return found;
  }

  /** An edge passes the gate that a request for the same passes. */
  private authorize(verb: 'get' | 'list', kind: Kind, namespace: string, name: string, term?: FieldTerm): void {
    const target = targetOf(kind, { namespace, name });
    const all = attributesOf(verb, target);
    // the wider right is asked for first: it is one for all that are grouped
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
    if (!answer) this.allowed.set(key, (answer = this.api.authorizeRead(this.request, attributes)));
    return answer;
  }

  private pinned(): Promise<number> {
    this.revision ??= this.api.store.fresh();
    return this.revision;
  }

  private async read(key: { resource: string; namespace: string; name: string }): Promise<Stored | undefined> {
    const revision = await this.pinned();
    const now = this.api.store.get(key);
    // An object that has not been written since is what it was at that revision.
    if (now ? now.revision <= revision : this.api.store.revision === revision) return now;
    return orNow(() => this.api.store.getAt(key, revision), now);
  }

  private readList(kind: Kind, namespace: string): Promise<readonly Stored[]> {
    const scope = { resource: kind.storage.key, ...(namespace && { namespace }) };
    const key = `${scope.resource}/${namespace}`;
    let list = this.lists.get(key);
    if (!list) {
      list = this.pinned().then(async (revision) => {
        const now = this.api.store.list(scope);
        if (now.revision === revision) return now.items;
        return orNow(async () => (await this.api.store.listAt(scope, revision)).items, now.items);
      });
      this.lists.set(key, list);
    }
    return list;
  }
}

/** An operation that outlived the log reads what there is now: relations are a view, not a condition of a write. */
async function orNow<T>(read: () => Promise<T>, now: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Compacted) return now;
    throw error;
  }
}
