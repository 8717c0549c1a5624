import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { violationsOn } from './support/axe.ts';
import { CHROMIUM } from './support/browser.ts';
import { configMap, dashboardSuite, deployment } from './support/dashboard.ts';

const WIDTHS = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };
const LONG = 'a-name-as-long-as-only-machines-give-them-which-has-to-be-wrapped';

/** What there is to look at: its address, and what is done there first. */
type State = readonly [path: string, prepare?: (page: Page) => Promise<unknown>];
const press = (name: string) => (page: Page) =>
  page.getByRole('main').getByRole('button', { name, exact: true }).click();
/** Opens a dialog by a button of the object, or of the frame. */
const dialog = (name: string) => async (page: Page) => {
  await page.getByRole('button', { name, exact: true }).click();
  await page.getByRole('dialog').waitFor();
};
const chosen = (then: string) => async (page: Page) => {
  await page.getByLabel('All rows').check();
  await page.getByRole('toolbar').getByRole('button', { name: then, exact: true }).click();
  await page.getByRole('dialog').waitFor();
};
const WEB = '/kinds/deployments.apps/default/web';

const PAGES: Readonly<Record<string, State>> = {
  'the overview': ['/', (page) => page.getByRole('heading', { name: 'What changed lately' }).waitFor()],
  'a list': ['/kinds/pods'],
  'a list of what has no namespace': ['/kinds/nodes'],
  'a list with a name that is long': ['/kinds/configmaps'],
  'an empty list': ['/kinds/configmaps?ns=default&q=nothing-has-this-name'],
  'a filter that is wrong': ['/kinds/pods?q=spec.none=1', (page) => page.getByText(/there is no spec/).waitFor()],
  'changes, one of them open': [
    '/changes',
    async (page) => {
      await page
        .getByRole('button', { name: /create.*ConfigMap default/ })
        .first()
        .click();
      await press('What would undoing it do?')(page);
      await page.getByText('It would delete').waitFor();
    },
  ],
  'what manifests would do': [
    '/apply',
    async (page) => {
      await page.getByLabel('Manifests').click();
      await page.keyboard.insertText(`apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${LONG}\ndata:\n  b: new\n`);
      await press('What would it do?')(page);
      await page.getByText('This is what would be written.').waitFor();
    },
  ],
  'manifests with mistakes': [
    '/apply',
    async (page) => {
      await page.getByLabel('Manifests').click();
      await page.keyboard.insertText('apiVersion: v1\nkind: ConfigMap\nimmutable: 7\nmetadata:\n  name: UPPER\n');
      await page.getByText('boolean is wanted here').waitFor();
      await press('What would it do?')(page);
      await page
        .getByText(/Nothing is written|That did not work|not valid/)
        .first()
        .waitFor();
    },
  ],
  'no page': ['/none'],
  'an object that is not there': [
    '/kinds/pods/default/none',
    (page) => page.getByText('It is not there any more').waitFor(),
  ],
  'the past': ['/kinds/pods?at=100', (page) => page.getByText('This is the cluster as it was').waitFor()],
};
const TABS = {
  [WEB]: ['summary', 'yaml', 'related', 'map', 'events', 'logs', 'rollout', 'history'],
  POD: ['summary', 'usage', 'terminal'],
  '/kinds/nodes/_/node-1': ['summary', 'usage'],
};
const DIALOGS: Readonly<Record<string, State>> = {
  scaling: [WEB, dialog('Scale')],
  labelling: [WEB, dialog('Label')],
  deleting: [WEB, dialog('Delete')],
  draining: ['/kinds/nodes/_/node-1', dialog('Drain')],
  'deleting several': ['/kinds/configmaps?ns=default', chosen('Delete')],
  'labelling several': ['/kinds/configmaps?ns=default', chosen('Label')],
  searching: [
    '/',
    async (page) => {
      await page.keyboard.press('Control+k');
      await page.getByLabel('Words to look for').fill('web');
      await page.getByRole('option').nth(2).waitFor();
    },
  ],
  'choosing columns': ['/kinds/pods', dialog('Columns')],
  'choosing a moment': ['/kinds/pods', dialog('Now')],
  'choosing namespaces': [
    '/kinds/pods',
    async (page) => {
      await page.getByRole('combobox', { name: 'Namespaces' }).click();
      await page.getByRole('option').first().waitFor();
    },
  ],
  'who one is': ['/', (page) => page.getByRole('button', { name: 'kubernetes-admin', exact: true }).click()],
  'other clusters': [
    '/',
    async (page) => {
      await page.getByRole('button', { name: 'kubernetes-admin', exact: true }).click();
      await page.getByRole('menuitem', { name: 'Other clusters' }).click();
      await page.getByRole('dialog').waitFor();
    },
  ],
};

