import type { Reconciler } from '../../src/control/contract.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { serviceUnavailable } from '../../src/meta/status.ts';
import { startCluster, type Cluster } from './cluster.ts';
import { differences, endState } from './end-state.ts';
import { FakeApi, type Manifest } from './fake-api.ts';
import { isWrite, type Call, type FaultyTransport } from './faulty-transport.ts';

/** A story of controllers: what there is when they start, what others do, and what has come of it in the end. */
export interface Scenario {
  /** whether the scheduler runs too */
  scheduler?: boolean;
  /** made anew each time that their process starts */
  controllers(): readonly Reconciler[];
  given: readonly Manifest[];
  /** what others do, each when all has come to rest */
  acts?: readonly ((cluster: Cluster) => Promise<unknown>)[];
  /** asserts the end */
  end(cluster: Cluster): Promise<void>;
  /** what the process may log; nothing when not given */
  logs?: RegExp;
  /** where its end tells of the first failure that it met, so that others than its own would show */
  onlyCrash?: boolean;
  /** versions that are served beside those that always are */
  optionalVersions?: readonly string[];
  /** see ClusterOptions */
  untilIdle?: boolean;
}

/** What befalls the process at its nth write: it ends behind it, the write is refused, or its answer gets lost. */
export type Fault = 'crash' | 'refused' | 'unanswered';
interface Strike {
  fault: Fault;
  /** from 1 */
  nth: number;
}

/** ms that pass before the first act and after each: enough for what is tried again after a failure */
const REST = 1_000;

export interface Played {
  cluster: Cluster;
  /** of the first process, in order, as `lineOf` has them */
  writes: string[];
}

/** Plays a scenario to its end. Whoever asks stops the cluster. Events do not count as writes: news may get lost. */
export async function play(scenario: Scenario, strike?: Strike): Promise<Played> {
  const api = await FakeApi.open({ registry: createRegistry(scenario.optionalVersions) });
  await api.give(...scenario.given);
  const writes: string[] = [];
  const cluster = await startCluster(() => scenario.controllers(), {
    api,
    untilIdle: scenario.untilIdle ?? false,
    scheduler: scenario.scheduler ?? false,
    prepare: (transport) => watchOver(transport, writes, strike),
  });
  await cluster.advance(REST);
  for (const act of scenario.acts ?? []) {
    await act(cluster);
    await cluster.advance(REST);
  }
  return { cluster, writes };
}

function watchOver(transport: FaultyTransport, writes: string[], strike: Strike | undefined): void {
  const counts = (call: Call): boolean => isWrite(call) && call.resource !== 'events';
  // writes go one after the other, so what `after` sees is the one that `before` has counted last
  transport.before = (call) => {
    if (!counts(call)) return;
    writes.push(`${call.verb} ${call.resource} ${call.namespace}/${call.name}`);
    if (writes.length === strike?.nth && strike.fault === 'refused') throw serviceUnavailable('refused');
  };
  transport.after = (call) => {
    if (!counts(call) || writes.length !== strike?.nth) return;
    if (strike.fault === 'crash') transport.cut();
    if (strike.fault === 'unanswered') throw serviceUnavailable('the answer got lost');
  };
}

/**
 * Plays a scenario once for each write that it takes, with a fault at that write.
 * @returns what came out otherwise than without a fault, empty when nothing did
 */
export async function sweep(scenario: Scenario, fault: Fault): Promise<string[]> {
  const undisturbed = await play(scenario);
  // what could not be written goes along with what is written next
  const options = { generations: fault !== 'refused' };
  const wanted = endState(undisturbed.cluster.api, options);
  await undisturbed.cluster.stop();
  const differing: string[] = [];
  for (let nth = 1; nth <= undisturbed.writes.length; nth++) {
    const { cluster, writes } = await play(scenario, { fault, nth });
    const found = endState(cluster.api, options);
    await cluster.stop();
    const where = `${fault} at write ${nth}, ${writes[nth - 1] ?? 'which never came'}`;
    differing.push(...differences(wanted, found).map((line) => `${where}: ${line}`));
  }
  return differing;
}
