import type { Page } from 'playwright-core';
import type { Endpoint } from '../../../src/client/kubeconfig.ts';
import type { Bench } from '../row.ts';
import { signedIn } from './signed-in.ts';

/** What a script of ours finds in the page. */
declare const document: {
  querySelector(selector: string): { scrollTop: number; textContent: string | null } | null;
};
declare function requestAnimationFrame(then: () => void): void;
declare const MutationObserver: new (seen: () => void) => {
  observe(node: unknown, options: Record<string, boolean>): void;
};

export const addressOf = ({ server }: Endpoint, path = ''): string => `${new URL(server).origin}/dashboard${path}`;

/** s from asking for the overview until it says how many pods there are, in a browser that has nothing of it. */
export async function firstPage({ endpoint, objects }: Bench, slow: boolean): Promise<number> {
  const { page, browser } = await signedIn(endpoint, slow);
  try {
    const began = performance.now();
    await page.goto(addressOf(endpoint), { waitUntil: 'commit' });
    await page.getByRole('link', { name: new RegExp(`^Pods ${objects}\\b`) }).waitFor();
    return (performance.now() - began) / 1000;
  } finally {
    await browser.close();
  }
}

/** The list of all pods, each of which can be scrolled to. */
export async function openList(page: Page, { endpoint, objects }: Bench): Promise<void> {
  await page.goto(addressOf(endpoint, '/kinds/pods'));
  const list = page.getByRole('grid');
  await list.getByRole('link').first().waitFor();
  await list.focus();
  for (;;) {
    const count = Number(await list.getAttribute('aria-rowcount')) - 1;
    if (count >= objects) return;
    await page.keyboard.press('End');
    await page.locator(`.list:not([aria-rowcount="${count + 1}"])`).waitFor();
  }
}

/** Frames a second while the list goes by at `speed` px a frame for `ms`. */
export const framesOf = (page: Page, speed: number, ms: number): Promise<number> =>
  page.evaluate(
    async ([step, length]) => {
      const list = document.querySelector('.list');
      if (!list) throw new Error('there is no list');
      list.scrollTop = 0;
      let frames = 0;
      const began = performance.now();
      await new Promise<void>((end) => {
        const next = (): void => {
          if (performance.now() - began >= length) return end();
          list.scrollTop += step;
          frames++;
          requestAnimationFrame(next);
        };
        requestAnimationFrame(next);
      });
      return (frames * 1000) / (performance.now() - began);
    },
    [speed, ms] as const,
  );

/** ms from sending a change of the first pod in sight until the list shows it, at most of so many changes. */
export async function latestChange(page: Page, bench: Bench, changes: number): Promise<number> {
  await page.evaluate(() => {
    const list = document.querySelector('.list');
    const seen: Record<string, number> = {};
    (globalThis as unknown as Seen).seen = seen;
    if (list) list.scrollTop = 0;
    new MutationObserver(() =>
      requestAnimationFrame(() => {
        const [word] = /probe-\d+-/.exec(list?.textContent ?? '') ?? [];
        if (word !== undefined) seen[word] ??= Date.now();
      }),
    ).observe(list, { subtree: true, childList: true, characterData: true });
  });
  let most = 0;
  for (let n = 0; n < changes; n++) {
    const word = `probe-${n}-`;
    const pod = await probed(bench, word);
    const sent = Date.now();
    await bench.request('PUT', `/api/v1/namespaces/${bench.namespace}/pods/pod-0/status`, pod);
    most = Math.max(most, (await timeOf(page, word)) - sent);
  }
  return most;
}

/** Until a change that is not shown is given up, ms. */
const SHOWN_MS = 60_000;

/** When the page had shown a word. The page notes it, so that it does not matter how often it is asked. */
const timeOf = (page: Page, word: string): Promise<number> =>
  page.evaluate(
    ([wanted, longest]) =>
      new Promise<number>((found, failed) => {
        const end = performance.now() + longest;
        const look = (): void => {
          const at = (globalThis as unknown as Seen).seen[wanted];
          if (at !== undefined) found(at);
          else if (performance.now() > end) failed(new Error(`${wanted} was not shown`));
          else requestAnimationFrame(look);
        };
        look();
      }),
    [word, SHOWN_MS] as const,
  );
interface Seen {
  seen: Record<string, number>;
}

/** The first pod, with a reason that is to be seen. */
async function probed({ request, namespace }: Bench, reason: string): Promise<object> {
  const pod = await request<{ status?: object }>('GET', `/api/v1/namespaces/${namespace}/pods/pod-0`);
  return { ...pod, status: { ...pod.status, reason } };
}

/** MB that scripts of the page keep, after what nothing needs is gone. */
export async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 2 ** 20;
}
