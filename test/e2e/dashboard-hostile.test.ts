import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { CHROMIUM } from './support/browser.ts';
import { configMap, dashboardSuite, deployment } from './support/dashboard.ts';

const HTML = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>';
const TURNED = 'safe\u202egnp.exe';
const LONG = 'w'.repeat(50_000);
const ROLE = 'why?not#here & there';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'evils.hostile.example' },
  spec: {
    group: 'hostile.example',
    scope: 'Namespaced',
    names: { plural: 'evils', singular: 'evil', kind: 'Evil' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        additionalPrinterColumns: ['Name', 'Age', TURNED, HTML.slice(0, 40)].map((name) => ({
          name,
          type: 'string',
          jsonPath: '.spec.text',
        })),
      },
    ],
  },
};
const evil = (name: string, status: unknown) => ({
  apiVersion: 'hostile.example/v1',
  kind: 'Evil',
  metadata: { name, namespace: 'default', annotations: { html: HTML, turned: TURNED, long: LONG } },
  spec: { text: `${TURNED}${HTML}` },
  status,
});
const noted = (name: string, message: string) => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, namespace: 'default' },
  involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'texts', uid: 'texts' },
  type: 'Warning',
  reason: 'R'.repeat(128),
  message,
  reportingComponent: HTML.slice(0, 60),
});