/** What axe says of each page, tab and dialog, light and dark, wide and narrow. */
describe.skipIf(!CHROMIUM)('axe', () => {
  let pod = '';
  const suite = dashboardSuite(['--nodes', 'simulated:2'], async ({ kubectl }) => {
    await kubectl('create -f -', deployment('web', { container: { resources: { requests: { cpu: '100m' } } } }));
    await kubectl('create -f -', configMap(LONG, { a: 'old' }));
    await kubectl('rollout status deployment/web --timeout=60s');
    await kubectl('set image deployment/web c=busybox:2');
    await kubectl('rollout status deployment/web --timeout=60s');
    pod = await kubectl('get pods -l app=web -o jsonpath={.items[0].metadata.name}');
  });
  const judge = async (page: Page): Promise<void> => {
    const found: Record<string, string[]> = {};
    for (const [width, viewport] of Object.entries(WIDTHS)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        const violations = await violationsOn(page, colorScheme === 'light' ? 'all' : 'colours');
        if (violations.length > 0) found[`${width}, ${colorScheme}`] = violations;
      }
    }
    expect(found).toEqual({});
  };
  const look = async ([path, prepare]: State): Promise<void> => {
    const { page } = suite;
    await suite.goTo(path);
    await page.getByRole('heading', { level: 2 }).waitFor();
    if ((await suite.grid().count()) > 0) await page.locator('[role=grid][aria-busy=false]').waitFor();
    await page.getByText('loading', { exact: true }).waitFor({ state: 'detached' });
    await prepare?.(page);
    await judge(page);
  };
  afterEach(() => suite.page.setViewportSize(WIDTHS.wide));

  it.each(Object.entries(PAGES))('finds nothing wrong with %s', (_, state) => look(state));
  it.each(Object.entries(TABS).flatMap(([path, tabs]) => tabs.map((tab) => [path, tab] as const)))(
    'finds nothing wrong with %s, %s',
    (path, tab) => look([`${path === 'POD' ? `/kinds/pods/default/${pod}` : path}?tab=${tab}`]),
  );
  it.each(Object.entries(DIALOGS))('finds nothing wrong with %s', (_, state) => look(state));

  it('finds nothing wrong with the kinds that a narrow page shows when it is asked to', async () => {
    await suite.goTo('/');
    await suite.page.setViewportSize(WIDTHS.narrow);
    await suite.button('Kinds').click();
    await suite.page.getByRole('link', { name: 'Changes' }).waitFor();
    await judge(suite.page);
  });

  it('finds nothing wrong with signing in', async () => {
    const page = await suite.another();
    await suite.goTo('/', page);
    await page.getByLabel('Token', { exact: true }).fill('guessed');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await judge(page);
  });

  it('finds nothing wrong when the connection is lost', async () => {
    await suite.goTo('/kinds/pods');
    await suite.page.locator('[role=grid][aria-busy=false]').waitFor();
    await suite.stop();
    await suite.page.getByText('The connection is lost').waitFor();
    await judge(suite.page);
  });
});
