import type { Api, ListOptions, RequestContext, User, WatchSink } from '../../src/api/contract.ts';
import type { Registry } from '../../src/kinds/kind.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { parseLabelSelector } from '../../src/meta/labels.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { alreadyExists, expired, notFound, StatusError } from '../../src/meta/status.ts';
import type { Stored, StoreEvent } from '../../src/store/contract.ts';
import { BodyBytes } from '../../src/rules/http/request-body.ts';

const forbidden = (user: string): StatusError =>
  new StatusError({ message: `${user} may not`, reason: 'Forbidden', code: 403 });

/** What stands below the façade in its tests: an Api over a Map that keeps the calls that reach it, and refuses what it is told to. */
export class RecordingApi {
  readonly registry: Registry = createRegistry();
  readonly objects = new Map<string, Stored>();
  readonly log: StoreEvent[] = [];
  readonly watchers = new Set<{ resource: string; namespace: string; sink: WatchSink }>();
  readonly calls: { verb: string; context: RequestContext; options?: unknown; target?: unknown }[] = [];
  readonly denied = new Set<string>();
  readonly settings = new Map<string, string>();
  revision = 0;
  compacted = 0;

  get api(): Api {
    return this as unknown as Api;
  }

  put(resource: string, body: { metadata: Record<string, unknown> } & Record<string, unknown>): Stored {
    const namespace = (body.metadata['namespace'] as string | undefined) ?? '';
    const name = body.metadata['name'] as string;
    const key = `${resource}/${namespace}/${name}`;
    const previous = this.objects.get(key);
    const revision = ++this.revision;
    const uid = previous?.uid ?? (body.metadata['uid'] as string | undefined) ?? `uid-${revision}`;
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = body;
    const object = { ...rest, metadata: { ...body.metadata, uid, resourceVersion: String(revision) } };
    const owners = (body.metadata['ownerReferences'] as { uid: string }[] | undefined)?.map((owner) => owner.uid);
    const stored = {
      resource,
      namespace,
      name,
      uid,
      revision,
      object,
      bytes: Buffer.from(JSON.stringify(object)),
      labels: body.metadata['labels'],
      fields: this.registry.storage(resource)?.strategy.fields?.(object as never),
      owners,
      copy: () => structuredClone(object),
    } as unknown as Stored;
    this.objects.set(key, stored);
    this.tell({ type: previous ? 'MODIFIED' : 'ADDED', revision, stored, previous });
    return stored;
  }

  remove(resource: string, namespace: string, name: string): void {
    const key = `${resource}/${namespace}/${name}`;
    const previous = this.objects.get(key)!;
    this.objects.delete(key);
    const revision = ++this.revision;
    const object = { ...previous.object, metadata: { ...previous.object.metadata, resourceVersion: String(revision) } };
    const bytes = Buffer.from(JSON.stringify(object));
    this.tell({ type: 'DELETED', revision, stored: { ...previous, revision, object, bytes } as Stored, previous });
  }

  /** Ends all watches, as a lost connection or a restart would. */
  cut(error?: Error): void {
    for (const watcher of this.watchers) {
      this.watchers.delete(watcher);
      watcher.sink.onEnd(error);
    }
  }

  readonly store = {
    setting: async (name: string, make: () => Promise<string>) => {
      if (!this.settings.has(name)) this.settings.set(name, await make());
      return this.settings.get(name)!;
    },
    fresh: () => Promise.resolve(this.revision),
    get: ({ resource, namespace, name }: Stored) => this.objects.get(`${resource}/${namespace}/${name}`),
    list: ({ resource, namespace }: { resource: string; namespace?: string }) => ({
      items: this.of(resource, namespace ?? ''),
      revision: this.revision,
    }),
    at: (revision: number) => {
      const { store } = this;
      return {
        revision,
        get: (key: Stored) => store.get(key),
        list: (scope: { resource: string; namespace?: string }) => store.list(scope).items,
        owned: (uid: string) => store.owned(uid),
      };
    },
    unreadable: () => undefined,
    owned: (uid: string) => [...this.objects.values()].filter((stored) => stored.owners?.includes(uid)),
  };

  authorize(user: User, attributes: { verb: string; resource?: string }): { allowed: boolean; reason: string } {
    return { allowed: !this.denied.has(`${user.name} ${attributes.verb} ${attributes.resource}`), reason: '' };
  }
  authorizeRead(
    { user }: RequestContext,
    attributes: { verb: string; resource?: string },
  ): { allowed: boolean; reason: string } {
    return this.authorize(user, attributes);
  }
  /** A test sets another where what a user may is to have changed. */
  rights = '';
  rightsVersion: Api['rightsVersion'] = () => this.rights;
  recordWatch: Api['recordWatch'] = () => () => undefined;
  noteDefinition: Api['noteDefinition'] = () => undefined;
  /** Of rights that are held, which a test can take away. */
  readonly held = new Set<{ user: string; lose: (why: StatusError) => void }>();
  bodies = new BodyBytes();
  openStream: Api['openStream'] = () => undefined;
  hold: Api['hold'] = ({ user }, rights, onLost) => {
    for (const right of rights) if (!this.authorize(user, right).allowed) throw forbidden(user.name);
    const one = { user: user.name, lose: onLost };
    this.held.add(one);
    return () => this.held.delete(one);
  };
  authenticate({ token }: { token?: string }): Promise<User | undefined> {
    return Promise.resolve(token === 'good' ? { name: 'bearer', groups: ['system:authenticated'] } : undefined);
  }
  impersonate(user: User, { user: name = '', groups }: { user?: string; groups: readonly string[] }): User {
    if (!user.groups.includes('system:masters')) throw notFound({ group: '', resource: 'users' }, name);
    return { name, groups };
  }

