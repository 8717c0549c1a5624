import os from 'node:os';
import { describe, expect, it } from 'vitest';
import { CHROMIUM } from './support/browser.ts';
import { configMap, dashboardSuite, deployment } from './support/dashboard.ts';
import { keysOn } from './support/keys.ts';

const NODE = os.hostname().toLowerCase();

const cronJob = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'nightly', namespace: 'default' },
  spec: {
    schedule: '0 3 * * *',
    jobTemplate: {
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } } },
    },
  },
};
const talks = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'talks', namespace: 'default' },
  spec: {
    nodeName: NODE,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'main', image: 'busybox', command: ['sleep', '1000000'] }],
  },
};

/** Every action of the dashboard without a mouse; what it does is looked up with kubectl. */
describe.skipIf(!CHROMIUM)('the dashboard by the keyboard alone', () => {
  const suite = dashboardSuite(['--nodes', 'process:1 simulated:2'], async ({ kubectl }) => {
    const nodes = [NODE, 'node-1', 'node-2'].map((name) => `node/${name}`).join(' ');
    await kubectl(`wait ${nodes} --for=create --timeout=60s`);
    await kubectl(`wait ${nodes} --for=condition=Ready --timeout=60s`);
    // it runs what is put on it, and nothing else
    await kubectl(`cordon ${NODE}`);
    await kubectl('create namespace shop');
    for (const name of ['one', 'two', 'web']) await kubectl('create -f -', deployment(name, { replicas: 1 }));
    await kubectl('create -f -', cronJob);
    await kubectl('create -f -', talks);
    for (const name of ['red', 'green', 'blue']) await kubectl('create -f -', configMap(name, { sky: 'grey' }));
    await kubectl('rollout status deployment/web --timeout=60s');
    await kubectl('wait pod/talks --for=condition=Ready --timeout=110s');
  });
  const { kubectl, sees, goTo, grid, button } = suite;
  const page = () => suite.page;
  const keys = keysOn(page);
  const dialog = () => page().getByRole('dialog');
  const inDialog = (name: string) => dialog().getByRole('button', { name, exact: true });
  const toolbar = (name: string) => page().getByRole('toolbar').getByRole('button', { name, exact: true });
  const press = (...all: string[]) =>
    all.reduce((before, key) => before.then(() => page().keyboard.press(key)), Promise.resolve());
  const closed = () => dialog().waitFor({ state: 'detached' });
  /** Chooses these rows of a list that is in the order of its names, one after the other. */
  const choose = async (path: string, names: readonly string[]): Promise<void> => {
    await goTo(path);
    await grid().getByRole('link', { name: names[0]!, exact: true }).waitFor();
    await keys.toContent();
    await keys.tabTo(grid());
    await press('Home');
    for (const name of names) {
      const row = grid()
        .getByRole('row')
        .filter({ has: page().getByRole('link', { name, exact: true }) });
      for (let n = 0; n < 20 && (await row.getAttribute('data-active')) !== 'true'; n++) await press('ArrowDown');
      await press('Space');
      expect(await row.getAttribute('aria-selected')).toBe('true');
    }
  };
  const open = async (path: string): Promise<void> => {
    await goTo(path);
    await page().getByRole('tab').first().waitFor();
    await keys.toContent();
  };

  it('goes to a kind, down its list and to an object', async () => {
    await goTo('/');
    await keys.enter(page().getByRole('navigation', { name: 'Kinds' }).getByRole('link', { name: 'ConfigMaps' }));
    await page().getByRole('heading', { level: 2, name: 'ConfigMaps' }).waitFor();
    await grid().getByRole('link', { name: 'blue' }).waitFor();
    // the focus is where the new page begins
    await keys.tabTo(grid());
    await press('Home', 'ArrowDown', 'Enter');
    const second = await kubectl('get configmaps -A -o jsonpath={.items[1].metadata.name}');
    await page().getByRole('heading', { level: 2, name: second }).waitFor();
    await keys.enter(
      page().getByRole('navigation', { name: 'Where this is' }).getByRole('link', { name: 'ConfigMaps' }),
    );
    await page().getByRole('heading', { level: 2, name: 'ConfigMaps' }).waitFor();
  });

  it('filters, sorts, chooses columns and namespaces', async () => {
    await goTo('/kinds/deployments.apps');
    await keys.toContent();
    await keys.write(page().getByRole('combobox', { name: 'Filter' }), 'w spec.replicas=1');
    await grid().getByRole('link', { name: 'one', exact: true }).waitFor({ state: 'detached' });
    await keys.write(page().getByRole('combobox', { name: 'Filter' }), ' ');
    await keys.enter(button('Columns'), true);
    await keys.press(page().getByLabel('Ready'), 'Space');
    await grid().getByRole('columnheader', { name: 'Ready' }).waitFor({ state: 'detached' });
    await keys.write(page().getByLabel('Another field by its path'), 'spec.replicas');
    await press('Enter');
    await grid().getByRole('columnheader', { name: 'replicas' }).waitFor();
    await press('Escape');
    await keys.press(button('Name'), 'Enter', 2);
    await page().locator('[aria-sort=descending]').waitFor();
    expect(await grid().getByRole('link').first().innerText()).toBe('web');
    await keys.write(page().getByRole('combobox', { name: 'Namespaces' }), 'shop');
    await press('ArrowDown', 'Enter');
    await grid().getByRole('link').first().waitFor({ state: 'detached' });
    expect(new URL(page().url()).searchParams.get('ns')).toBe('shop');
    await press('Backspace');
    await grid().getByRole('link', { name: 'web' }).waitFor();
  });

  it('scales, restarts and labels several', async () => {
    await choose('/kinds/deployments.apps?ns=default', ['one', 'two']);
    await keys.enter(toolbar('Scale'), true);
    await keys.write(dialog().getByLabel('Replicas'), '2');
    await press('Enter');
    await sees('get deployment one two -o jsonpath={.items[*].spec.replicas}', (text) => text === '2 2');
    await choose('/kinds/deployments.apps?ns=default', ['one', 'two']);
    await keys.enter(toolbar('Restart'), true);
    await keys.enter(inDialog('Restart'));
    await sees(
      'get deployment one two -o jsonpath={.items[*].spec.template.metadata.annotations}',
      (text) => text.split('restartedAt').length === 3,
    );
    await choose('/kinds/deployments.apps?ns=default', ['one', 'two']);
    await keys.enter(toolbar('Label'), true);
    await keys.write(dialog().getByLabel('Labels'), 'tier=back');
    await press('Enter');
    await sees('get deployments -l tier=back -o name', (text) => text.split('\n').length === 2);
  });

  it('stops in the midst of many, and goes on', async () => {
    await choose('/kinds/configmaps?ns=default', ['blue', 'green', 'red']);
    await keys.enter(toolbar('Delete'), true);
    let go = (): void => undefined;
    const second = new Promise<void>((resolve) => (go = resolve));
    let deletes = 0;
    await page().route('**/graphql', async (route) => {
      const isDelete = route.request().postData()?.includes('deleteObject(') === true;
      if (isDelete && ++deletes === 2) await second;
      await route.continue();
    });
    await keys.enter(inDialog('Delete'));
    await dialog().getByText('1 of 3').waitFor();
    await keys.enter(inDialog('Stop'), true);
    go();
    await dialog().getByText('2 of 3, stopped').waitFor();
    await page().unroute('**/graphql');
    expect(await kubectl('get configmap blue green red --ignore-not-found -o name')).toBe('configmap/red');
    await keys.enter(inDialog('Cancel'));
    await closed();
    await choose('/kinds/configmaps?ns=default', ['red']);
    await keys.enter(toolbar('Delete'), true);
    await keys.enter(inDialog('Delete'));
    await sees('get configmap red --ignore-not-found -o name', (text) => text === '');
  });

  it('deletes one, and leaves what it owns when asked to', async () => {
    await open('/kinds/deployments.apps/default/two');
    await keys.enter(button('Delete'));
    await dialog()
      .getByRole('row', { name: /ReplicaSet.*deleted/ })
      .first()
      .waitFor();
    await keys.press(dialog().getByRole('radio', { name: 'With what it owns' }), 'ArrowRight', 2);
    await dialog()
      .getByRole('row', { name: /ReplicaSet.*orphaned/ })
      .first()
      .waitFor();
    await keys.enter(inDialog('Delete'));
    await sees('get deployment two --ignore-not-found -o name', (text) => text === '');
    expect(await kubectl('get replicasets -l app=two -o name')).toMatch(/^replicaset/);
    await page().getByRole('heading', { level: 2, name: 'Deployments' }).waitFor();
  });

  it('scales one, pauses its rollout and goes back to an older revision', async () => {
    await open('/kinds/deployments.apps/default/web');
    await keys.enter(button('Scale'));
    await keys.write(dialog().getByLabel('Replicas'), '3');
    await press('Enter');
    await sees('get deployment web -o jsonpath={.spec.replicas}', (text) => text === '3');
    await closed();
    await keys.enter(button('Pause the rollout'));
    await keys.enter(inDialog('Pause the rollout'));
    await sees('get deployment web -o jsonpath={.spec.paused}', (text) => text === 'true');
    await closed();
    await keys.enter(button('Resume the rollout'));
    await keys.enter(inDialog('Resume the rollout'));
    await sees('get deployment web -o jsonpath={.spec.paused}', (text) => text !== 'true');
    await closed();
    await kubectl('set image deployment/web c=busybox:2');
    await keys.press(page().getByRole('tab', { name: 'Summary' }), 'ArrowLeft', 2);
    await keys.enter(button('Go back to 1'));
    await sees(
      'get deployment web -o jsonpath={.spec.template.spec.containers[0].image}',
      (text) => text === 'busybox',
    );
  });

  it('evicts a pod', async () => {
    const [pod = ''] = (await kubectl('get pods -l app=one -o jsonpath={.items[*].metadata.name}')).split(' ');
    await open(`/kinds/pods/default/${pod}`);
    await keys.enter(button('Evict'));
    await keys.enter(inDialog('Evict'));
    await sees(`get pod ${pod} --ignore-not-found -o name`, (text) => text === '');
  });

  it('suspends a CronJob, and lets it go on', async () => {
    await open('/kinds/cronjobs.batch/default/nightly');
    for (const [name, value] of [
      ['Suspend', 'true'],
      ['Go on', 'false'],
    ] as const) {
      await keys.enter(button(name));
      await keys.enter(inDialog(name));
      await sees('get cronjob nightly -o jsonpath={.spec.suspend}', (text) => text === value);
      await closed();
    }
  });

  it('cordons and drains a node, and takes it back', async () => {
    const unschedulable = 'get node node-1 -o jsonpath={.spec.unschedulable}';
    await open('/kinds/nodes/_/node-1');
    await keys.enter(button('Cordon'));
    await keys.enter(inDialog('Cordon'));
    await sees(unschedulable, (text) => text === 'true');
    await closed();
    await keys.enter(button('Drain'));
    await keys.press(dialog().getByLabel(/that nothing makes again/), 'Space');
    await keys.enter(inDialog('Drain'));
    await dialog().getByText('Done', { exact: true }).waitFor();
    expect(await kubectl('get pods --field-selector spec.nodeName=node-1 -o name')).toBe('');
    await press('Escape');
    await closed();
    await keys.enter(button('Uncordon'), true);
    await keys.enter(inDialog('Uncordon'));
    await sees(unschedulable, (text) => text === '');
  });

  it('opens a terminal and leaves it, and adds a container with tools', async () => {
    await open('/kinds/pods/default/talks?tab=terminal');
    await keys.enter(button('Open'));
    await page().locator('.xterm-accessibility-tree').getByText(/[#$]/).first().waitFor();
    await page().keyboard.type('echo made-$((40 + 2)) > /tmp/made\n');
    await sees('exec talks -- cat /tmp/made', (text) => text === 'made-42');
    await press('F6');
    await keys.write(page().getByLabel('Image with tools'), 'busybox:1.36');
    await press('Enter');
    const added = await sees('get pod talks -o jsonpath={.spec.ephemeralContainers[0].name}', (text) => text !== '');
    await page().getByLabel(`Terminal in ${added}`).waitFor({ state: 'attached' });
    await press('F6');
    await kubectl('delete pod talks --wait=false');
  });

  it('writes YAML, tries it and keeps it', async () => {
    await kubectl('create -f -', configMap('colours', { sky: 'grey' }));
    await open('/kinds/configmaps/default/colours?tab=yaml');
    await keys.tabTo(page().getByLabel('YAML of colours'));
    await press('Control+Home');
    while (!(await page().locator('.cm-activeLine').innerText()).includes('sky:')) await press('ArrowDown');
    await press('End', 'Backspace', 'Backspace', 'Backspace', 'Backspace');
    await page().keyboard.type('blue');
    await keys.enter(button('Try it'));
    await page().getByRole('group', { name: 'What would change' }).waitFor();
    expect(await kubectl('get configmap colours -o jsonpath={.data.sky}')).toBe('grey');
    await keys.enter(button('Save'));
    await sees('get configmap colours -o jsonpath={.data.sky}', (text) => text === 'blue');
  });

  it('reads the history of it, and undoes a change', async () => {
    await open('/kinds/configmaps/default/colours?tab=history');
    await keys.enter(page().getByRole('button', { name: /data\.sky/ }));
    await keys.enter(button('What would undoing it do?'));
    await keys.enter(button('Undo it'), true);
    await sees('get configmap colours -o jsonpath={.data.sky}', (text) => text === 'grey');
  });

  it('applies manifests after it was told what they would do', async () => {
    await goTo('/apply');
    await keys.toContent();
    await page().getByLabel('Manifests').waitFor();
    await keys.tabTo(page().getByLabel('Manifests'));
    await page().keyboard.insertText('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\n');
    await keys.enter(button('What would it do?'));
    await page().getByText('This is what would be written.').waitFor();
    await keys.enter(page().getByRole('main').getByRole('button', { name: 'Apply' }));
    await page().getByText('It is written.').waitFor();
    expect(await kubectl('get configmap applied -o name')).toBe('configmap/applied');
  });

  it('goes back in time, and returns', async () => {
    await goTo('/kinds/configmaps?ns=default');
    await grid().getByRole('link', { name: 'applied' }).waitFor();
    await keys.enter(button('Now'));
    await keys.press(page().getByRole('slider'), 'Home');
    await page().getByText('This is the cluster as it was').waitFor();
    await page().getByRole('alert').filter({ hasText: 'That moment is kept no longer' }).waitFor();
    await keys.enter(page().getByRole('dialog').getByRole('button', { name: 'Back to now' }));
    await grid().getByRole('link', { name: 'applied' }).waitFor();
  });

  it('searches, and changes how it looks', async () => {
    await press('Control+k');
    await page().locator('[aria-label="Words to look for"]:focus').waitFor();
    await page().keyboard.type('nightly');
    await page()
      .getByRole('option', { name: /nightly/ })
      .first()
      .waitFor();
    await press('Enter');
    await page().getByRole('heading', { level: 2, name: 'nightly' }).waitFor();
    await keys.enter(button('kubernetes-admin'), true);
    await keys.goTo(page().getByRole('menuitem', { name: 'Dark' }), 'ArrowDown');
    await press('Enter');
    await page().locator('html[data-mantine-color-scheme=dark]').waitFor();
  });

  it('has asked no other host, broken no policy, asked for nothing in vain and thrown no error', () => {
    expect(suite.faults).toEqual([]);
  });
});
