import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CHROMIUM } from './support/browser.ts';
import { eventually } from './support/cluster.ts';
import { configMap, dashboardSuite, deployment } from './support/dashboard.ts';
import { visitAll } from './support/visit-all.ts';

const boats = {
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
};
const heron = { apiVersion: 'example.com/v1', kind: 'Boat', metadata: { name: 'heron' }, spec: { crew: 7 } };

/** The pages of the dashboard: what it does is looked up with kubectl, what kubectl does has to show on it. */
describe.skipIf(!CHROMIUM)('the dashboard', () => {
  const suite = dashboardSuite(['--nodes', 'simulated:2'], async ({ kubectl }) => {
    await kubectl('create -f -', deployment('web'));
    await kubectl('create namespace shop');
    await kubectl('create -f -', deployment('till', { replicas: 1, namespace: 'shop' }));
    await kubectl('rollout status deployment/web --timeout=60s');
  });
  const { kubectl, goTo, grid, button } = suite;
  const page = () => suite.page;
  const link = (name: string) => grid().getByRole('link', { name, exact: true });
  const shown = (name: string) => link(name).waitFor();
  const gone = (name: string) => link(name).waitFor({ state: 'detached' });
  const filter = () => page().getByRole('combobox', { name: 'Filter' });
  const write = async (label: string, text: string): Promise<void> => {
    await page().getByLabel(label).click();
    await page().keyboard.press('Control+a');
    await page().keyboard.insertText(text);
  };

  it('counts what there is as it changes, and each number leads to its list', async () => {
    await page()
      .getByRole('link', { name: /^Pods 3/ })
      .waitFor();
    await kubectl('scale deployment web --replicas=3');
    const pods = page().getByRole('link', { name: /^Pods 4 all well 4 Running/ });
    await pods.waitFor();
    await pods.click();
    await page().getByRole('heading', { name: /^Pods/ }).waitFor();
    expect(new URL(page().url()).pathname).toBe('/dashboard/kinds/pods');
  });

  it('asks for at most 600 kB before it is there, compressed', async () => {
    await goTo('/');
    await page().getByRole('heading', { name: 'Overview' }).waitFor();
    const bytes = await page().evaluate(() =>
      performance
        .getEntriesByType('resource')
        .filter(({ name }) => name.includes('/dashboard/assets/'))
        .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).encodedBodySize, 0),
    );
    expect(bytes).toBeGreaterThan(100_000);
    expect(bytes).toBeLessThan(600_000);
  });

  it('shows a custom kind, with its own columns, as soon as there is one', async () => {
    await kubectl('create -f -', boats);
    await kubectl('wait --for=condition=Established crd/boats.example.com');
    await kubectl('create -f -', heron);
    await page().getByRole('link', { name: 'Boats' }).click();
    await shown('heron');
    await grid().getByRole('columnheader', { name: 'Crew' }).waitFor();
    expect(await grid().getByRole('gridcell', { name: '7', exact: true }).count()).toBe(1);
  });

  it('lists every kind, and shows an object of each', async () => {
    const seen = await visitAll(page(), () => false);
    expect(seen.size).toBeGreaterThan(50);
    expect(Object.fromEntries(seen)).toMatchObject({ Boats: 'heron', Deployments: 'web', Nodes: 'node-1' });
  });

  it('shows in lists and objects what kubectl does while it looks on', async () => {
    await goTo('/kinds/configmaps');
    await grid().waitFor();
    await kubectl('create configmap lights --from-literal=lamp=yes');
    await link('lights').click();
    await kubectl('label configmap lights floor=ground');
    await page().getByText('floor=ground').waitFor();
    await page().getByRole('tab', { name: 'YAML' }).click();
    await page().locator('.cm-line', { hasText: 'floor: ground' }).waitFor();
    await kubectl('patch configmap lights --type=merge -p {"data":{"lamp":"no"}}');
    await page().locator('.cm-line', { hasText: 'lamp: "no"' }).waitFor();
    await kubectl('delete configmap lights');
    await page().getByText('It is not there any more').waitFor();
    await page().getByRole('navigation', { name: 'Where this is' }).getByRole('link').first().click();
    await gone('lights');
  });

  it('shows one namespace, several, or all', async () => {
    await goTo('/kinds/deployments.apps');
    for (const name of ['web', 'till']) await shown(name);
    const namespaces = page().getByRole('combobox', { name: 'Namespaces' });
    await namespaces.fill('shop');
    await page().getByRole('option', { name: 'shop' }).click();
    await gone('web');
    await namespaces.fill('default');
    await page().getByRole('option', { name: 'default' }).click();
    await page().keyboard.press('Escape');
    await shown('web');
    // it goes along to other pages, and back
    await page().getByRole('link', { name: 'Overview' }).click();
    await page()
      .getByRole('link', { name: /^Deployments 2/ })
      .click();
    for (const name of ['web', 'till']) await shown(name);
    expect(new URL(page().url()).searchParams.get('ns')).toBe('shop,default');
  });

  it('filters by any field, and says what is wrong with a filter', async () => {
    await goTo('/kinds/deployments.apps');
    await filter().fill('spec.replicas=1');
    await gone('web');
    await shown('till');
    await filter().fill('label:app=web');
    expect(await kubectl('get deployments -A -l app=web -o name')).toBe('');
    await gone('till');
    await filter().fill('spec.template.metadata.labels.app=web');
    await shown('web');
    await filter().fill('spec.repl');
    await page().getByRole('option', { name: 'spec.replicas' }).click();
    await filter().fill('spec.replica=1');
    await page()
      .getByText(/there is no spec\.replica/)
      .waitFor();
  });

  it('keeps in its address what one looks at, sorted by chosen columns', async () => {
    await goTo('/kinds/deployments.apps');
    await button('Columns').click();
    await page().getByLabel('Ready', { exact: true }).uncheck();
    await page().getByLabel('Another field by its path').fill('spec.replicas');
    await page().keyboard.press('Enter');
    await page().keyboard.press('Escape');
    await grid().getByRole('columnheader', { name: 'replicas' }).click();
    await page().locator('[aria-sort=ascending]').waitFor();
    const view = async () => [
      await grid().getByRole('columnheader').allInnerTexts(),
      await grid().getByRole('link').allInnerTexts(),
    ];
    await filter().fill('spec.replicas<5');
    await eventually(
      async () => page().url(),
      (url) => url.includes('q='),
    );
    const [columns, names] = await eventually(view, ([, rows]) => rows?.length === 2);
    expect(columns).not.toContain('Ready');
    expect(names).toEqual(['till', 'web']);
    // whoever gets the address sees the same
    await page().reload();
    await shown('web');
    expect(await view()).toEqual([columns, names]);
  });

  it('finds objects of any kind by a word', async () => {
    await page().keyboard.press('Control+k');
    await page().getByLabel('Words to look for').fill('till');
    await page()
      .getByRole('option', { name: /till.*Deployment in shop/ })
      .first()
      .click();
    await page().getByRole('heading', { level: 2, name: 'till' }).waitFor();
    expect(page().url()).toContain('/kinds/deployments.apps/shop/till');
    const address = await kubectl('get pods -n shop -o jsonpath={.items[0].status.podIP}');
    await page().keyboard.press('Control+k');
    await page().getByLabel('Words to look for').fill(address);
    await page()
      .getByRole('option', { name: /^till-/ })
      .first()
      .click();
    await page()
      .getByRole('heading', { level: 2, name: /^till-/ })
      .waitFor();
  });

  it('leads from an object to whose it is and what is its own', async () => {
    await goTo('/kinds/deployments.apps/default/web?tab=related');
    await page()
      .getByRole('heading', { name: /What is its own \(4\)/ })
      .waitFor();
    await page()
      .getByRole('row', { name: /^ReplicaSet/ })
      .getByRole('link')
      .click();
    await page().getByRole('heading', { level: 2, name: /^web-/ }).waitFor();
    await page().getByRole('definition').getByRole('link', { name: 'web' }).click();
    await page().getByRole('heading', { level: 2, name: 'web', exact: true }).waitFor();
  });

  it('shows on a map what belongs together, live, by the keyboard too', async () => {
    await goTo('/kinds/deployments.apps/default/web?tab=map');
    const map = page().getByRole('group', { name: 'Map' });
    await map
      .getByRole('link', { name: /^ReplicaSet/ })
      .first()
      .waitFor();
    await kubectl('create service clusterip web --tcp=80');
    await map.getByRole('link', { name: /^Service web/ }).waitFor();
    await map.getByRole('link', { name: /^Deployment web/ }).focus();
    await page().keyboard.press('ArrowRight');
    expect(await page().evaluate(() => document.activeElement?.textContent)).not.toMatch(/^Deployment/);
    await page().getByRole('radio', { name: 'List' }).focus();
    await page().keyboard.press('Space');
    await page()
      .getByRole('row', { name: /Deployment web owns ReplicaSet/ })
      .first()
      .waitFor();
  });

  it('completes what is written, and says what is wrong in it', async () => {
    await goTo('/apply');
    await write('Manifests', 'apiVersion: v1\nkind: ConfigMap\nimmutable: 7\n');
    await page().getByText('boolean is wanted here').waitFor();
    await page().keyboard.type('meta');
    // a key within 75 ms of the list's coming is taken for the text
    await page()
      .getByRole('option', { name: /^metadata/ })
      .click();
    await page().locator('.cm-content').getByText('metadata:').waitFor();
  });

  it('says so when others have changed what one edits', async () => {
    await kubectl('create -f -', configMap('colours', { sky: 'blue' }));
    await goTo('/kinds/configmaps/default/colours?tab=yaml');
    await page().locator('.cm-line', { hasText: 'sky: blue' }).click();
    await page().keyboard.press('End');
    await page().keyboard.type('ish');
    await kubectl('label configmap colours touched=yes');
    await page().getByText('It was changed by others').waitFor();
    await button('Try it').click();
    await page().getByRole('alert').filter({ hasText: 'Somebody else changed it' }).waitFor();
    expect(await kubectl('get configmap colours -o jsonpath={.data.sky}')).toBe('blue');
  });

  it('says what a bundle would do before it is applied, as a whole, and whose fields it would take', async () => {
    await goTo('/apply');
    const bundle = [configMap('one', { a: '1' }), configMap('colours', { sky: 'red' }), configMap('UPPER', {})];
    const text = (some: readonly object[]): string => some.map((each) => JSON.stringify(each)).join('\n---\n');
    await write('Manifests', text(bundle));
    await button('What would it do?').click();
    await page().getByText('Nothing is written: some are refused.').waitFor();
    await page()
      .getByText(/"UPPER"/)
      .first()
      .waitFor();
    await write('Manifests', text(bundle.slice(0, 2)));
    await button('What would it do?').click();
    await page()
      .getByText(/conflict with "kubectl-create"/)
      .waitFor();
    await button('Take over the fields that others own').click();
    await page().getByText('This is what would be written.').waitFor();
    const outcome = page().getByRole('region', { name: 'What becomes of it' });
    await outcome.getByRole('row', { name: 'data.sky blue red' }).waitFor();
    expect(await kubectl('get configmap one --ignore-not-found -o name')).toBe('');
    await page().getByRole('main').getByRole('button', { name: 'Apply', exact: true }).click();
    await page().getByText('It is written.').waitFor();
    expect(await kubectl('get configmap one colours -o jsonpath={.items[*].data}')).toBe('{"a":"1"} {"sky":"red"}');
  });

  it('tells who changed what, and takes back a change of several objects as a whole', async () => {
    await goTo('/changes?ns=default');
    await page()
      .getByRole('button', { name: /ConfigMap default\/colours.*kubernetes-admin.*dashboard.*data\.sky/ })
      .first()
      .click();
    await page().getByRole('row', { name: 'data.sky blue red' }).waitFor();
    await button('What would undoing it do?').click();
    await page()
      .getByText(/It would .*configmaps one/)
      .waitFor();
    expect(await kubectl('get configmap one -o name')).toBe('configmap/one');
    await button('Undo it').click();
    await page().getByText('It was undone').waitFor();
    expect(await kubectl('get configmap colours -o jsonpath={.data.sky}')).toBe('blue');
    expect(await kubectl('get configmap one --ignore-not-found -o name')).toBe('');
  });

  it('takes files, and a folder that is dropped on it', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-bundle-'));
    try {
      mkdirSync(path.join(folder, 'inner'));
      writeFileSync(path.join(folder, 'first.yaml'), JSON.stringify(configMap('from-file', {})));
      writeFileSync(path.join(folder, 'inner/second.yml'), JSON.stringify(configMap('from-folder', {})));
      writeFileSync(path.join(folder, 'inner/read.me'), 'no manifest');
      await goTo('/apply');
      await page().getByLabel('Manifests').waitFor();
      const [chooser] = await Promise.all([page().waitForEvent('filechooser'), button('Files').click()]);
      await chooser.setFiles(path.join(folder, 'first.yaml'));
      await page().locator('.cm-line', { hasText: 'from-file' }).waitFor();
      const session = await page().context().newCDPSession(page());
      const data = { items: [], files: [path.join(folder, 'inner')], dragOperationsMask: 1 };
      for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
        await session.send('Input.dispatchDragEvent', { type, x: 640, y: 300, data });
      await page().locator('.cm-line', { hasText: 'from-folder' }).waitFor();
      expect(await page().locator('.cm-content').innerText()).not.toContain('no manifest');
      await button('What would it do?').click();
      await page().getByText('This is what would be written.').waitFor();
      await page().getByRole('main').getByRole('button', { name: 'Apply', exact: true }).click();
      await page().getByText('It is written.').waitFor();
      expect(await kubectl('get configmap from-file from-folder -o name')).toBe(
        'configmap/from-file\nconfigmap/from-folder',
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('shows the cluster as it was', async () => {
    const then = await kubectl('get configmap from-file -o jsonpath={.metadata.resourceVersion}');
    await kubectl('delete configmap from-file');
    await goTo('/kinds/configmaps?ns=default');
    await shown('from-folder');
    expect(await link('from-file').count()).toBe(0);
    await button('Now').click();
    await page().getByLabel('A time, or a resourceVersion').fill(then);
    await button('Go there').click();
    await shown('from-file');
    await page().getByText(`This is the cluster as it was at resourceVersion ${then}`).waitFor();
    await page().keyboard.press('Escape');
    await link('from-file').click();
    await page().getByText('resourceVersion', { exact: true }).waitFor();
    // what was then can be read, and not be changed
    expect(await page().getByRole('toolbar').count()).toBe(0);
    // the slider goes by time: one step back is now but for a moment
    await page().getByRole('banner').getByRole('button', { name: 'Then' }).click();
    await page().getByRole('slider').press('End');
    await page().getByRole('slider').press('ArrowLeft');
    await page().getByText('It was not there at that moment').waitFor();
    await page().getByRole('dialog').getByRole('button', { name: 'Back to now' }).click();
    await page().getByText('It is not there any more').waitFor();
  });

  it('has asked no other host, broken no policy, asked for nothing in vain and thrown no error', () => {
    expect(suite.faults).toEqual([]);
  });
});
