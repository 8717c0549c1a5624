import type { Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { Clock } from '../../rules/clock.ts';
import { someAtOnce } from '../../rules/some-at-once.ts';
import { Rounds } from '../rounds.ts';
import { parseExposition, type Sample } from './parse-exposition.ts';
import type { Rule } from './rules.ts';
import { podKey, type Samples } from './samples.ts';
import { annotatedTarget, isAsked, type Target } from './targets.ts';

/** ms between two rounds */
export const RESOLUTION_MS = 15_000;
/** Pods that are asked at once, places of one pod, and places in all. */
const AT_ONCE = 16;
const MAX_PLACES = 8;
const MAX_TARGETS = 5000;
/** Lines that are read before others have a turn. */
const PER_TURN = 1000;

export interface PodScraperOptions {
  pods: Pick<Informer<Pod>, 'list'>;
  samples: Samples;
  /** undefined: as before; rejects with what is wrong with them */
  readRules(): Promise<readonly Rule[] | undefined>;
  /** where monitors lead */
  monitored(): Promise<readonly Target[]>;
  /** the address to connect to; undefined where nobody may be led there */
  allowed(address: string, port: number): string | undefined;
  fetch(target: Target, host: string): Promise<string>;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
}

/** Asks pods what they do, again and again. */
export class PodScraper {
  private readonly rounds: Rounds;
  /** what was said last of each part, so that nothing is said twice */
  private readonly said = new Map<string, string>();

  constructor(private readonly options: PodScraperOptions) {
    const { clock, log } = options;
    this.rounds = new Rounds({
      clock,
      everyMs: RESOLUTION_MS,
      round: () => this.round(),
      failed: (error) => log('no round of custom metrics', { error: errorMessage(error) }),
    });
  }

  start(): void {
    void this.rounds.start();
  }

  stop(): void {
    this.rounds.stop();
  }

  /** One round over all pods. */
  async round(): Promise<void> {
    const { samples, readRules, clock } = this.options;
    const rules = await this.tried('rules', readRules);
    if (rules) samples.setRules(rules);
    const targets = await this.targets();
    const pods = new Set(targets.map(({ namespace, pod }) => `${namespace}/${pod}`));
    samples.keepOnly(pods, clock.now());
    await someAtOnce(targets, AT_ONCE, async (target) => {
      if (!this.rounds.stopped) await this.scrape(target);
    });
    for (const what of this.said.keys()) if (what.includes('/') && !pods.has(podOf(what))) this.said.delete(what);
  }

  private async targets(): Promise<Target[]> {
    const { pods, monitored } = this.options;
    const asked = pods.list().filter(isAsked);
    const may = new Set(asked.map(podKey));
    const all = [
      ...asked.flatMap((pod) => annotatedTarget(pod) ?? []),
      ...((await this.tried('monitors', monitored)) ?? []).filter(({ namespace, pod }) =>
        may.has(`${namespace}/${pod}`),
      ),
    ];
    const places = new Map<string, Map<string, Target>>();
    for (const target of all) {
      const key = `${target.namespace}/${target.pod}`;
      const own = places.get(key) ?? new Map<string, Target>();
      if (own.size < MAX_PLACES) places.set(key, own.set(placeOf(target), target));
    }
    return [...places.values()].flatMap((own) => [...own.values()]).slice(0, MAX_TARGETS);
  }

  private async scrape(target: Target): Promise<void> {
    const { samples, allowed, fetch, clock } = this.options;
    const { namespace, pod, address, port } = target;
    await this.tried(`${namespace}/${pod}:${placeOf(target)}`, async () => {
      const host = allowed(address, port);
      if (host === undefined) throw new Error('its address is none that may be asked');
      const found = await inTurns(parseExposition(await fetch(target, host)));
      const left = samples.put(namespace, pod, placeOf(target), found, clock.now());
      if (left > 0) throw new Error('it has more series than are kept');
    });
  }

  /** Undefined where it goes wrong, which is said once, until it goes well or wrong in another way. */
  private async tried<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await work();
      this.said.delete(what);
      return result;
    } catch (error) {
      const message = errorMessage(error);
      if (this.said.get(what) !== message) this.options.log('not asked', { what, error: message });
      this.said.set(what, message);
      return undefined;
    }
  }
}

const placeOf = ({ port, path, isHttps }: Target): string => `${port}${path}${isHttps ? ' https' : ''}`;
const podOf = (what: string): string => what.slice(0, what.indexOf(':'));

async function inTurns(samples: Iterable<Sample>): Promise<Sample[]> {
  const all: Sample[] = [];
  for (const sample of samples) {
    all.push(sample);
    if (all.length % PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return all;
}