  get: Api['get'] = async (context, target) => {
    this.calls.push({ verb: 'get', context, target });
    const stored = this.objects.get(`${target.kind.storage.key}/${target.namespace}/${target.name}`);
    if (!stored) throw notFound(target.kind, target.name);
    return { code: 200, stored, kind: target.kind, object: whole(target.kind, stored) };
  };
  list: Api['list'] = async (context, target, options) => {
    this.calls.push({ verb: 'list', context, target, options });
    let items = this.select(this.of(target.kind.storage.key, target.namespace), options);
    const offset = Number(options.continue ?? 0);
    const total = items.length;
    items = items.slice(offset, options.limit ? offset + options.limit : undefined);
    const more = offset + items.length < total;
    return {
      kind: target.kind,
      items,
      revision: this.revision,
      ...(more && { continue: String(offset + items.length), remainingItemCount: total - offset - items.length }),
    };
  };
  create: Api['create'] = async (context, target, body, options) => {
    const { object } = body as { object: KubeObject };
    this.calls.push({ verb: 'create', context, target, options });
    const { name } = object.metadata;
    if (this.objects.has(`${target.kind.storage.key}/${target.namespace}/${name}`))
      throw alreadyExists(target.kind, name);
    context.warn('made up');
    if (target.namespace) object.metadata.namespace = target.namespace;
    else delete object.metadata.namespace;
    const stored = this.put(target.kind.storage.key, object as never);
    return { code: 201, stored, kind: target.kind, object: whole(target.kind, stored) };
  };
  update: Api['update'] = async (context, target, body, options) => {
    this.calls.push({ verb: 'update', context, target, options });
    const stored = this.put(target.kind.storage.key, (body as { object: KubeObject }).object as never);
    return { code: 200, stored, kind: target.kind, object: whole(target.kind, stored) };
  };
  patch: Api['patch'] = async (context, target, patchType, patch, options) => {
    this.calls.push({ verb: patchType, context, target, options: { ...options, ...patch } });
    const { object } = await this.get(context, target, {});
    return { code: 200, kind: target.kind, object };
  };
  delete: Api['delete'] = async (context, target, options) => {
    this.calls.push({ verb: 'delete', context, target, options });
    const { object } = await this.get(context, target, {});
    this.remove(target.kind.storage.key, target.namespace, target.name);
    return { code: 200, kind: target.kind, object };
  };
  watch: Api['watch'] = async (context, target, options, sink) => {
    this.calls.push({ verb: 'watch', context, target, options });
    const { key } = target.kind.storage;
    const from = Number(options.resourceVersion ?? 0);
    if (!options.sendInitialEvents && from < this.compacted)
      throw expired(`too old resource version: ${from} (${this.compacted})`);
    const watcher = { resource: key, namespace: target.namespace, sink };
    if (options.sendInitialEvents) {
      const items = this.of(key, target.namespace);
      if (items.length) sink.onEvents(items.map((stored) => ({ type: 'ADDED', stored })));
      sink.onBookmark(this.revision, true);
    } else {
      const missed = this.log.filter((event) => event.revision > from && matches(watcher, event));
      if (missed.length) sink.onEvents(missed);
    }
    this.watchers.add(watcher);
    return () => void this.watchers.delete(watcher);
  };

  private of(resource: string, namespace: string): Stored[] {
    return [...this.objects.values()]
      .filter((stored) => stored.resource === resource && (!namespace || stored.namespace === namespace))
      .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
  }
  private select(items: Stored[], { labelSelector }: ListOptions): Stored[] {
    const selector = labelSelector ? parseLabelSelector(labelSelector) : undefined;
    return selector ? items.filter(({ labels }) => selector.matches(labels)) : items;
  }
  private tell(event: StoreEvent): void {
    this.log.push(event);
    for (const watcher of this.watchers) if (matches(watcher, event)) watcher.sink.onEvents([event]);
  }
}

const matches = (watcher: { resource: string; namespace: string }, { stored }: StoreEvent): boolean =>
  stored.resource === watcher.resource && (!watcher.namespace || stored.namespace === watcher.namespace);

const whole = (kind: Parameters<Api['get']>[1]['kind'], stored: Stored): KubeObject => ({
  apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version,
  kind: kind.kind,
  ...stored.object,
});

export const asUser = (name: string, groups: readonly string[] = ['system:authenticated']): RequestContext => ({
  user: { name, groups },
  agent: 'test',
  warn: () => undefined,
});
