import type { Bench, Row } from '../row.ts';
import { cpuSeconds } from '../processes.ts';
import { firstPage, framesOf, heapOf, latestChange, openList } from '../pages/measures.ts';
import { askedBy, openPages } from '../pages/open-pages.ts';
import { signedIn } from '../pages/signed-in.ts';

/** Pages that stay open, half of them the overview and half a list, and changes a second of what they show. */
const PAGES = 50;
const RATE = 100;
/** px a frame: 36,000 a second, faster than a hand turns a wheel */
const SCROLL = 600;
const SCROLL_MS = 5_000;
const PROBES = 20;

/** Changes of pods that the lists show. */
const changes = (bench: Bench, rate: number, seconds: number) =>
  bench.load({
    method: 'PATCH',
    contentType: 'application/merge-patch+json',
    paths: [`/api/v1/namespaces/${bench.namespace}/pods/pod-{n}/status`],
    body: '{"status":{"reason":"at-{t}"}}',
    inFlight: 16,
    rate,
    modulo: Math.min(1_000, bench.objects),
    seconds,
  });

/** Frames a second, ms until a change is seen, and MB that the page keeps more after many changes. */
async function list(bench: Bench, seconds: number): Promise<[frames: number, late: number, more: number]> {
  const { page, browser } = await signedIn(bench.endpoint);
  try {
    await openList(page, bench);
    const frames = await framesOf(page, SCROLL, SCROLL_MS);
    const late = await latestChange(page, bench, PROBES);
    // what it makes once, for its first changes, is no growth
    await changes(bench, RATE, seconds);
    const before = await heapOf(page);
    await changes(bench, RATE, 3 * seconds);
    return [frames, late, (await heapOf(page)) - before];
  } finally {
    await browser.close();
  }
}

/** What open pages cost the server, % of a core: the changes themselves are not counted. */
async function costOfPages(bench: Bench, seconds: number): Promise<number> {
  const cost = async (): Promise<number> => {
    const before = cpuSeconds(bench.server!.pid).server;
    await changes(bench, RATE, seconds);
    return ((cpuSeconds(bench.server!.pid).server - before) * 100) / seconds;
  };
  const asked = await Promise.all([
    askedBy(bench, '/', (page) => page.getByRole('heading', { name: 'What changed lately' }).waitFor()),
    askedBy(bench, '/kinds/pods', (page) => page.getByRole('grid').getByRole('link').first().waitFor()),
  ]);
  const alone = await cost();
  const close = await openPages(
    bench,
    Array.from({ length: PAGES }, (_, n) => asked[n % asked.length]!),
  );
  try {
    return (await cost()) - alone;
  } finally {
    await close();
  }
}

const dashboard: Row = {
  name: 'dashboard',
  title: `the dashboard with 10,000 pods; ${PAGES} open pages at ${RATE} changes/s`,
  stage: 'filled',
  anyServer: false,
  quick: false,
  maxRuns: 1,
  measures: [
    { unit: 's', better: 'less', goal: 1.5, label: 'first page' },
    { unit: 's', better: 'less', goal: 4, label: 'first page, slow 4G' },
    { unit: '/s', better: 'more', goal: 60, label: 'frames' },
    { unit: 'ms', better: 'less', goal: 200, label: 'change on screen, at most' },
    { unit: 'MB', better: 'less', goal: 2, label: 'memory after 6,000 changes, more' },
    { unit: '%', better: 'less', goal: 20, label: `${PAGES} pages, of a core` },
  ],
  async run(bench) {
    const seconds = bench.quick ? 3 : 20;
    return [
      await firstPage(bench, false),
      await firstPage(bench, true),
      ...(await list(bench, seconds)),
      await costOfPages(bench, seconds),
    ];
  },
};

export const DASHBOARD: readonly Row[] = [dashboard];
