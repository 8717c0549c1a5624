import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildClient } from '../../scripts/build.mjs';
import { CHROMIUM, launch } from './support/browser.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

const run = promisify(execFile);
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The programs of examples/client, as a user of the package has them: in a folder of their own, beside node_modules. */
describe('a program that uses the package', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-client-'));
  let cluster: Cluster;

  beforeAll(async () => {
    await buildClient();
    cpSync(path.join(ROOT, 'examples/client'), folder, { recursive: true });
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(ROOT, path.join(folder, 'node_modules/ku7s'), 'dir');
    for (const name of ['react', 'react-dom', '@types', '@graphql-typed-document-node', 'graphql'])
      symlinkSync(path.join(ROOT, 'node_modules', name), path.join(folder, 'node_modules', name), 'dir');
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    await run(process.execPath, [path.join(ROOT, 'scripts/codegen.mjs'), folder]);
    // a page comes back to where its server was
    cluster = await startCluster(['--nodes', 'simulated:2', '--secure-port', String(await freePort())]);
    const created = await cluster.kubectl('create deployment web --image=web:1');
    expect(created.stderr).toBe('');
  });
  afterAll(async () => {
    await cluster?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is checked by the types of its documents', async () => {
    const options = {
      compilerOptions: {
        target: 'ES2023',
        lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
        module: 'ESNext',
        moduleResolution: 'Bundler',
        allowImportingTsExtensions: true,
        jsx: 'react-jsx',
        strict: true,
        noEmit: true,
        skipLibCheck: false,
        types: ['node'],
      },
      include: ['*.ts', '*.tsx'],
    };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
    const check = () => run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    await expect(check()).resolves.toMatchObject({ stdout: '' });
    const wrong = path.join(folder, 'wrong.ts');
    writeFileSync(
      wrong,
      readFileSync(path.join(folder, 'pods.ts'), 'utf8')
        .replace('  namespace,\n  name,', '  name,')
        .replace('status?.phase', 'status?.phrase'),
    );
    const refused = (await check().catch((error: unknown) => error)) as { stdout: string };
    rmSync(wrong);
    expect(refused.stdout.match(/error TS\d+/g)?.length).toBeGreaterThanOrEqual(2);
    expect(refused.stdout).toContain("'phrase' does not exist");
  });

  it('scales a workload, and follows its pods until they run', async () => {
    await build({
      entryPoints: [path.join(folder, 'pods.ts')],
      outfile: path.join(folder, 'pods.js'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
    });
    const { stdout } = await run(process.execPath, [path.join(folder, 'pods.js'), 'default', 'web', '3'], {
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    });
    expect(stdout.trim().split('\n').at(-1)).toBe('3 of 3 run');
    const pods = await cluster.kubectl('get pods -l app=web --field-selector status.phase=Running -o name');
    expect(pods.stdout.trim().split('\n')).toHaveLength(3);
  });

  describe.skipIf(!CHROMIUM)('in a browser', () => {
    let server: Server;
    let browser: Awaited<ReturnType<typeof launch>>;

    beforeAll(async () => {
      await build({
        entryPoints: [path.join(folder, 'page.tsx')],
        outfile: path.join(folder, 'page.js'),
        bundle: true,
        format: 'esm',
        jsx: 'automatic',
        define: { 'process.env.NODE_ENV': '"production"' },
      });
      server = createServer(({ url = '/' }, response) => {
        const file = path.join(folder, url === '/' ? 'index.html' : path.basename(url));
        if (!existsSync(file)) return response.writeHead(404).end();
        const type = file.endsWith('.js') ? 'text/javascript' : 'text/html';
        return response.writeHead(200, { 'content-type': type }).end(readFileSync(file));
      });
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      browser = await launch();
    });
    afterAll(async () => {
      await browser?.close();
      server?.close();
    });

    it('shows at once what another browser changes in GraphiQL, and comes back after the server', async () => {
      const made = [
        'create serviceaccount page',
        'create rolebinding page --clusterrole=view --serviceaccount=default:page',
      ];
      for (const line of made) expect((await cluster.kubectl(line)).stderr).toBe('');
      const token = (await cluster.kubectl('create token page')).stdout.trim();
      const { port } = server.address() as AddressInfo;
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${port}/#${new URLSearchParams({ server: cluster.url, token })}`);
      const rows = async () => {
        const all = await page.$$eval('tr', (found) => found.map((row) => row.textContent));
        // what there is in place of the table, for a message that says it
        return all.length ? all : [await page.innerText('body')];
      };
      await eventually(rows, (all) => all.some((text) => /^web\d/.test(text)));

      const graphiql = await browser.newPage();
      const link = /https:\/\/\S*dashboard\?\S*/.exec(cluster.output())![0];
      await graphiql.goto(link);
      await graphiql.goto(new URL('/graphiql', link).href);
      await graphiql.waitForSelector('.graphiql-query-editor .view-lines');
      const shown = page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            const look = () => /\/5$/m.test(document.body.innerText) && resolve(Date.now());
            new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
          }),
      );
      const answered = graphiql.evaluate(async () => {
        const query = 'mutation { scaleDeployment(namespace: "default", name: "web", replicas: 5) }';
        const answer = await fetch('/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query }),
        });
        const text = await answer.text();
        return { at: Date.now(), text };
      });
      expect((await answered).text).toContain('"replicas":5');
      process.stdout.write(`shown ${(await shown) - (await answered).at} ms after it was answered\n`);
      await eventually(rows, (all) => all.includes('web5/5'));

      await cluster.stop();
      await eventually(
        () => page.getAttribute('table', 'aria-busy'),
        (busy) => busy === 'true',
      );
      await cluster.restart();
      expect((await cluster.kubectl('scale deployment/web --replicas=2')).stderr).toBe('');
      await eventually(rows, (all) => all.includes('web2/2'));
      expect(await page.getAttribute('table', 'aria-busy')).toBe('false');
    });
  });
});
