import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/store/embedded.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { httpClient } from './support/http.ts';
import { end, startRole, type Role } from './support/role.ts';

/** The same program over five processes: two API servers on one Postgres, and each loop on its own. */
describe('roles in processes of their own', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-roles-'));
  const loops: Role[] = [];
  let postgres: EmbeddedPostgres;
  let first: Cluster;
  let second: Cluster;

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') });
    const api = ['--roles', 'api', '--encryption-key-file', path.join(folder, 'encryption-key')];
    first = await startCluster(api, { DATABASE_URL: postgres.url });
    second = await startCluster(api, { DATABASE_URL: postgres.url });
    loops.push(await startRole('controllers', second, folder));
    loops.push(await startRole('scheduler', second, folder));
    loops.push(await startRole('nodes', second, folder, '--nodes', 'simulated:2'));
  });
  afterAll(async () => {
    for (const loop of loops) await end(loop);
    await first?.remove();
    await second?.remove();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it('run a Deployment that was made at one API server and is watched at the other', async () => {
    const http = httpClient(second.kubeconfig);
    const from = (await http.request('GET', '/api/v1/namespaces/default/pods')).body.metadata.resourceVersion as string;
    expect((await first.kubectl('create deployment web --image=web:1 --replicas=3')).stderr).toBe('');
    const seen = new Set<string>();
    for await (const event of http.lines(
      `/api/v1/namespaces/default/pods?watch=true&resourceVersion=${from}&timeoutSeconds=60`,
    )) {
      if (event.object.status?.phase === 'Running') seen.add(event.object.metadata.name);
      if (seen.size === 3) break;
    }
    expect(seen.size).toBe(3);
    http.close();
  });

  it('lose nothing when one API server is killed', async () => {
    for (let n = 0; n < 20; n++) expect((await first.kubectl(`create configmap before-${n}`)).stderr).toBe('');
    const gone = new Promise((resolve) => first.process.once('exit', resolve));
    first.process.kill('SIGKILL');
    await gone;
    const names = (await second.kubectl('get configmaps -o name')).stdout;
    for (let n = 0; n < 20; n++) expect(names).toContain(`configmap/before-${n}\n`);
    expect((await second.kubectl('scale deployment/web --replicas=5')).stderr).toBe('');
    await eventually(
      async () => (await second.kubectl("get deployment web -o jsonpath='{.status.readyReplicas}'")).stdout,
      (text) => text.includes('5'),
    );
  });
});
