import { generateKeyPairSync } from 'node:crypto';
import { isAnyWaiting, nextTurn } from '../../src/api/fairness/turns.ts';
import { createApi, type ApiOptions, type RunningApi } from '../../src/api/api.ts';
import type { Dialer } from '../../src/api/streams/dialer.ts';
import { createClient } from '../../src/client/client.ts';
import type { Client } from '../../src/client/contract.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { groupResourceName } from '../../src/meta/gvk.ts';
import type { KubeObject, ObjectLike } from '../../src/meta/object.ts';
import { StatusError } from '../../src/meta/status.ts';
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

/** Turns of the event loop in which nothing happens: then nothing will, until time passes. */
const QUIET_TURNS = 4;

export interface FakeApiOptions extends Partial<Omit<ApiOptions, 'store'>> {
  clock?: FakeClock;
  /** another than one in memory */
  store?: Store;
  /** of nodes, for the logs of pods */
  dialer?: Dialer;
}

/** An object as a test reads it: what is not there fails the test, so no type has to say that it may be missing. */
export interface Loose extends ObjectLike {
  apiVersion: string;
  kind: string;
  [field: string]: any;
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
    clock.settle = () => this.quiet();
  }

  /** With what every cluster has, and the namespace `a` with its service account. */
  static async open(options: FakeApiOptions = {}): Promise<FakeApi> {
    const { clock = new FakeClock(), store, dialer, ...rest } = options;
    const used = store ?? (await furnished()).copy(() => clock.now());
    return FakeApi.over(used, clock, rest, dialer);
  }

  private static async over(
    store: Store,
    clock: FakeClock,
    options: Partial<ApiOptions>,
    dialer?: Dialer,
  ): Promise<FakeApi> {
    // tests count what there is: no ConfigMap of the cluster's own
    const usual = { registry: createRegistry(), serviceAccountKeys, clock, tracksLegacyTokens: false };
    const api = await createApi({ ...usual, ...options, store });
    return new FakeApi(store, clock, api, createGraphQL({ api, ...(dialer && { dialer }) }));
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

  /** Until nothing happens any more, before time passes; `busy` says what cannot be seen from here. */
  async quiet(busy: () => boolean = () => false): Promise<void> {
    let seen: number | undefined;
    for (let turns = 0; turns < QUIET_TURNS;) {
      await nextTurn();
      const { activity } = this;
      turns = activity !== undefined && activity === seen && !isAnyWaiting() && !busy() ? turns + 1 : 0;
      seen = activity;
    }
  }

  /** Changes whenever something happens; undefined while a call is under way. */
  private get activity(): number | undefined {
    if (this.transports.some(({ pending }) => pending > 0)) return undefined;
    return this.transports.reduce((sum, { activity }) => sum + activity, this.store.revision);
  }

  /** Makes objects, with their status as their controllers would have written it. */
  async give(...manifests: Manifest[]): Promise<KubeObject[]> {
    const made: KubeObject[] = [];
    for (const manifest of manifests) {
      const resource = this.resourceOf(manifest);
      const created = await this.client.create(resource, structuredClone(manifest) as never);
      const { namespace = '', name } = created.metadata;
      const { status } = manifest;
      const written = { subresource: 'status' };
      made.push(status ? await this.client.patch(resource, namespace, name, { status }, written) : created);
    }
    return made;
  }

  /** kind and apiVersion of `deployments.apps`, in its preferred version */
  typeOf(resource: string): Pick<Manifest, 'apiVersion' | 'kind'> {
    const found = this.api.registry.preferred(resource);
    if (!found) throw new Error(`no resource ${resource}`);
    return { apiVersion: found.group ? `${found.group}/${found.version}` : found.version, kind: found.kind };
  }

  private resourceOf({ apiVersion, kind }: Manifest): string {
    const found = this.api.registry
      .all()
      .find((one) => one.kind === kind && (one.group ? `${one.group}/${one.version}` : one.version) === apiVersion);
    if (!found) throw new Error(`no kind ${apiVersion} ${kind}`);
    return groupResourceName(found);
  }

  async list(resource: string, namespace?: string): Promise<Loose[]> {
    return (await this.client.list(resource, namespace === undefined ? {} : { namespace })).items as Loose[];
  }

  /** Changes an object as somebody else would: read again and changed again where another write came between, as that of a reconciler. */
  async edit(
    resource: string,
    namespace: string,
    name: string,
    change: (object: Loose) => void,
    subresource?: string,
  ): Promise<KubeObject> {
    for (;;) {
      const object = (await this.client.get(resource, namespace, name)) as Loose;
      change(object);
      try {
        return await this.client.update(resource, object, subresource);
      } catch (error) {
        if (!(error instanceof StatusError) || error.status.reason !== 'Conflict') throw error;
      }
    }
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
