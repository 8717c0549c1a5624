import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext, type BrowserContextOptions } from 'playwright-core';
import { PATIENCE_MS } from '../../support/patience.ts';

/** Undefined where the machine has none, which is said. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) =>
  existsSync(file),
);
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
if (!CHROMIUM) process.stdout.write('skipped: pages need a Chromium, and this machine has none\n');

/** A browser with a profile of its own, which goes when it is closed. */
export async function launch(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const profile = mkdtempSync(path.join(os.tmpdir(), 'ku7s-browser-'));
  const browser = await chromium.launchPersistentContext(profile, {
    ...(CHROMIUM !== undefined && { executablePath: CHROMIUM }),
    headless: true,
    ignoreHTTPSErrors: true,
    args: FLAGS,
    // what moves is judged where it stands
    reducedMotion: 'reduce',
    ...options,
  });
  // only what hangs reaches it, however slow the machine is
  browser.setDefaultTimeout(PATIENCE_MS);
  const close = browser.close.bind(browser);
  browser.close = async (options) => {
    await close(options);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return browser;
}
