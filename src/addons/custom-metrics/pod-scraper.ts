import type { Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { errorMessage } from '../../meta/error-message.ts';
import type { Clock } from '../../rules/clock.ts';
import { someAtOnce } from '../../rules/some-at-once.ts';
import { Rounds } from '../rounds.ts';
import { byNamespace, fairShare, inTurn } from '../fair-share.ts';
import { parseExposition, type Sample } from './parse-exposition.ts';
import type { Rule } from './rules.ts';
import { podKey, type Samples } from './samples.ts';
import { annotatedTarget, isAsked, type Target } from './targets.ts';

/** ms between two rounds */
export const RESOLUTION_MS = 15_000;
/** Places that are asked at once, of all and of one namespace; places of one pod, and places in all. */
const AT_ONCE = 32;
const OF_ONE_AT_ONCE = 4;
const MAX_PLACES = 8;
const MAX_TARGETS = 5000;
/** Lines that are read, and objects that monitors look at, before others have a turn. */
const PER_TURN = 1000;

export interface PodScraperOptions {
  pods: Pick<Informer<Pod>, 'list'>;
  samples: Samples;
  /** undefined: as before; rejects with what is wrong with them */
  readRules(): Promise<readonly Rule[] | undefined>;
  /** where monitors lead, and nothing for what they do not select */
  monitored(): Promise<Iterable<Target | undefined>>;
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
    const places = await this.places();
    const pods = new Set(places.flatMap((targets) => targets.map(({ namespace, pod }) => `${namespace}/${pod}`)));
    samples.keepOnly(pods, clock.now());
    samples.divide();
    await someAtOnce(inTurn(places.map(inChains)), AT_ONCE, (chain) => this.ask(chain));
    for (const what of this.said.keys()) if (what.includes('/') && !pods.has(podOf(what))) this.said.delete(what);
  }

  /**
   * One after the other, for as long as a round is: whose pods take long to answer has fewer of them asked, and keeps
   * nobody else's waiting.
   */
  private async ask(targets: readonly Target[]): Promise<void> {
    const { clock } = this.options;
    const end = clock.now() + RESOLUTION_MS;
    for (const target of targets) if (!this.rounds.stopped && clock.now() < end) await this.scrape(target);
  }

  /** By namespace; each has as many as the others, where there are too many. */
  private async places(): Promise<Target[][]> {
    const { pods, monitored } = this.options;
    const asked = pods.list().filter(isAsked);
    const found = new Map(asked.map((pod) => [podKey(pod), new Map<string, Target>()]));
    const add = (target: Target | undefined): void => {
      const own = target && found.get(`${target.namespace}/${target.pod}`);
      if (own && own.size < MAX_PLACES) own.set(placeOf(target), target);
    };
    for (const pod of asked) add(annotatedTarget(pod));
    await this.tried('monitors', async () => {
      await inTurns(await monitored(), add);
    });
    const all = [...byNamespace(asked)].map((own) =>
      own.flatMap((pod) => [...(found.get(podKey(pod))?.values() ?? [])]),
    );
    const share = fairShare(
      all.map(({ length }) => length),
      MAX_TARGETS,
    );
    return all.map((own) => own.slice(0, share));
  }

  private async scrape(target: Target): Promise<void> {
    const { samples, allowed, fetch, clock } = this.options;
    const { namespace, pod, address, port } = target;
    await this.tried(`${namespace}/${pod}:${placeOf(target)}`, async () => {
      const host = allowed(address, port);
      if (host === undefined) throw new Error('its address is none that may be asked');
      const found: Sample[] = [];
      await inTurns(parseExposition(await fetch(target, host)), (sample) => found.push(sample));
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

/** As many as may be asked at once of one namespace. */
function inChains(targets: readonly Target[]): Target[][] {
  const chains: Target[][] = [];
  targets.forEach((target, i) => (chains[i % OF_ONE_AT_ONCE] ??= []).push(target));
  return chains;
}

async function inTurns<T>(items: Iterable<T>, work: (item: T) => unknown): Promise<void> {
  let done = 0;
  for (const item of items) {
    work(item);
    if (++done % PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}
