import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launch } from './support/browser.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

/** GraphiQL in a real browser, opened by the link that the start prints. */
describe.skipIf(!CHROMIUM)('GraphiQL', () => {
  let cluster: Cluster;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    cluster = await startCluster(['--nodes', 'simulated:2']);
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
      },
    };
    expect((await cluster.kubectl('create -f -', JSON.stringify(deployment))).stderr).toBe('');
    browser = await launch();
    page = await browser.newPage();
    const link = /https:\/\/\S*dashboard\?\S*/.exec(cluster.output())?.[0];
    expect(link).toBeDefined();
    await page.goto(link!);
    await page.goto(new URL('/graphiql', link).href);
    await page.waitForSelector('.graphiql-query-editor .view-lines');
  });
  afterAll(async () => {
    await browser?.close();
    await cluster?.remove();
  });

  /** Replaces what the editor holds by one named operation and runs it. */
  async function execute(document: string): Promise<void> {
    await page.click('.graphiql-query-editor .view-lines');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(document);
    // The page reads the operation's name with a delay, shows it on the tab, and sends it.
    const name = /^\w+ (\w+)/.exec(document)![1];
    await eventually(
      () => page.innerText('.graphiql-tab-active'),
      (title) => title.trim() === name,
    );
    await page.click('.graphiql-execute-button');
  }
  /** Types into the editor of variables or headers. */
  async function fill(editor: 'Variables' | 'Headers', text: string): Promise<void> {
    await page.click(`button:has-text("${editor}")`);
    await page.click(`.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines`);
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
  }
  const events = () =>
    page.$$eval('.ku7s-events tbody tr', (rows) =>
      rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')),
    );
  const shown = async () => (await page.innerText('.result-window')).replaceAll('\u00a0', ' ');

  it('is where a browser at / is led, while other clients find the paths', async () => {
    const answer = await browser.request.get(new URL('/', page.url()).href, {
      headers: { accept: 'text/html,application/xhtml+xml' },
      maxRedirects: 0,
    });
    expect([answer.status(), answer.headers()['location']]).toEqual([303, '/dashboard']);
    expect(JSON.parse((await cluster.kubectl('get --raw /')).stdout)).toHaveProperty('paths');
  });

  it('shows whose session it is, and the examples with their variables', async () => {
    await eventually(
      () => page.innerText('[role=status]'),
      (text) => text.includes('Signed in as kubernetes-admin'),
    );
    const variables = () => page.innerText('.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines');
    const namespace = (text: string) => text.replaceAll('\u00a0', ' ').includes('{ "namespace": "default" }');
    await eventually(variables, namespace);
    const tabs = await page.$$('.graphiql-tab-button');
    expect(await Promise.all(tabs.map((tab) => tab.innerText()))).toEqual([
      'Pods',
      'NotRunning',
      'Services',
      'Changes',
      'Kinds',
    ]);
    await page.click('.graphiql-tab-button:has-text("Services")');
    await eventually(variables, namespace);
    await page.click('.graphiql-tab-button:has-text("Pods")');
    await eventually(variables, namespace);
    for (const plugin of ['Documentation', 'Explorer', 'History'])
      expect(await page.$(`.graphiql-sidebar button[aria-label*="${plugin}"]`), plugin).not.toBeNull();
  });

  it('lists, scales by a mutation, and shows pods come and go by a subscription', async () => {
    await execute('query ListPods { pods(namespace: "default") { items { metadata { name } status { phase } } } }');
    await eventually(shown, (text) => /web-[a-z0-9]+-/.test(text));

    await execute('subscription WatchPods { podsWatch(namespace: "default") { type object { metadata { name } } } }');
    await eventually(shown, (text) => text.includes('podsWatch'));
    const scale = async (replicas: number) => {
      const ran = await cluster.kubectl(`scale deployment/web --replicas=${replicas}`);
      expect(ran.stderr).toBe('');
    };
    await scale(2);
    await eventually(shown, (text) => /ADDED|MODIFIED/.test(text));
    await scale(0);
    await eventually(shown, (text) => text.includes('DELETED'));
    await page.click('.graphiql-execute-button');

    await execute(
      'mutation ScaleWeb { patchDeployment(namespace: "default", name: "web", patch: { spec: { replicas: 3 } }) { spec { replicas } } }',
    );
    await eventually(shown, (text) => /"replicas": 3/.test(text));
    await eventually(
      async () => (await cluster.kubectl('get pods -o name')).stdout.trim().split('\n').filter(Boolean).length,
      (n) => n === 3,
    );
  });

  it('lists the last events of a subscription, each of which can be opened', async () => {
    await execute('subscription Nodes { nodesWatch { type object { metadata { name } spec { unschedulable } } } }');
    await eventually(events, (rows) => rows.length >= 2);
    const [{ items }] = [
      JSON.parse((await cluster.kubectl('get nodes -o json')).stdout) as { items: { metadata: { name: string } }[] },
    ];
    const { name } = items[0]!.metadata;
    await cluster.kubectl(`cordon ${name}`);
    await eventually(events, (rows) => rows.some(([, , type, object]) => type === 'MODIFIED' && object === name));
    await page.click('.ku7s-events tbody tr:first-child button');
    expect(await page.innerText('.ku7s-events pre')).toContain('nodesWatch');
    await cluster.kubectl(`uncordon ${name}`);
    await page.click('.graphiql-execute-button');
  });

  it('acts by the token of its headers, subscriptions too', async () => {
    expect((await cluster.kubectl('create serviceaccount guest')).stderr).toBe('');
    const token = (await cluster.kubectl('create token guest')).stdout.trim();
    await fill('Headers', JSON.stringify({ Authorization: `Bearer ${token}` }));
    await eventually(
      () => page.innerText('[role=status]'),
      (text) => text.includes('system:serviceaccount:default:guest by the header'),
    );
    for (const document of [
      'query GuestPods { pods(namespace: "default") { items { metadata { name } } } }',
      'subscription GuestWatch { podsWatch(namespace: "default") { type } }',
    ]) {
      await execute(document);
      await eventually(shown, (text) => /system:serviceaccount:default:guest.*cannot (list|watch)/s.test(text));
    }
    await fill('Headers', JSON.stringify({ Authorization: 'Bearer nobody' }));
    await eventually(
      () => page.innerText('[role=status]'),
      (text) => text.includes('not good here'),
    );
  });
});
