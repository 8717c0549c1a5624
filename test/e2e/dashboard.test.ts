import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { CHROMIUM, launch } from './support/browser.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const deployment = (name: string, replicas = 2, namespace = 'default') => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
  },
});

/** One that runs containers, for terminals in them, and two that only say so. */
const NODES = ['--nodes', 'process:1 simulated:2'];

/** The dashboard in a real browser: what it does is looked up with kubectl, what kubectl does has to show on it. */
describe.skipIf(!CHROMIUM)('the dashboard', () => {
  let cluster: Cluster;
  let browser: BrowserContext;
  let page: Page;
  /** what the page must never do: ask another host, break its own policy, fail */
  const faults: string[] = [];

  const watch = (shown: Page): void => {
    shown.on('pageerror', ({ message }) => faults.push(`error: ${message}`));
    shown.on('console', (line) => {
      if (/Content Security Policy|Content-Security-Policy/i.test(line.text())) faults.push(line.text());
    });
    shown.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (protocol !== 'data:' && protocol !== 'blob:' && host !== new URL(cluster.url).host)
        faults.push(request.url());
    });
  };
  const kubectl = async (line: string, input?: unknown): Promise<string> => {
    const { stdout, stderr } = await cluster.kubectl(line, input === undefined ? undefined : JSON.stringify(input));
    if (stderr && !stderr.startsWith('Warning')) throw new Error(stderr);
    return stdout.trim();
  };
  const goTo = async (path: string): Promise<void> => {
    const url = `${cluster.url}/dashboard${path}`;
    // a browser gives up when an address of the machine comes or goes meanwhile
    await page.goto(url).catch((error: Error) => {
      if (!error.message.includes('ERR_NETWORK_CHANGED')) throw error;
      return page.goto(url);
    });
  };
  const grid = () => page.getByRole('grid');
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  /** All that stands on the page, as axe judges it. */
  const violations = async (): Promise<string[]> => {
    await page.evaluate(axe);
    return page.evaluate(async () => {
      const { axe: engine } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const found = await engine.run();
      return found.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
      );
    });
  };

  beforeAll(async () => {
    cluster = await startCluster(NODES);
    // the node of the machine runs what is put on it, and nothing else
    const own = os.hostname().toLowerCase();
    await eventually(
      () => cluster.kubectl(`wait node/${own} --for=condition=Ready`),
      ({ code }) => code === 0,
    );
    await kubectl(`cordon ${own}`);
    await kubectl('create -f -', deployment('web'));
    await kubectl('create namespace shop');
    await kubectl('create -f -', deployment('till', 1, 'shop'));
    await kubectl('rollout status deployment/web');
    browser = await launch();
    page = await browser.newPage();
    watch(page);
    await page.goto(/https:\/\/\S*dashboard\?\S*/.exec(cluster.output())![0]);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await cluster?.remove();
  });

  it('counts what there is, and each number leads to its list', async () => {
    const pods = page.getByRole('link', { name: /^Pods 3/ });
    await pods.waitFor();
    await pods.click();
    await page.getByRole('heading', { name: /^Pods/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/dashboard/kinds/pods');
  });

  it('asks for at most 600 kB before it is there, compressed', async () => {
    await goTo('/');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    const bytes = await page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.includes('/dashboard/assets/'))
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    );
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(600_000);
  });

  it('shows what kubectl does while it looks on', async () => {
    await goTo('/kinds/configmaps');
    await grid().waitFor();
    await kubectl('create configmap lights --from-literal=on=yes');
    await grid().getByRole('link', { name: 'lights' }).waitFor();
    await kubectl('delete configmap lights');
    await grid().getByRole('link', { name: 'lights' }).waitFor({ state: 'detached' });
  });

  test('one namespace, several, all', async () => {
    await goTo('/kinds/deployments.apps?ns=shop');
    await grid().getByRole('link', { name: 'till' }).waitFor();
    expect(await grid().getByRole('link', { name: 'web' }).count()).toBe(0);
    await goTo('/kinds/deployments.apps?ns=shop,default');
    await grid().getByRole('link', { name: 'web' }).waitFor();
  });

  it('filters by any field, and says what is wrong with a filter', async () => {
    await goTo('/kinds/deployments.apps');
    const box = page.getByRole('combobox', { name: 'Filter' });
    await box.fill('spec.replicas=1');
    await grid().getByRole('link', { name: 'web' }).waitFor({ state: 'detached' });
    await grid().getByRole('link', { name: 'till' }).waitFor();
    await box.fill('spec.replica=1');
    await page.getByText(/there is no spec\.replica/).waitFor();
    expect(new URL(page.url()).searchParams.get('q')).toBe('spec.replica=1');
  });

  it('shows chosen columns in a chosen order, which are in the URL', async () => {
    await goTo('/kinds/deployments.apps?cols=Name,spec.replicas&sort=-spec.replicas');
    await grid().getByRole('link', { name: 'web' }).waitFor();
    const names = await grid().getByRole('link').allInnerTexts();
    expect(names).toEqual(['web', 'till']);
    await button('Columns').click();
    await page.getByLabel('Ready').check();
    await eventually(
      async () => page.url(),
      (url) => url.includes('Ready'),
    );
  });

  it('searches everything by the keyboard alone', async () => {
    await goTo('/');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.getByLabel('Words to look for').fill('till');
    await page.getByRole('option', { name: /till/ }).first().waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /till/ }).waitFor();
    expect(page.url()).toContain('/kinds/');
  });

  it('scales, and restarts', async () => {
    await goTo('/kinds/deployments.apps/default/web');
    await button('Scale').click();
    await page.getByLabel('Replicas').fill('3');
    await page.getByRole('dialog').getByRole('button', { name: 'Scale' }).click();
    await eventually(
      () => kubectl('get deployment web -o jsonpath={.spec.replicas}'),
      (replicas) => replicas === '3',
    );
    await button('Restart').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restart' }).click();
    await eventually(
      () => kubectl('get deployment web -o jsonpath={.spec.template.metadata.annotations}'),
      (annotations) => annotations.includes('restartedAt'),
    );
  });

  it('goes back to an older revision', async () => {
    await kubectl('set image deployment/web c=web:2');
    await goTo('/kinds/deployments.apps/default/web?tab=rollout');
    await page.getByRole('button', { name: /Go back to 1/ }).click();
    await eventually(
      () => kubectl('get deployment web -o jsonpath={.spec.template.spec.containers[0].image}'),
      (image) => image === 'web:1',
    );
  });

  it('is edited as YAML: tried, compared, kept', async () => {
    await kubectl('create configmap colours --from-literal=sky=grey');
    await goTo('/kinds/configmaps/default/colours?tab=yaml');
    await page.locator('.cm-content').waitFor();
    const line = page.locator('.cm-line', { hasText: 'sky: grey' });
    await line.click();
    await page.keyboard.press('End');
    for (let n = 0; n < 'grey'.length; n++) await page.keyboard.press('Backspace');
    await page.keyboard.type('blue');
    await button('Try it').click();
    await page.getByRole('group', { name: 'What would change' }).waitFor();
    expect(await kubectl('get configmap colours -o jsonpath={.data.sky}')).toBe('grey');
    await button('Save').click();
    await eventually(
      () => kubectl('get configmap colours -o jsonpath={.data.sky}'),
      (sky) => sky === 'blue',
    );
  });

  it('says so when others have changed what one edits', async () => {
    await goTo('/kinds/configmaps/default/colours?tab=yaml');
    await page.locator('.cm-line', { hasText: 'sky: blue' }).click();
    await page.keyboard.press('End');
    await page.keyboard.type('ish');
    await kubectl('label configmap colours touched=yes');
    await page.getByText('It was changed by others').waitFor();
    await button('Try it').click();
    await page.getByRole('alert').filter({ hasText: 'Somebody else changed it' }).waitFor();
  });

  it('tells the history with who and what, and undoes', async () => {
    await goTo('/kinds/configmaps/default/colours?tab=history');
    await page.getByRole('button', { name: /data\.sky/ }).click();
    await button('What would undoing it do?').click();
    await button('Undo it').click();
    await page.getByText('It was undone').waitFor();
    expect(await kubectl('get configmap colours -o jsonpath={.data.sky}')).toBe('grey');
  });

  it('shows the cluster as it was', async () => {
    const then = await kubectl('get configmap colours -o jsonpath={.metadata.resourceVersion}');
    await kubectl('delete configmap colours');
    await goTo('/kinds/configmaps');
    await grid().waitFor();
    expect(await grid().getByRole('link', { name: 'colours' }).count()).toBe(0);
    await goTo(`/kinds/configmaps?at=${then}`);
    await grid().getByRole('link', { name: 'colours' }).waitFor();
    await page.getByText('This is the cluster as it was').waitFor();
    await button('Back to now').click();
    await grid().getByRole('link', { name: 'colours' }).waitFor({ state: 'detached' });
  });

  it('applies manifests together after saying what they would do', async () => {
    await goTo('/apply');
    await page.locator('.cm-content').waitFor();
    await page.locator('.cm-content').click();
    await page.keyboard.insertText(
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: two\n',
    );
    await button('What would it do?').click();
    await page.getByText('This is what would be written.').waitFor();
    expect((await cluster.kubectl('get configmap one')).stderr).toContain('not found');
    await page.getByRole('main').getByRole('button', { name: 'Apply' }).click();
    await page.getByText('It is written.').waitFor();
    expect(await kubectl('get configmap one two -o name')).toBe('configmap/one\nconfigmap/two');
  });

  it('labels and deletes many at once', async () => {
    await goTo('/kinds/configmaps?ns=default');
    for (const name of ['one', 'two']) await page.getByLabel(`Choose ${name}`).check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Label' }).click();
    await page.getByLabel('Labels').fill('shelf=top');
    await page.getByRole('dialog').getByRole('button', { name: 'Label' }).click();
    await eventually(
      () => kubectl('get configmap -l shelf=top -o name'),
      (names) => names.split('\n').length === 2,
    );
    for (const name of ['one', 'two']) await page.getByLabel(`Choose ${name}`).check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await eventually(
      () => kubectl('get configmap -l shelf=top -o name'),
      (names) => names === '',
    );
  });

  it('shows what a delete takes with it', async () => {
    await goTo('/kinds/deployments.apps/shop/till');
    await button('Delete').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('cell', { name: 'ReplicaSet' }).waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await eventually(
      () => kubectl('get deployment -n shop -o name'),
      (names) => names === '',
    );
  });

  it('cordons and drains a node, with its progress', async () => {
    const node = 'node/node-1';
    await goTo(`/kinds/nodes/_/${node.replace('node/', '')}`);
    await button('Drain').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel(/that nothing makes again/).check();
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await dialog.getByText('Done').waitFor();
    expect(await kubectl(`get ${node} -o jsonpath={.spec.unschedulable}`)).toBe('true');
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await button('Uncordon').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Uncordon' }).click();
    await eventually(
      () => kubectl(`get ${node} -o jsonpath={.spec.unschedulable}`),
      (value) => value === '',
    );
  });

  it('shows a custom kind with its own columns', async () => {
    await kubectl('create -f -', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'boats.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'boats', kind: 'Boat' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { type: 'object', properties: { crew: { type: 'integer' } } } },
              },
            },
            additionalPrinterColumns: [{ name: 'Crew', type: 'integer', jsonPath: '.spec.crew' }],
          },
        ],
      },
    });
    await kubectl('wait --for=condition=Established crd/boats.example.com');
    await kubectl('create -f -', {
      apiVersion: 'example.com/v1',
      kind: 'Boat',
      metadata: { name: 'heron' },
      spec: { crew: 7 },
    });
    await page.getByRole('link', { name: 'Boats' }).click();
    await grid().getByRole('link', { name: 'heron' }).waitFor();
    await grid().getByRole('columnheader', { name: 'Crew' }).waitFor();
    expect(await grid().getByRole('gridcell', { name: '7', exact: true }).count()).toBe(1);
  });

  it('leads from an object to what belongs to it', async () => {
    await goTo('/kinds/deployments.apps/default/web?tab=related');
    await page.getByRole('heading', { name: /What is its own/ }).waitFor();
    await page.getByRole('link', { name: /^web-/ }).first().click();
    await page.getByRole('heading', { name: /^web-/ }).waitFor();
  });

  it('shows on a map what belongs together, live, by the keyboard alone', async () => {
    await goTo('/kinds/deployments.apps/default/web?tab=map');
    const map = page.getByRole('group', { name: 'Map' });
    await map
      .getByRole('link', { name: /^ReplicaSet/ })
      .first()
      .waitFor();
    await kubectl('create service clusterip web --tcp=80');
    await map.getByRole('link', { name: /^Service web/ }).waitFor();
    await map.getByRole('link', { name: /^Deployment web/ }).focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate(() => document.activeElement?.textContent)).not.toMatch(/^Deployment/);
    await page.getByRole('radio', { name: 'List' }).focus();
    await page.keyboard.press('Space');
    await page
      .getByRole('row', { name: /Deployment web owns ReplicaSet/ })
      .first()
      .waitFor();
  });

  it('completes what is written, and says what is wrong in it', async () => {
    await goTo('/apply');
    await page.locator('.cm-content').click();
    await page.keyboard.insertText('apiVersion: v1\nkind: ConfigMap\nimmutable: 7\n');
    await page.getByText('boolean is wanted here').waitFor();
    await page.keyboard.type('meta');
    // a key within 75 ms of the list's coming is taken for the text
    await page.getByRole('option', { name: /^metadata/ }).click();
    await page.locator('.cm-content').getByText('metadata:').waitFor();
  });

  it('opens a terminal in a container', async () => {
    await kubectl('create -f -', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'talks' },
      spec: {
        nodeName: os.hostname().toLowerCase(),
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: 'busybox', command: ['sleep', '1000000'] }],
      },
    });
    await kubectl('wait pod/talks --for=condition=Ready --timeout=110s');
    await goTo('/kinds/pods/default/talks?tab=terminal');
    await button('Open').click();
    const screen = page.locator('.xterm-accessibility-tree');
    await eventually(
      () => screen.innerText(),
      (text) => /[#$]/.test(text),
    );
    await page.getByLabel('Terminal in main').focus();
    await page.keyboard.type('echo made-$((40 + 2)) > /tmp/made\n');
    await eventually(
      async () => (await cluster.kubectl('exec talks -- cat /tmp/made')).stdout,
      (made) => made === 'made-42\n',
    );
    await page.keyboard.press('F6');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('.xterm'))).toBeNull();
    await page.getByLabel('Terminal in main').focus();
    await page.keyboard.type('exit 3\n');
    await page.getByText('It ended with exit code 3.').waitFor();
    await kubectl('delete pod talks');
  });

  it('says that it is cut off, and comes back without having missed anything', async () => {
    await goTo('/kinds/configmaps');
    await grid().waitFor();
    const { url } = cluster;
    await cluster.stop();
    await page.getByText('The connection is lost').waitFor();
    cluster = await startCluster([...NODES, '--secure-port', new URL(url).port], {}, cluster.data);
    await kubectl('create configmap meanwhile');
    await page.getByText('The connection is lost').waitFor({ state: 'detached' });
    await grid().getByRole('link', { name: 'meanwhile' }).waitFor();
  });

  describe('for who may only look into one namespace', () => {
    let other: BrowserContext;
    let small: Page;
    const refused: string[] = [];
    beforeAll(async () => {
      await kubectl('create serviceaccount looker -n shop');
      await kubectl('create rolebinding looker -n shop --clusterrole=view --serviceaccount=shop:looker');
      await kubectl('create clusterrole makes-links --verb=post --non-resource-url=/graphiql/links');
      await kubectl('create clusterrolebinding makes-links --clusterrole=makes-links --serviceaccount=shop:looker');
      const token = await kubectl('create token looker -n shop');
      other = await launch();
      const answer = await other.request.post(`${cluster.url}/graphiql/links`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const { link } = (await answer.json()) as { link: string };
      small = await other.newPage();
      watch(small);
      small.on('response', (response) => {
        if (!response.url().endsWith('/graphql')) return;
        void response.text().then(
          (text) => text.includes('"errors"') && refused.push(text),
          () => undefined,
        );
      });
      await small.goto(cluster.url + link);
    });
    afterAll(() => other?.close());

    it('takes its token in place of a link, and no other', async () => {
      const token = await kubectl('create token looker -n shop');
      const third = await launch();
      try {
        const signIn = await third.newPage();
        watch(signIn);
        await signIn.goto(`${cluster.url}/dashboard`);
        await signIn.getByLabel('Token', { exact: true }).fill('guessed');
        await signIn.keyboard.press('Enter');
        await signIn.getByRole('alert').filter({ hasText: 'That token is not taken' }).waitFor();
        await signIn.getByLabel('Token', { exact: true }).fill(token);
        await signIn.keyboard.press('Enter');
        await signIn.getByRole('heading', { name: 'Overview' }).waitFor();
        await signIn.getByRole('button', { name: 'system:serviceaccount:shop:looker' }).waitFor();
      } finally {
        await third.close();
      }
    });

    it('shows that namespace, and asks for nothing that is refused', async () => {
      await kubectl('create -f -', deployment('stall', 1, 'shop'));
      await small.goto(`${cluster.url}/dashboard/kinds/deployments.apps?ns=shop`);
      await small.getByRole('grid').getByRole('link', { name: 'stall' }).waitFor();
      await small.getByRole('grid').getByRole('link', { name: 'stall' }).click();
      await small.getByRole('heading', { name: /stall/ }).waitFor();
      await small.getByRole('tab', { name: 'Summary' }).waitFor();
      await small.getByRole('tab', { name: 'Map' }).click();
      await small
        .getByRole('group', { name: 'Map' })
        .getByRole('link', { name: /^ReplicaSet/ })
        .waitFor();
      expect(await small.getByRole('tab', { name: 'Terminal' }).count()).toBe(0);
      expect(await small.getByRole('button', { name: 'Delete' }).count()).toBe(0);
      expect(await small.getByRole('button', { name: 'Scale' }).count()).toBe(0);
      expect(await small.getByRole('alert').count()).toBe(0);
      expect(refused).toEqual([]);
    });
  });

  test.each([
    '/',
    '/kinds/pods',
    '/kinds/deployments.apps/default/web',
    '/kinds/deployments.apps/default/web?tab=map',
    '/kinds/deployments.apps/default/web?tab=yaml',
    '/changes',
    '/apply',
    '/kinds/nodes',
  ])('axe finds nothing wrong with %s, light or dark', async (path) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await goTo(path);
      await page.getByRole('heading', { level: 2 }).waitFor();
      await page.waitForLoadState('networkidle');
      if (/yaml|apply/.test(path)) await page.locator('.cm-line').first().waitFor();
      expect(await violations()).toEqual([]);
    }
  });

  it('has asked no other host, broken no policy and thrown no error', () => {
    expect(faults).toEqual([]);
  });
});
