import type { BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launch } from './browser.ts';
import { eventually, startCluster, type Cluster } from './cluster.ts';
import { watchFaults } from './page-faults.ts';

/** A cluster, and its dashboard in the browser of its administrator. */
export interface Dashboard {
  readonly cluster: Cluster;
  /** the administrator's */
  readonly page: Page;
  /** what a page has done that none may; see watchFaults */
  readonly faults: string[];
  /** What it printed; throws what it complains of. An object is given to its standard input. */
  kubectl(line: string, input?: object): Promise<string>;
  /** Asks kubectl until `good` holds of what it prints, whether or not it complains. */
  sees(line: string, good: (text: string) => boolean): Promise<string>;
  /** @param path below /dashboard */
  goTo(path: string, page?: Page): Promise<void>;
  grid(): Locator;
  button(name: string): Locator;
  /** Presses the button of the dialog that is open, which has the same name as what opened it. */
  confirm(name: string): Promise<void>;
  /** The page of a browser of its own, watched as the administrator's is. Nobody is signed in. */
  another(options?: BrowserContextOptions): Promise<Page>;
  stop(): Promise<void>;
  /** Starts the cluster again with the same data at the same address. */
  start(): Promise<void>;
}

/**
 * One cluster for the tests of a file.
 * @param args of the server
 * @param prepare makes what is there before the page is opened
 */
export function dashboardSuite(
  args: readonly string[] | (() => Promise<readonly string[]>),
  prepare: (dashboard: Dashboard) => Promise<void> = async () => {},
): Dashboard {
  let cluster: Cluster;
  let page: Page;
  let given: readonly string[];
  const browsers: BrowserContext[] = [];
  const faults: string[] = [];
  const dashboard: Dashboard = {
    get cluster() {
      return cluster;
    },
    get page() {
      return page;
    },
    faults,
    async kubectl(line, input) {
      const { code, stdout, stderr } = await cluster.kubectl(line, input && JSON.stringify(input));
      if (code !== 0) throw new Error(`kubectl ${line}: ${stderr}`);
      return stdout.trim();
    },
    sees: async (line, good) => {
      const { stdout } = await eventually(
        () => cluster.kubectl(line),
        (ran) => good(ran.stdout.trim()),
      );
      return stdout.trim();
    },
    async goTo(path, shown = page) {
      const url = `${cluster.url}/dashboard${path}`;
      // a browser gives up when an address of the machine comes or goes meanwhile
      await shown.goto(url).catch((error: Error) => {
        if (!error.message.includes('ERR_NETWORK_CHANGED')) throw error;
        return shown.goto(url);
      });
    },
    grid: () => page.getByRole('grid'),
    button: (name) => page.getByRole('button', { name, exact: true }),
    confirm: (name) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click(),
    async another(options) {
      const browser = await launch(options);
      browsers.push(browser);
      const shown = await browser.newPage();
      watchFaults(shown, () => cluster.url, faults);
      return shown;
    },
    async stop() {
      await cluster.stop();
    },
    async start() {
      cluster = await startCluster([...given, '--secure-port', new URL(cluster.url).port], {}, cluster.data);
    },
  };
  beforeAll(async () => {
    given = typeof args === 'function' ? await args() : args;
    cluster = await startCluster(given);
    await prepare(dashboard);
    page = await dashboard.another();
    await page.goto(/https:\/\/\S*dashboard\?\S*/.exec(cluster.output())![0]);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
  afterAll(async () => {
    await Promise.all(browsers.map((browser) => browser.close()));
    await cluster?.remove();
  });
  return dashboard;
}

/** Nothing but what is needed to be one, of an image that says nothing where nodes are simulated. */
export const deployment = (name: string, { replicas = 2, namespace = 'default', container = {} } = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'busybox', ...container }] },
    },
  },
});

export const configMap = (name: string, data: Record<string, string>, namespace = 'default') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});
