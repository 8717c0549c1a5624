import type { Page } from 'playwright-core';
import { WebSocket } from 'ws';
import type { Bench } from '../row.ts';
import { connect } from '../load/connect.ts';
import { requestOn } from '../session.ts';
import { addressOf } from './measures.ts';
import { signedIn } from './signed-in.ts';

/** What a page that stays open asks the server for. */
export interface Asked {
  /** messages that begin its subscriptions, by their ids */
  subscriptions: ReadonlyMap<string, string>;
  /** ids of those that tell something at once; others only when something changes */
  prompt: ReadonlySet<string>;
  /** what it goes on to ask: bodies of queries, and ms from one time to the next */
  polled: readonly { body: string; every: number }[];
}

/** What a page asks twice while it is looked at for so long, ms, it goes on to ask: the rarest comes every 30 s. */
const LOOKED_MS = 32_000;

/** Opens a page of the dashboard in a browser, and notes what it asks. @param shown waits until the page is whole */
export async function askedBy(bench: Bench, path: string, shown: (page: Page) => Promise<unknown>): Promise<Asked> {
  const { page, browser } = await signedIn(bench.endpoint);
  try {
    const subscriptions = new Map<string, string>();
    const prompt = new Set<string>();
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => {
        const { id, type } = JSON.parse(String(payload)) as { id?: string; type: string };
        if (id === undefined) return;
        // what it has ended meanwhile, it does not keep open
        if (type === 'subscribe') subscriptions.set(id, String(payload));
        else if (type === 'complete') subscriptions.delete(id);
      });
      socket.on('framereceived', ({ payload }) => {
        const { id, type } = typeOf(String(payload));
        if (id !== undefined && type === 'next') prompt.add(id);
      });
    });
    await page.goto(addressOf(bench.endpoint, path));
    await shown(page);
    const sent = new Map<string, number[]>();
    page.on('request', (request) => {
      if (request.method() !== 'POST' || !request.url().endsWith('/graphql')) return;
      const body = request.postData() ?? '';
      sent.set(body, [...(sent.get(body) ?? []), performance.now()]);
    });
    await page.waitForTimeout(LOOKED_MS);
    const again = [...sent].filter(([, times]) => times.length > 1);
    const polled = again.map(([body, times]) => ({ body, every: (times.at(-1)! - times[0]!) / (times.length - 1) }));
    return { subscriptions, prompt, polled };
  } finally {
    await browser.close();
  }
}

/**
 * So many open pages, as the server sees them: each has a socket of its own with the page's subscriptions, and sends
 * its queries as often as it did. Resolves when all have what they begin with.
 * @returns what closes them, when all that they have asked is answered; throws what a query was refused with
 */
export async function openPages({ endpoint }: Bench, pages: readonly Asked[]): Promise<() => Promise<void>> {
  const sockets = await Promise.all(pages.map((page) => socketWith(endpoint, page)));
  const queries = await connect(endpoint);
  const unanswered = new Set<Promise<unknown>>();
  let refused: unknown;
  const ask = (body: string): void => {
    const answer = requestOn(queries, endpoint, 'POST', '/graphql', {}, JSON.parse(body))
      .catch((error: unknown) => (refused ??= error))
      .finally(() => unanswered.delete(answer));
    unanswered.add(answer);
  };
  // one timer a query for all pages that ask it: nobody opened them in the same moment
  const counts = new Map<string, { every: number; pages: number }>();
  for (const { body, every } of pages.flatMap(({ polled }) => polled))
    counts.set(body, { every, pages: (counts.get(body)?.pages ?? 0) + 1 });
  const timers = [...counts].map(([body, { every, pages: count }]) => setInterval(() => ask(body), every / count));
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(unanswered);
    for (const socket of sockets) socket.terminate();
    queries.destroy();
    if (refused !== undefined) throw refused;
  };
}

/** Which subscription a message of the server is about, and what it tells of it. */
function typeOf(message: string): { id?: string | undefined; type?: string | undefined } {
  const [, id, type] = /^\{"id":"([^"]*)","type":"(\w+)"/.exec(message) ?? [];
  return { id, type };
}

async function socketWith(
  { server, token, ca }: Bench['endpoint'],
  { subscriptions, prompt }: Asked,
): Promise<WebSocket> {
  const socket = new WebSocket(`${server.replace('https', 'wss')}/graphql`, 'graphql-transport-ws', {
    headers: { authorization: `Bearer ${token}` },
    ...(ca && { ca }),
  });
  const ids = new Set([...prompt].filter((id) => subscriptions.has(id)));
  await new Promise<void>((whole, failed) => {
    socket.on('error', failed);
    socket.on('close', (code) => failed(new Error(`an open page was cut with ${code}`)));
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (data: Buffer) => {
      // only the beginning is read: a page does that by itself, and here it is not what is measured
      const { id, type } = typeOf(data.toString('latin1', 0, 80));
      if (id === undefined) {
        if (data.includes('connection_ack')) for (const text of subscriptions.values()) socket.send(text);
        else if (data.includes('"ping"')) socket.send('{"type":"pong"}');
        return;
      }
      if (type === 'next' || type === 'complete') ids.delete(id);
      if (type === 'error') failed(new Error(data.toString()));
      if (ids.size === 0) whole();
    });
  });
  return socket;
}
