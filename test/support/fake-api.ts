import { generateKeyPairSync } from 'node:crypto';
import { createApi, type ApiOptions, type RunningApi } from '../../src/api/api.ts';
import { createClient } from '../../src/client/client.ts';
import type { Client, ObjectOf } from '../../src/client/contract.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { groupResourceName } from '../../src/meta/gvk.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { createGraphQL, type GraphQLFacade } from '../../src/resolvers/graphql.ts';
import type { Store } from '../../src/store/contract.ts';
import { FakeClock } from './fake-clock.ts';
import { FaultyTransport } from './faulty-transport.ts';
import { MemoryStore } from './memory-store.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
export const serviceAccountKeys = { privateKey, publicKey };

export interface FakeApiOptions extends Partial<Omit<ApiOptions, 'store'>> {
  clock?: FakeClock;
  /** another than one in memory */
  store?: Store;
}

/** What an object is given as: all that a manifest needs, and a status that is written behind it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name?: string; generateName?: string; namespace?: string; [field: string]: unknown };
  [field: string]: unknown;
}

/**
 * The API for tests of what is above it: the pipeline itself (kinds, admission, authorization, GraphQL) over a store in
 * memory and a clock that stands still. Nothing of its behaviour is made up here; that the store in memory and Postgres
 * cannot be told apart is what `test/client/contract.test.ts` says.
 */
export class FakeApi {
  /** the administrator's connection */
  readonly transport: FaultyTransport;
  readonly client: Client;
  private readonly transports: FaultyTransport[] = [];

  private constructor(
    readonly store: Store,
    readonly clock: FakeClock,
    readonly api: RunningApi,
    readonly graphql: GraphQLFacade,
  ) {
    this.transport = this.connect();
    this.client = createClient(this.transport);
  }

  /** With what every cluster has, and the namespace `a` with its service account. */
  static async open(options: FakeApiOptions = {}): Promise<FakeApi> {
    const { clock = new FakeClock(), store, ...rest } = options;
    const used = store ?? (await furnished()).copy(() => clock.now());
    return FakeApi.over(used, clock, rest);
  }

  private static async over(store: Store, clock: FakeClock, options: Partial<ApiOptions>): Promise<FakeApi> {
    const api = await createApi({ registry: createRegistry(), serviceAccountKeys, clock, ...options, store });
    return new FakeApi(store, clock, api, createGraphQL({ api }));
  }

  /** What a cluster has when it is new is made once, and copied for each test. */
  static async furnish(store: MemoryStore): Promise<MemoryStore> {
    const first = await FakeApi.over(store, new FakeClock(), {});
    await first.give(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a' } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'a' } },
    );
    await first.api.close();
    return store;
  }

  /** A connection of its own, for what is to be cut off by itself. */
  connect(): FaultyTransport {
    const transport = new FaultyTransport(this.graphql.executor);
    this.transports.push(transport);
    return transport;
  }

  /** Changes whenever something happens; undefined while a call is under way. */
  get activity(): number | undefined {
    if (this.transports.some(({ pending }) => pending > 0)) return undefined;
    return this.transports.reduce((sum, { activity }) => sum + activity, this.store.revision);
  }

  /** Makes objects, with their status as their controllers would have written it. */
  async give(...manifests: Manifest[]): Promise<KubeObject[]> {
    const made: KubeObject[] = [];
    for (const manifest of manifests) {
      const resource = this.resourceOf(manifest);
      const created = await this.client.create(resource, structuredClone(manifest) as never);
      const { status } = manifest;
      made.push(status ? await this.client.update(resource, { ...created, status }, 'status') : created);
    }
    return made;
  }

  private resourceOf({ apiVersion, kind }: Manifest): string {
    const found = this.api.registry
      .all()
      .find((one) => one.kind === kind && (one.group ? `${one.group}/${one.version}` : one.version) === apiVersion);
    if (!found) throw new Error(`no kind ${apiVersion} ${kind}`);
    return groupResourceName(found);
  }

  async list<R extends string>(resource: R, namespace?: string): Promise<ObjectOf<R>[]> {
    return (await this.client.list(resource, namespace === undefined ? {} : { namespace })).items;
  }

  /** Changes an object as somebody else would. */
  async edit<R extends string>(
    resource: R,
    namespace: string,
    name: string,
    change: (object: ObjectOf<R>) => void,
    subresource?: string,
  ): Promise<ObjectOf<R>> {
    const object = await this.client.get(resource, namespace, name);
    change(object);
    return this.client.update(resource, object, subresource);
  }

  async close(): Promise<void> {
    for (const transport of this.transports) transport.cut();
    await this.graphql.close();
    await this.api.close();
    await this.store.close();
  }
}

let base: Promise<MemoryStore> | undefined;
const furnished = (): Promise<MemoryStore> => (base ??= FakeApi.furnish(new MemoryStore()));
