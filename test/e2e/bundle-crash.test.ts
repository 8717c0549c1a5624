import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from './support/cluster.ts';
import { httpClient } from './support/http.ts';

const BUNDLES = 60;
const SIZE = 20;
const APPLY = `mutation($manifests: JSON!) {
  applyBundle(manifests: $manifests, namespace: "default", fieldManager: "e2e") { refused lastRevision }
}`;

/** `kill -9` in the middle of bundles: each is there as a whole or not at all, and what was acknowledged is there. */
describe('a crash during bundles', () => {
  let cluster: Cluster;
  afterEach(() => cluster?.remove());

  const namesOf = (bundle: number): string[] => Array.from({ length: SIZE }, (_, n) => `b${bundle}-${n}`);

  async function applyUntilKilled(kill: () => void): Promise<Set<number>> {
    const http = httpClient(cluster.kubeconfig);
    const acknowledged = new Set<number>();
    let killed = false;
    await Promise.allSettled(
      Array.from({ length: BUNDLES }, async (_, bundle) => {
        const manifests = namesOf(bundle).map((name) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, labels: { bundle: String(bundle) } },
        }));
        const { body } = await http.request('POST', '/graphql', { query: APPLY, variables: { manifests } });
        if (body.data?.applyBundle?.lastRevision) acknowledged.add(bundle);
        if (acknowledged.size === BUNDLES / 6 && !killed) {
          killed = true;
          kill();
        }
      }),
    );
    http.close();
    expect(killed).toBe(true);
    return acknowledged;
  }

  async function eachIsWhole(acknowledged: ReadonlySet<number>): Promise<void> {
    const http = httpClient(cluster.kubeconfig);
    const { body } = await http.request('GET', '/api/v1/namespaces/default/configmaps?labelSelector=bundle');
    const found = new Map<number, { name: string; revision: number }[]>();
    for (const { metadata } of body.items as {
      metadata: { name: string; resourceVersion: string; labels: { bundle: string } };
    }[]) {
      const bundle = Number(metadata.labels.bundle);
      const one = { name: metadata.name, revision: Number(metadata.resourceVersion) };
      found.set(bundle, [...(found.get(bundle) ?? []), one]);
    }
    for (const bundle of acknowledged) expect(found.has(bundle), `bundle ${bundle}`).toBe(true);
    for (const [bundle, objects] of found) {
      expect(objects.map(({ name }) => name).sort()).toEqual(namesOf(bundle).sort());
      const revisions = objects.map(({ revision }) => revision).sort((a, b) => a - b);
      expect(revisions.at(-1)! - revisions[0]!).toBe(SIZE - 1);
    }
    http.close();
  }

  it('of the server', async () => {
    cluster = await startCluster(['--roles', 'api']);
    const exited = new Promise((resolve) => cluster.process.once('exit', resolve));
    const acknowledged = await applyUntilKilled(() => cluster.process.kill('SIGKILL'));
    await exited;
    await cluster.restart();
    await eachIsWhole(acknowledged);
  });

  it('of Postgres', async () => {
    cluster = await startCluster(['--roles', 'api']);
    const pid = path.join(cluster.data, 'postgres');
    const acknowledged = await applyUntilKilled(() => process.kill(postmasterOf(pid), 'SIGKILL'));
    await cluster.stop();
    await cluster.restart();
    await eachIsWhole(acknowledged);
  });
});

/** The first line of postmaster.pid, which is in the data folder or one below it. */
function postmasterOf(folder: string): number {
  for (const file of ['pgdata/postmaster.pid', 'postmaster.pid'])
    try {
      return Number(readFileSync(path.join(folder, file), 'utf8').split('\n', 1).join());
    } catch {
      continue;
    }
  throw new Error(`no postmaster.pid in ${folder}`);
}
