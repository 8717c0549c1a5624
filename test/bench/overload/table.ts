import type { FloodResult, StreamResult } from '../load/messages.ts';
import { show } from '../report/results.ts';
import { markdown } from '../report/table.ts';

/** What one overload did to the one who made it, and to the others. */
export interface Overload {
  facade: string;
  /** requests a second: what the server can do of the noisy user's, and what was sent if nothing held it back */
  sustained: number;
  offered: number;
  noisy: FloodResult;
  leases: FloodResult;
  lists: FloodResult;
  gets: FloodResult;
  /** of the controller, on leases */
  watches: StreamResult;
  /** seconds; undefined: longer than was looked */
  recovery: number | undefined;
  /** MB */
  memory: { before: number; peak: number; after: number };
}

type Line = [what: string, goal: string, measured: string, reached: boolean | undefined];

/** ms within which the others are answered (p99), and of which errors there may be none */
const GOALS = { leases: 1_000, lists: 1_000, gets: 1_000, events: 1_000 };
const GROWTH = 300;
const RECOVERY = 5;
/** of the sustained rate, for the noisy user, while it asks ten times as much */
const SHARE = 25;

const percent = (part: number, whole: number): number => (whole > 0 ? (part / whole) * 100 : 0);

/** Markdown, and whether all goals are reached. */
export function overloadTable(results: readonly Overload[]): { text: string; reached: boolean } {
  const lines = results.flatMap(linesOf);
  const cells = lines.map(([what, goal, measured, reached]) => [
    what,
    goal,
    measured,
    reached === undefined ? '' : reached ? 'yes' : 'no',
  ]);
  return {
    text: markdown(['under ten times the load', 'goal', 'measured', 'reached'], cells),
    reached: lines.every(([, , , reached]) => reached !== false),
  };
}

function linesOf({
  facade,
  sustained,
  offered,
  noisy,
  leases,
  lists,
  gets,
  watches,
  recovery,
  memory,
}: Overload): Line[] {
  const served = percent(noisy.ok / noisy.seconds, sustained);
  return [
    [`${facade}: sustained, 64 in flight`, '', show(sustained, '/s'), undefined],
    [
      `${facade}: sent (of ${show(offered, '/s')} wanted, 2,000 in flight at most)`,
      '',
      show(noisy.sent / noisy.seconds, '/s'),
      undefined,
    ],
    [`${facade}: noisy user, served, of what is sustained`, `≥ ${SHARE}%`, show(served, '%'), served >= SHARE],
    [`${facade}: noisy user, 2xx of all answers`, '', show(percent(noisy.ok, noisy.sent), '%'), undefined],
    [`${facade}: noisy user, 429 of all answers`, '', show(percent(noisy.refused, noisy.sent), '%'), undefined],
    [
      `${facade}: noisy user, 429 without Retry-After`,
      '0',
      String(noisy.refused - noisy.retryAfter),
      noisy.refused === noisy.retryAfter,
    ],
    [
      `${facade}: noisy user, any other answer, or none${noisy.firstError ? ` (${noisy.firstError.slice(0, 60)})` : ''}`,
      '0',
      String(noisy.failed),
      noisy.failed === 0,
    ],
    ...latencies(`${facade}: lease renewals of 200 nodes`, leases, GOALS.leases),
    ...latencies(`${facade}: lists of the controller`, lists, GOALS.lists),
    ...latencies(`${facade}: GETs of another user, 20/s`, gets, GOALS.gets),
    [
      `${facade}: watch events of the controller, p50 / p99`,
      `≤ ${show(GOALS.events, 'ms')}`,
      `${show(watches.p50, 'ms')} / ${show(watches.p99, 'ms')}`,
      watches.p99 <= GOALS.events,
    ],
    [`${facade}: watches cut`, '0', String(watches.cut), watches.cut === 0],
    [
      `${facade}: memory before / peak / after`,
      `≤ +${GROWTH} MB`,
      [memory.before, memory.peak, memory.after].map((mb) => show(Math.round(mb), 'MB')).join(' / '),
      memory.peak - memory.before <= GROWTH,
    ],
    [
      `${facade}: until 90% of the rate is back`,
      `≤ ${RECOVERY} s`,
      recovery === undefined ? 'longer' : show(recovery, 's'),
      recovery !== undefined && recovery <= RECOVERY,
    ],
  ];
}

function latencies(what: string, { p50, p99, refused, failed, firstError }: FloodResult, goal: number): Line[] {
  const errors = refused + failed;
  return [
    [`${what}, p50 / p99`, `≤ ${show(goal, 'ms')}`, `${show(p50, 'ms')} / ${show(p99, 'ms')}`, p99 <= goal],
    [`${what}, errors${firstError ? ` (${firstError.slice(0, 60)})` : ''}`, '0', String(errors), errors === 0],
  ];
}
