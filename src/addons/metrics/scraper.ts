import type { Node, Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { Clock } from '../../rules/clock.ts';
import { someAtOnce } from '../../rules/some-at-once.ts';
import { Rounds } from '../rounds.ts';
import type { KubeletCaller } from './kubelet-caller.ts';
import { parseResourceMetrics } from './parse-resource-metrics.ts';
import type { Readings } from './readings.ts';
import { isSimulated, simulatedReadings } from './simulated-reading.ts';

/** ms between two rounds (--metric-resolution) */
export const RESOLUTION_MS = 15_000;
/** Kubelets that are asked at once. */
const AT_ONCE = 32;
/** Simulated nodes of which the readings are made before others have a turn. */
const PER_TURN = 200;

export interface ScraperOptions {
  nodes: Informer<Node>;
  /** with an index `node` */
  pods: Informer<Pod>;
  kubelets: Pick<KubeletCaller, 'ready' | 'get'>;
  readings: Readings;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
}

/** Asks all nodes for their figures, again and again. */
export class Scraper {
  private readonly rounds: Rounds;
  /** nodes that did not answer last time: each is said once */
  private silent = new Set<string>();

  constructor(private readonly options: ScraperOptions) {
    const { clock, log } = options;
    this.rounds = new Rounds({
      clock,
      everyMs: RESOLUTION_MS,
      round: () => this.round(),
      failed: (error) => log('no round of metrics', { error: errorMessage(error) }),
    });
  }

  start(): void {
    void this.rounds.start();
  }

  stop(): void {
    this.rounds.stop();
  }

  /** One round over all nodes. */
  async round(): Promise<void> {
    const { nodes, readings, kubelets } = this.options;
    const all = nodes.list();
    readings.keepOnly(new Set(all.map(({ metadata }) => metadata.name)));
    const real = all.filter((node) => !isSimulated(node));
    await this.simulate(all.filter(isSimulated));
    if (real.length === 0) return;
    await kubelets.ready();
    const silent = new Set<string>();
    await someAtOnce(real, AT_ONCE, async (node) => {
      if (!this.rounds.stopped && !(await this.scrape(node))) silent.add(node.metadata.name);
    });
    this.silent = silent;
  }

  /** @returns whether the node has answered */
  private async scrape(node: Node): Promise<boolean> {
    const { kubelets, readings, clock, log } = this.options;
    const { name } = node.metadata;
    try {
      const reading = parseResourceMetrics(await kubelets.get(node, '/metrics/resource'), clock.now());
      if (!reading) throw new Error('it says nothing of itself');
      readings.put(name, reading);
      return true;
    } catch (error) {
      readings.drop(name);
      if (!this.silent.has(name)) log('a node tells no metrics', { node: name, error: errorMessage(error) });
      return false;
    }
  }

  private async simulate(nodes: readonly Node[]): Promise<void> {
    const { pods, readings, clock } = this.options;
    for (let at = 0; at < nodes.length && !this.rounds.stopped; at += PER_TURN) {
      for (const { metadata } of nodes.slice(at, at + PER_TURN)) {
        const [before, last] = simulatedReadings(pods.index('node', metadata.name), clock.now(), RESOLUTION_MS);
        readings.putBoth(metadata.name, before, last);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
