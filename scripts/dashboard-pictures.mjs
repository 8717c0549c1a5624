// Takes the pictures of docs/dashboard.md: each page, light and dark, wide and narrow. Needs a Chromium and a build (npm run build).
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const outdir = path.join(root, 'docs/dashboard');
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
/** Of a picture: words stay sharp, and all of them together small. */
const QUALITY = 0.6;

const SHOP = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { greeting: hello }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop, labels: { app: web } }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: busybox
          command: [sh, -c, 'n=0; while true; do n=$((n + 1)); echo "request $n answered in $((n % 7 + 1)) ms"; sleep 1; done']
          ports: [{ containerPort: 8080 }]
          envFrom: [{ configMapRef: { name: settings } }]
          resources: { requests: { cpu: 50m, memory: 32Mi }, limits: { cpu: 200m, memory: 64Mi } }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: front, namespace: shop }
spec:
  rules:
    - host: shop.example
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: report-of-everything-that-was-sold-in-the-night, namespace: shop }
spec:
  schedule: '0 3 * * *'
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: c, image: busybox }] } } } }
`;

const APPLY =
  'mutation ($manifests: JSON!) { applyBundle(manifests: $manifests, fieldManager: "pictures") { refused } }';
const PODS = '{ pods(namespace: "shop", labelSelector: "app=web") { items { metadata { name } status { phase } } } }';

/** Asks with the session of the page. */
const ask = (page, query, variables = {}) =>
  page.evaluate(async (body) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const answer = await fetch('/graphql', { method: 'POST', headers, body });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }, JSON.stringify({ query, variables }));

/** A picture as WebP, which the browser itself makes of it. */
async function save(canvas, png, file) {
  const url = await canvas.evaluate(
    async ([source, quality]) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const paper = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      paper.getContext('2d').drawImage(image, 0, 0);
      return paper.toDataURL('image/webp', quality);
    },
    [`data:image/png;base64,${png.toString('base64')}`, QUALITY],
  );
  writeFileSync(path.join(outdir, file), Buffer.from(url.slice(url.indexOf(',') + 1), 'base64'));
}

/** Each page by its name: its address, and what is done there before the picture is taken. */
const pagesOf = (pod) => ({
  overview: [
    '/',
    async (page) => {
      await page.getByRole('heading', { name: 'What changed lately' }).waitFor();
      await page.getByText('loading').waitFor({ state: 'hidden' });
    },
  ],
  list: ['/kinds/pods', (page) => page.getByRole('grid').getByRole('link').first().waitFor()],
  object: ['/kinds/deployments.apps/shop/web', (page) => page.getByText('Conditions').waitFor()],
  yaml: ['/kinds/deployments.apps/shop/web?tab=yaml', (page) => page.locator('.cm-content').waitFor()],
  map: ['/kinds/deployments.apps/shop/web?tab=map', (page) => page.locator('.map-object').nth(4).waitFor()],
  logs: ['/kinds/deployments.apps/shop/web?tab=logs', (page) => page.getByText('answered in').first().waitFor()],
  terminal: [
    `/kinds/pods/shop/${pod}?tab=terminal`,
    async (page) => {
      await page.getByRole('button', { name: 'Open', exact: true }).click();
      await page.locator('.xterm-accessibility-tree', { hasText: /[#$]/ }).waitFor();
    },
  ],
  changes: ['/changes', (page) => page.getByRole('button').nth(8).waitFor()],
  apply: [
    '/apply',
    async (page) => {
      await page.locator('.cm-content').click();
      await page.keyboard.insertText(
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: colours\ndata:\n  sky: grey\n',
      );
      await page.getByRole('button', { name: 'What would it do?' }).click();
      await page.getByText('This is what would be written.').waitFor();
    },
  ],
});

async function take(context, url, link) {
  const canvas = await context.newPage();
  const page = await context.newPage();
  const wanted = process.argv.slice(2);
  const shoot = async (name, to, prepare) => {
    if (wanted.length > 0 && !wanted.includes(name)) return;
    await page.setViewportSize(WIDE);
    await page.goto(to);
    await prepare(page);
    for (const [size, viewport] of Object.entries({ wide: WIDE, narrow: NARROW })) {
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme });
        await page.waitForTimeout(300);
        await save(canvas, await page.screenshot(), `${name}-${size}-${colorScheme}.webp`);
      }
    }
  };
  await shoot('sign-in', `${url}/dashboard`, () => page.getByLabel('Token').waitFor());
  await page.goto(link);
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await ask(page, APPLY, { manifests: SHOP });
  let pods = [];
  while (pods.length < 3 || pods.some(({ status }) => status.phase !== 'Running')) {
    pods = (await ask(page, PODS)).pods.items;
    await page.waitForTimeout(300);
  }
  for (const [name, [to, prepare]] of Object.entries(pagesOf(pods[0].metadata.name)))
    await shoot(name, `${url}/dashboard${to}`, prepare);
}

const data = mkdtempSync(path.join(os.tmpdir(), 'ku7s-pictures-'));
const server = spawn(process.execPath, [path.join(root, 'bin/ku7s.js'), '--data', data, '--secure-port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const profile = path.join(data, 'browser');
let context;
try {
  const text = await new Promise((ready, failed) => {
    let printed = '';
    server.stdout.on('data', (chunk) => {
      printed += chunk;
      if (/dashboard\?token=\S+\s/.test(printed)) ready(printed);
    });
    server.once('exit', (code) => failed(new Error(`the server has ended with ${code}`)));
  });
  mkdirSync(outdir, { recursive: true });
  context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    ignoreHTTPSErrors: true,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  await take(context, /ready at (\S+)/.exec(text)[1], /https:\/\/\S*dashboard\?\S*/.exec(text)[0]);
} finally {
  await context?.close();
  const ended = new Promise((resolve) => server.once('exit', resolve));
  if (server.exitCode === null && server.kill('SIGINT')) await ended;
  rmSync(data, { recursive: true, force: true, maxRetries: 3 });
}