/** Objects whose author wants to break the page, or to have one thing taken for another; and a network that fails. */
describe.skipIf(!CHROMIUM)('the dashboard among those who mean it ill', () => {
  const suite = dashboardSuite(['--nodes', 'simulated:1'], async ({ kubectl }) => {
    await kubectl('create -f -', definition);
    await kubectl('wait crd/evils.hostile.example --for=condition=Established --timeout=60s');
    const ready = { type: 'Ready', status: 'True', message: TURNED + LONG, lastTransitionTime: 'never' };
    await kubectl('create -f -', evil('list', { conditions: [null, 'text', { type: { a: 1 } }, ready, ready] }));
    await kubectl('create -f -', evil('text', { conditions: 'all is well' }));
    await kubectl('create -f -', configMap('texts', { html: HTML, turned: TURNED, long: LONG }));
    await kubectl('create -f -', deployment('web'));
    const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }];
    await kubectl('create -f -', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: ROLE },
      rules,
    });
    await kubectl('create secret generic hidden --from-literal=password=hunter2');
    const uid = await kubectl('get configmap texts -o jsonpath={.metadata.uid}');
    for (const [place, message] of [HTML, TURNED, '\x1b[31mred\x07', 'z'.repeat(1000)].entries()) {
      const event = noted(`texts.${place}`, message);
      await kubectl('create -f -', { ...event, involvedObject: { ...event.involvedObject, uid } });
    }
  });
  const { kubectl, goTo, grid } = suite;
  const page = () => suite.page;
  const main = () => page().getByRole('main');
  /** Nothing ran, nothing is wider than the page, and nothing is turned about. */
  const stands = async (): Promise<void> => {
    const found = await page().evaluate(() => ({
      ran: 'ran' in window,
      wide: document.documentElement.scrollWidth > innerWidth,
      turned: document.body.innerText.includes('\u202e'),
    }));
    expect(found).toEqual({ ran: false, wide: false, turned: false });
    expect(await page().getByText('cannot be shown').count()).toBe(0);
  };
  afterEach(() => page().unrouteAll());

  it('lists what has columns of any name and text', async () => {
    await goTo('/kinds/evils.hostile.example');
    await grid().getByRole('link', { name: 'list', exact: true }).waitFor();
    await grid().getByText('safe\\u{202e}gnp.exe').first().waitFor();
    await stands();
  });

  it.each(['list', 'text'])('shows the summary of an object whatever is in its status: %s', async (name) => {
    await goTo(`/kinds/evils.hostile.example/default/${name}`);
    await page().getByText('resourceVersion', { exact: true }).waitFor();
    expect(await page().getByRole('cell', { name: 'Ready', exact: true }).count()).toBe(name === 'list' ? 2 : 0);
    await stands();
  });

  it('shows data and events as the texts that they are', async () => {
    await goTo('/kinds/configmaps/default/texts');
    expect(await page().getByLabel('Value of turned').innerText()).toBe('safe\\u{202e}gnp.exe');
    expect(await page().getByLabel('Value of html').innerText()).toBe(HTML);
    await page().getByRole('button', { name: 'All of long' }).click();
    expect((await page().getByLabel('Value of long').innerText()).length).toBe(LONG.length);
    await stands();
    await page().getByRole('tab', { name: 'Events' }).click();
    await page().getByText('\\u{1b}[31mred\\u{7}').waitFor();
    await stands();
  });

  it('hides what a Secret holds until it is asked for', async () => {
    await goTo('/kinds/secrets/default/hidden');
    await page().getByRole('button', { name: 'Show password' }).waitFor();
    expect(await main().getByText('hunter2').count()).toBe(0);
    await page().getByRole('button', { name: 'Show password' }).click();
    await main().getByText('hunter2').waitFor();
    await page().getByRole('button', { name: 'Hide password' }).click();
    await main().getByText('hunter2').waitFor({ state: 'detached' });
  });

  it('leads to an object whatever its name has', async () => {
    await goTo('/kinds/clusterroles.rbac.authorization.k8s.io?q=why');
    await grid().getByRole('link', { name: ROLE }).click();
    await page().getByRole('heading', { level: 2, name: ROLE }).waitFor();
    await page().getByRole('cell', { name: 'pods', exact: true }).waitFor();
    await page().reload();
    await page().getByRole('cell', { name: 'pods', exact: true }).waitFor();
  });

  it('says once that an object is not there', async () => {
    for (const tab of ['related', 'map']) {
      await goTo(`/kinds/configmaps/default/none?tab=${tab}`);
      await page().getByText('It is not there any more').waitFor();
      expect(await page().getByRole('alert').count(), tab).toBe(0);
      expect(await page().getByText('loading', { exact: true }).count(), tab).toBe(0);
    }
  });

  it('tells on the overview what people did, and on a page of its own what came of it', async () => {
    await kubectl('rollout status deployment/web --timeout=60s');
    await goTo('/');
    await page()
      .getByRole('button', { name: /create.*Deployment default\/web/ })
      .waitFor();
    expect(
      await main()
        .getByRole('button', { name: /Pod default\/web-/ })
        .count(),
    ).toBe(0);
    await page().getByRole('link', { name: 'what the cluster made of it, too' }).click();
    await page()
      .getByRole('button', { name: /create.*Pod default\/web-/ })
      .first()
      .waitFor();
  });

  it('asks once what is served', async () => {
    let asked = 0;
    const count = (body: string | null): void => void (body?.includes('query Kinds') && asked++);
    page().on('request', (request) => count(request.postData()));
    await goTo('/');
    // by then the watch of definitions has long told what there is
    await page()
      .getByRole('button', { name: /create.*Deployment default\/web/ })
      .waitFor();
    await goTo('/kinds/configmaps');
    await grid().getByRole('link', { name: 'texts' }).waitFor();
    expect(asked).toBe(2);
  });

  /** Drops requests as a network does that goes, until it is told to let them through. */
  async function cutOff(shown: Page, url: RegExp, which: (body: string | null) => boolean = () => true) {
    const cut = { off: true, dropped: 0 };
    await shown.route(url, (route) => {
      if (!cut.off || !which(route.request().postData())) return route.continue();
      cut.dropped++;
      return route.abort('internetdisconnected');
    });
    return cut;
  }

  it('asks again for what was dropped on its way, and says so', async () => {
    await goTo('/kinds/configmaps/default/texts');
    const cut = await cutOff(page(), /\/graphql$/, (body) => body?.includes('query Related') === true);
    await page().getByRole('tab', { name: 'Related' }).click();
    await page().getByRole('alert').filter({ hasText: 'It is asked again by itself' }).waitFor();
    cut.off = false;
    await page()
      .getByRole('heading', { name: /^Who uses it/ })
      .waitFor();
    expect(await page().getByRole('alert').count()).toBe(0);
    expect(cut.dropped).toBeGreaterThan(1);
  });

  it('fetches a part of the page again that was dropped on its way', async () => {
    await goTo('/kinds/configmaps/default/texts');
    await page().getByLabel('Value of turned').waitFor();
    const cut = await cutOff(page(), /\/assets\/chunk-/);
    await page().getByRole('tab', { name: 'YAML' }).click();
    await page().getByRole('tabpanel').getByText('loading').waitFor();
    await expect.poll(() => cut.dropped).toBeGreaterThan(0);
    cut.off = false;
    await page().locator('.cm-content').waitFor();
  });

  it('opens by itself where nothing answered when it was opened', async () => {
    const cut = await cutOff(page(), /\/graphql$/);
    await goTo('/');
    await page().getByText('It is asked again by itself').waitFor();
    cut.off = false;
    await page().getByRole('heading', { name: 'Overview' }).waitFor();
  });

  it('has asked no other host, broken no policy, asked for nothing in vain and thrown no error', () => {
    expect(suite.faults).toEqual([]);
  });
});
