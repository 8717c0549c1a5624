import { beforeEach, describe, expect, test } from 'vitest';
import { LogFollowing } from '../../../src/api/logs/follow-logs.ts';
import type { LogSink } from '../../../src/api/logs/contract.ts';
import type { KnownSource, LogMark, LogRun } from '../../../src/store/logs/contract.ts';
import { FakeClock, flush } from '../../support/fake-clock.ts';

const SOURCE: KnownSource = {
  id: 1,
  kind: 'container',
  node: 'n',
  namespace: 'a',
  pod: 'p',
  uid: 'u',
  container: 'c',
  attempt: 0,
  position: '',
};

/** One chunk of runs, each of one line; questions to it may be held up, or fail. */
class Runs {
  private readonly runs: LogRun[] = [];
  /** what a question waits for, and whether it fails */
  before: Partial<Record<'mark' | 'since' | 'sourcesById', () => Promise<void>>> = {};

  write(text: string): void {
    const n = this.runs.length + 1;
    this.runs.push({ chunk: 1, n, source: 1, oldest: n, newest: n, body: `0 o ${text}` });
  }
  async mark(): Promise<LogMark> {
    const mark = new Map([[1, this.runs.length]]);
    await this.before.mark?.();
    return mark;
  }
  async since(mark: LogMark, limit: number): Promise<{ runs: LogRun[]; mark: LogMark }> {
    const from = mark.get(1) ?? 0;
    const runs = this.runs.slice(from, from + limit);
    await this.before.since?.();
    return { runs, mark: new Map([[1, from + runs.length]]) };
  }
  async sourcesById(): Promise<KnownSource[]> {
    await this.before.sourcesById?.();
    return [SOURCE];
  }
}

const USER = { name: 'somebody', groups: [] };
let runs: Runs;
let clock: FakeClock;
let following: LogFollowing;
beforeEach(() => {
  runs = new Runs();
  clock = new FakeClock();
  following = new LogFollowing(runs as never, { authorizer: { decide: () => ({ allowed: true }) } } as never, clock);
});

function listener(): { texts: string[]; sink: LogSink } {
  const texts: string[] = [];
  const sink: LogSink = {
    full: false,
    onEntries: (entries) => void texts.push(...entries.map(({ text }) => text)),
    onLeftOut: () => undefined,
    onEnd: () => undefined,
  };
  return { texts, sink };
}
/** @returns what lets those who wait go on */
function gate(): { open: () => void; wait: () => Promise<void> } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, wait: () => opened };
}

describe('who follows is told', () => {
  test('what came while the database was away', async () => {
    const { texts, sink } = listener();
    await following.follow(USER, {}, sink);
    runs.write('one');
    runs.before.sourcesById = () => Promise.reject(new Error('the connection is lost'));
    await clock.advance(600);
    runs.before = {};
    await clock.advance(600);
    expect(texts).toEqual(['one']);
  });

  test('nothing from before he came, where all others left during a look', async () => {
    const stop = await following.follow(USER, {}, listener().sink);
    const { open, wait } = gate();
    runs.before.since = wait;
    await clock.advance(600);
    stop();
    open();
    await flush();
    runs.before = {};
    runs.write('before');
    const { texts, sink } = listener();
    await following.follow(USER, {}, sink);
    runs.write('after');
    await clock.advance(600);
    expect(texts).toEqual(['after']);
  });

  test('each line once, where another begins meanwhile', async () => {
    const { open, wait } = gate();
    runs.before.mark = wait;
    const [one, other] = [listener(), listener()];
    const begun = [following.follow(USER, {}, one.sink)];
    runs.write('between');
    begun.push(following.follow(USER, {}, other.sink));
    open();
    await Promise.all(begun);
    runs.write('after');
    await clock.advance(600);
    expect(one.texts).toEqual(['between', 'after']);
  });
});
