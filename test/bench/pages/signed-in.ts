import type { BrowserContext, Page } from 'playwright-core';
import type { Endpoint } from '../../../src/client/kubeconfig.ts';
import { CHROMIUM, launch } from '../../e2e/support/browser.ts';

/** What Lighthouse calls slow 4G, bytes a second and ms. */
const SLOW_4G = { downloadThroughput: 1_638_400 / 8, uploadThroughput: 768_000 / 8, latency: 150 };

/** A page of a browser that has nothing in its cache. */
export interface Opened {
  page: Page;
  browser: BrowserContext;
}

/** Signed in with the endpoint's token; nothing is shown yet. @param slow whether its network is slow */
export async function signedIn({ server, token }: Endpoint, slow = false): Promise<Opened> {
  if (CHROMIUM === undefined) throw new Error('this machine has no Chromium');
  const browser = await launch();
  try {
    const { origin } = new URL(server);
    const headers = { authorization: `Bearer ${token}`, origin };
    const answer = await browser.request.post(`${origin}/graphiql/session`, { headers });
    if (!answer.ok()) throw new Error(`signing in: ${answer.status()} ${await answer.text()}`);
    const page = await browser.newPage();
    if (slow) {
      const session = await browser.newCDPSession(page);
      await session.send('Network.enable');
      await session.send('Network.emulateNetworkConditions', { offline: false, ...SLOW_4G });
    }
    return { page, browser };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
