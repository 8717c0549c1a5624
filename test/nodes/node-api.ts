import { createInformers, type Informers } from '../../src/client/informers.ts';
import type { Client } from '../../src/client/contract.ts';
import type { Clock } from '../../src/rules/clock.ts';
import type { Pod } from '../../schema/types.ts';
import { FakeApi, type FakeApiOptions, type Loose, type Manifest } from '../support/fake-api.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** The API as the nodes of a test see it, with informers over a connection of their own. */
export class NodeApi {
  readonly client: Client;

  private constructor(
    readonly api: FakeApi,
    readonly informers: Informers,
    private readonly shared: boolean,
  ) {
    this.client = api.client;
  }

  /**
   * @param clock of the informers; the API's own when not given
   * @param given an API that others use too, and that stays
   */
  static async open(
    clock?: Clock,
    { api: given, ...options }: FakeApiOptions & { api?: FakeApi } = {},
  ): Promise<NodeApi> {
    const api = given ?? (await FakeApi.open({ ...options, clock: new FakeClock(clock?.now()) }));
    return new NodeApi(
      api,
      createInformers(api.client, clock ?? api.clock, { random: () => 0.5 }),
      given !== undefined,
    );
  }

  get clock(): FakeClock {
    return this.api.clock;
  }

  /** A pod of the namespace `a` that is bound already and is shown no token. */
  async addPod(name: string, spec: object, more: Partial<Manifest> = {}): Promise<Pod> {
    const metadata = { name, namespace: 'a', ...more.metadata };
    const whole = { automountServiceAccountToken: false, ...spec };
    await this.api.give({ apiVersion: 'v1', kind: 'Pod', ...more, metadata, spec: whole });
    return this.client.get('pods', 'a', name);
  }

  /** As `kubectl delete` does it. */
  deletePod(name: string, gracePeriodSeconds?: number): Promise<void> {
    return this.client.delete('pods', 'a', name, gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds });
  }

  /** undefined when it is gone */
  async find(resource: string, namespace: string, name: string): Promise<Loose | undefined> {
    return (await this.api.list(resource, namespace || undefined)).find((each) => each.metadata.name === name);
  }

  async close(): Promise<void> {
    await this.informers.stop();
    if (!this.shared) await this.api.close();
  }
}
