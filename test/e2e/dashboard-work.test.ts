import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM } from './support/browser.ts';
import { eventually } from './support/cluster.ts';
import { dashboardSuite, deployment } from './support/dashboard.ts';
import { httpClient } from './support/http.ts';
import { ask } from './support/load.ts';
import { tool } from './support/tools.ts';

const NODE = os.hostname().toLowerCase();
/** Requests under way at once while there is load. */
const CLIENTS = 4;

/** Answers with its version, and says so in its log; what is under way when it ends is answered. */
const SERVER = `
const { VERSION, POD_IP } = process.env;
const server = require('node:http').createServer((request, response) => {
  if (request.url !== '/ready') console.log(VERSION + ' answers ' + request.url);
  response.setHeader('connection', 'close').end(VERSION);
});
server.listen(8080, POD_IP);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;
const web = deployment('web', {
  namespace: 'shop',
  container: {
    image: 'node:20',
    command: ['node', '-e', SERVER],
    env: [
      { name: 'VERSION', value: 'one' },
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ],
    ports: [{ containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
    // those who still come while all learn that it ends are answered
    lifecycle: { preStop: { sleep: { seconds: 2 } } },
    resources: { requests: { cpu: '20m', memory: '48Mi' }, limits: { memory: '256Mi' } },
  },
});
web.spec.template.spec.terminationGracePeriodSeconds = 10;

/** The dashboard over containers that run, answer, write and use what they are given. */
describe.skipIf(!CHROMIUM)('the dashboard at work', () => {
  const suite = dashboardSuite(['--nodes', 'process:1 simulated:1'], async ({ kubectl }) => {
    await kubectl(`wait node/${NODE} node/node-1 --for=create --timeout=60s`);
    await kubectl(`wait node/${NODE} node/node-1 --for=condition=Ready --timeout=60s`);
    // containers run on the machine's own node, as long as no other is asked to help out
    await kubectl('cordon node-1');
    await kubectl('create namespace shop');
    await kubectl('create -f -', web);
    await kubectl('expose deployment web -n shop --port=80 --target-port=8080');
    await kubectl('rollout status -n shop deployment/web --timeout=110s');
  });
  const { kubectl, sees, goTo, button } = suite;
  const page = () => suite.page;
  let http: ReturnType<typeof httpClient>;
  beforeAll(() => {
    http = httpClient(suite.cluster.kubeconfig);
  });
  afterAll(() => http?.close());

  const request = (path: string) => http.request('GET', `/api/v1/namespaces/shop/services/web:80/proxy/${path}`);
  const podsOfWeb = async (): Promise<string[]> =>
    (await kubectl('get pods -n shop -l app=web -o jsonpath={.items[*].metadata.name}')).split(' ');

  it('tells what all pods of a workload write as they write it, and finds words in it', async () => {
    await goTo('/kinds/deployments.apps/shop/web?tab=logs');
    const log = page().getByRole('log', { name: 'Lines' });
    const pods = await podsOfWeb();
    const written = async () => {
      await request('hello');
      return Promise.all(pods.map((pod) => kubectl(`logs -n shop ${pod}`)));
    };
    await eventually(written, (logs) => logs.every((text) => text.includes('one answers /hello')));
    for (const pod of pods) await log.getByText(`${pod}/c`).first().waitFor();
    await request('a-needle');
    await log.getByText('one answers /a-needle').waitFor();
    await page().getByLabel('Find in the lines').fill('needle');
    await page()
      .getByText(/^1 lines of \d+/)
      .waitFor();
    const [download] = await Promise.all([page().waitForEvent('download'), button('Download').click()]);
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^\S+ web-\S+ one answers \/a-needle\n$/);
  });

  it('shows what a pod uses, against what it asks for and what it may have', async () => {
    const [pod] = await podsOfWeb();
    await goTo(`/kinds/pods/shop/${pod}?tab=usage`);
    await page()
      .getByText(/Memory, MiB: [\d.]+ of 48\.0 requests, of 256 limits/)
      .waitFor();
    await page()
      .getByText(/Processor, cores: [\d.e-]+ of 0\.0200 requests/)
      .waitFor();
    expect(await page().locator('.plot canvas').count()).toBe(2);
    expect(await kubectl(`top pod -n shop ${pod} --no-headers`)).toMatch(/\d+m +\d+Mi/);
  });

  it('sums up what nodes use, what does not do well, and what changed', async () => {
    await goTo('/');
    await page().getByRole('progressbar', { name: 'Memory in use' }).waitFor();
    await page()
      .getByText(/^Processor: [\d.]+ of [\d.]+ cores/)
      .waitFor();
    await kubectl("run broken --image=busybox --restart=Never --command -- sh -c 'exit 7'");
    const pods = page().getByRole('link', { name: /^Pods.*1 not well/ });
    await pods.waitFor();
    await page()
      .getByRole('button', { name: /create.*Pod default\/broken/ })
      .waitFor();
    await pods.click();
    await page()
      .getByRole('row', { name: /broken.*Error/ })
      .waitFor();
  });

  it('tells at an object what is noted of it, as it is noted', async () => {
    await goTo('/kinds/deployments.apps/shop/web?tab=events');
    await page()
      .getByRole('row', { name: /ScalingReplicaSet/ })
      .first()
      .waitFor();
    const before = await page().getByRole('row').count();
    await kubectl('scale -n shop deployment/web --replicas=3');
    await eventually(
      () => page().getByRole('row').count(),
      (rows) => rows > before,
    );
    await kubectl('scale -n shop deployment/web --replicas=2');
    await sees('get pods -n shop -l app=web -o name', (names) => names.split('\n').length === 2);
  });

  it('gives the command that forwards the ports of a pod', async () => {
    const [pod] = await podsOfWeb();
    await goTo(`/kinds/pods/shop/${pod}?tab=terminal`);
    const command = await page()
      .getByRole('row', { name: /Forward its ports/ })
      .getByRole('code')
      .innerText();
    expect(command).toBe(`kubectl port-forward -n shop pod/${pod} 8080:8080`);
    // of this machine any port will do
    const words = command.replace('8080:8080', ':8080').split(' ').slice(1);
    const child = spawn(tool('kubectl'), words, { env: { ...process.env, KUBECONFIG: suite.cluster.kubeconfig } });
    try {
      const port = await new Promise<number>((found, failed) => {
        child.stdout.on('data', (text: Buffer) => {
          const [, at] = /127\.0\.0\.1:(\d+)/.exec(text.toString()) ?? [];
          if (at) found(Number(at));
        });
        child.once('exit', (code) => failed(new Error(`kubectl ended with ${code}`)));
      });
      expect(await ask({ host: '127.0.0.1', port, path: '/' })).toBe('one');
    } finally {
      child.kill();
    }
  });

  it('opens a terminal in a container, and in one with tools that is added', async () => {
    const [pod] = await podsOfWeb();
    await goTo(`/kinds/pods/shop/${pod}?tab=terminal`);
    await button('Open').click();
    const screen = page().locator('.xterm-accessibility-tree');
    await screen.getByText(/[#$]/).first().waitFor();
    await page().getByLabel('Terminal in c').focus();
    await page().keyboard.type('echo made-$((40 + 2)) > /tmp/made\n');
    await sees(`exec -n shop ${pod} -- cat /tmp/made`, (text) => text === 'made-42');
    await page().keyboard.type('exit 3\n');
    await page().getByText('It ended with exit code 3.').waitFor();

    await page().getByLabel('Image with tools').fill('busybox:1.36');
    await button('Add it').click();
    const added = () => kubectl(`get pod -n shop ${pod} -o jsonpath={.spec.ephemeralContainers[0]}`);
    const container = JSON.parse(await eventually(added, (text) => text !== '')) as Record<string, string>;
    expect(container).toMatchObject({ image: 'busybox:1.36', targetContainerName: 'c' });
    await page().getByLabel(`Terminal in ${container['name']}`).focus();
    await page().keyboard.type('echo debug-$((40 + 2)) > /tmp/made\n');
    await sees(`exec -n shop ${pod} -c ${container['name']} -- cat /tmp/made`, (text) => text === 'debug-42');
  });

  it('goes back to an older revision while there is load, and loses no request', async () => {
    const answers: string[] = [];
    let isLoaded = true;
    const load = Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        while (isLoaded) answers.push(String((await request('')).body));
      }),
    );
    try {
      await kubectl('set env -n shop deployment/web VERSION=two');
      await goTo('/kinds/deployments.apps/shop/web?tab=rollout');
      await page()
        .getByRole('row', { name: /^2 .*now/ })
        .waitFor();
      await page().getByText('successfully rolled out').waitFor();
      answers.length = 0;
      await eventually(
        async () => answers,
        (all) => all.includes('two'),
      );
      await page().getByRole('button', { name: 'Go back to 1' }).click();
      await page()
        .getByRole('row', { name: /^3 .*now/ })
        .waitFor();
      await page().getByText('successfully rolled out').waitFor();
      await kubectl('rollout status -n shop deployment/web --timeout=110s');
    } finally {
      isLoaded = false;
      await load;
    }
    expect(new Set(answers)).toEqual(new Set(['one', 'two']));
    expect((await request('')).body).toBe('one');
    expect(
      await kubectl('get deployment web -n shop -o jsonpath={.spec.template.spec.containers[0].env[0].value}'),
    ).toBe('one');
  });

  it('drains a node as far as a budget lets it, with its progress', async () => {
    await kubectl('create poddisruptionbudget web -n shop --selector=app=web --min-available=2');
    await kubectl('wait pdb/web -n shop --for=jsonpath={.status.currentHealthy}=2 --timeout=60s');
    await goTo(`/kinds/nodes/_/${NODE}`);
    await button('Drain').click();
    const dialog = page().getByRole('dialog');
    await dialog.getByLabel(/that nothing makes again/).check();
    await dialog.getByLabel(/emptyDir/).check();
    await dialog.getByRole('button', { name: 'Drain' }).click();
    await dialog.getByText(/2 pods are left/).waitFor();
    expect(await kubectl(`get node ${NODE} -o jsonpath={.spec.unschedulable}`)).toBe('true');
    expect(await podsOfWeb()).toHaveLength(2);
    // room elsewhere lets them go, one after the other
    await kubectl('uncordon node-1');
    await kubectl('patch pdb web -n shop --type=merge -p {"spec":{"minAvailable":1}}');
    await dialog.getByText('Done', { exact: true }).waitFor();
    await sees(
      `get pods -n shop -l app=web -o jsonpath={.items[*].spec.nodeName}`,
      (nodes) => nodes === 'node-1 node-1',
    );
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await button('Uncordon').click();
    await suite.confirm('Uncordon');
    await sees(`get node ${NODE} -o jsonpath={.spec.unschedulable}`, (value) => value === '');
  });

  it('has asked no other host, broken no policy, asked for nothing in vain and thrown no error', () => {
    expect(suite.faults).toEqual([]);
  });
});
