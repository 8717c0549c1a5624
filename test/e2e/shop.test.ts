import { request, type RequestOptions } from 'node:https';
import { request as requestPlain } from 'node:http';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/start/certificates.ts';
import { writeNodeImage } from '../support/node-image.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

const SHOP = fileURLToPath(new URL('../../examples/shop', import.meta.url));
const HOST = 'shop.example';

interface Answer {
  status: number;
  body: string;
  servedBy: string;
}
interface Product {
  name: string;
  left: number;
}

/** How the shop's images are come by. */
interface Runtime {
  name: string;
  /** of --nodes */
  nodes: string;
  /** whether there is an image of its own, which the overlay names */
  image?: boolean;
  /** why this machine cannot */
  missing?: string | undefined;
}
const isRoot = process.getuid?.() === 0;
const lacks = (...programs: string[]): string | undefined => {
  const missing = programs.filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
  if (!isRoot) return 'needs root';
  return missing.length ? `there is no ${missing.join(', ')}` : undefined;
};
const RUNTIMES: readonly Runtime[] = [
  { name: 'host programs', nodes: 'process:1' },
  { name: 'OCI images', nodes: 'process:1', image: true, missing: lacks('ldd') },
  { name: 'containerd', nodes: 'containerd:1', image: true, missing: lacks('ldd', 'containerd', 'runc') },
];

const images = mkdtempSync(path.join(os.tmpdir(), 'ku7s-shop-'));
beforeAll(async () => {
  if (RUNTIMES.some(({ image, missing }) => image && !missing)) await writeNodeImage(images, 'shop.example/node:1');
});
afterAll(() => rmSync(images, { recursive: true, force: true, maxRetries: 3 }));

describe.each(RUNTIMES)('the shop on $name', ({ nodes, image, missing }) => {
  const kustomization = image ? path.join(SHOP, 'overlays/images') : SHOP;
  let cluster: Cluster;
  let cert: string;
  let ports: { http: number; https: number };

  beforeAll(async () => {
    if (missing) return;
    const ingress = ['--ingress-http-port', '0', '--ingress-https-port', '0'];
    cluster = await startCluster(['--nodes', nodes, ...(image ? ['--images', images] : []), ...ingress]);
    const pair = await makeCertificate({ commonName: HOST }, undefined, [HOST]);
    cert = pair.cert;
    for (const [file, text] of Object.entries(pair)) writeFileSync(path.join(cluster.data, `shop.${file}`), text);
    const said = await eventually(
      () => Promise.resolve(/takes requests (\{.*\})/.exec(cluster.output())?.[1]),
      (text) => text !== undefined,
    );
    ports = JSON.parse(said ?? '') as typeof ports;
  });
  afterAll(async () => {
    await cluster?.kubectl('delete namespace shop --wait=true');
    await cluster?.remove();
  });
  beforeEach(({ skip }) => {
    skip(missing !== undefined, missing);
    skip(
      nodes.startsWith('process') && !cluster.output().includes('"pods":"own network"'),
      'pods have no network of their own here',
    );
  });

  const kubectl = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl(line);
    expect([line, code, stderr]).toEqual([line, 0, expect.anything()]);
    return stdout;
  };
  /** Comes in by the Ingress, and believes only the shop's own certificate. */
  const ask = (target: string, body?: object): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options: RequestOptions = {
        host: '127.0.0.1',
        port: ports.https,
        servername: HOST,
        ca: cert,
        path: target,
        headers: { host: HOST },
        method: body ? 'POST' : 'GET',
        agent: false,
      };
      const asked = request(options, (res) => {
        let text = '';
        res.on('data', (chunk: Buffer) => (text += chunk.toString()));
        res.on('end', () =>
          resolve({ status: res.statusCode ?? 0, body: text, servedBy: String(res.headers['x-served-by']) }),
        );
      });
      asked.on('error', reject);
      asked.end(body && JSON.stringify(body));
    });
  const products = async (): Promise<Product[]> => JSON.parse((await ask('/api/products')).body) as Product[];
  const left = async (name: string): Promise<number | undefined> =>
    (await products()).find((product) => product.name === name)?.left;
  const rolledOut = (what: string): Promise<string> => kubectl(`rollout status -n shop ${what} --timeout=120s`);

  it('opens', async () => {
    await kubectl(`apply -k ${kustomization}`);
    await kubectl(`create secret tls shop-tls -n shop --cert ${cluster.data}/shop.cert --key ${cluster.data}/shop.key`);
    for (const what of ['statefulset/database', 'deployment/api', 'deployment/web']) await rolledOut(what);
    await kubectl('wait -n shop --for=condition=complete job/stock --timeout=120s');
    expect(await kubectl('get pvc data-database-0 -n shop -o jsonpath={.status.phase}')).toBe('Bound');
    const address = await eventually(
      () => kubectl('get ingress shop -n shop -o jsonpath={.status.loadBalancer.ingress[0].ip}'),
      (ip) => ip !== '',
    );
    expect(address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  it('sells by its page and by its API, and no more than it has', async () => {
    const page = await eventually(
      () => ask('/').catch((error: Error) => ({ status: 0, body: error.message })),
      ({ status }) => status === 200,
    );
    expect(page.body).toContain('<td>teapot</td>');
    expect((await ask('/api/orders', { product: 'teapot', count: 4 })).status).toBe(201);
    expect(await left('teapot')).toBe(1);
    expect((await ask('/api/orders', { product: 'teapot', count: 2 })).status).toBe(409);
    expect((await ask('/api/orders', { product: 'cake', count: 1 })).status).toBe(404);
  });

  it('sends http to https', async () => {
    const location = await new Promise((resolve, reject) => {
      requestPlain({ host: '127.0.0.1', port: ports.http, headers: { host: HOST }, agent: false }, (res) => {
        res.resume();
        resolve(res.headers.location);
      })
        .on('error', reject)
        .end();
    });
    expect(location).toBe(`https://${HOST}:${ports.https}/`);
  });

  it('is served by both pods of its API', async () => {
    const served = new Set<string>();
    await eventually(
      async () => served.add((await ask('/api/products')).servedBy).size,
      (size) => size === 2,
    );
  });

  it('keeps what was sold when the database is made anew', async () => {
    await kubectl('delete pod database-0 -n shop --wait=true');
    await rolledOut('statefulset/database');
    await eventually(
      () => left('teapot').catch(() => undefined),
      (count) => count === 1,
    );
  });

  it('adds up what was sold', async () => {
    await kubectl('create job report-now -n shop --from=cronjob/report');
    await kubectl('wait -n shop --for=condition=complete job/report-now --timeout=120s');
    expect(await kubectl('logs -n shop job/report-now')).toBe('1 orders, 180 €\n');
  });

  it('loses no request while a new version of its API is rolled out', async () => {
    let on = true;
    const statuses: number[] = [];
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (on)
          statuses.push(
            await ask('/api/products').then(
              ({ status }) => status,
              () => 0,
            ),
          );
      }),
    );
    await kubectl('set env -n shop deployment/api VERSION=2');
    await rolledOut('deployment/api');
    on = false;
    await load;
    expect(statuses.length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });
});
