import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startCluster, type Cluster } from './support/cluster.ts';
import { httpClient } from './support/http.ts';

const CREATES = 2_000;
const BASE = '/api/v1/namespaces/default/configmaps';

/** `kill -9` in the middle of writes: what was acknowledged is there, and a watch goes on as if nothing had happened. */
describe('a crash during 2,000 concurrent creates', () => {
  let cluster: Cluster;
  afterEach(() => cluster?.remove());

  const postmaster = () => Number(findPid(path.join(cluster.data, 'postgres')));

  async function writesUntilKilled(kill: () => void): Promise<{ acknowledged: Map<string, number>; from: string }> {
    const http = httpClient(cluster.kubeconfig);
    const from = (await http.request('GET', BASE)).body.metadata.resourceVersion as string;
    const acknowledged = new Map<string, number>();
    let killed = false;
    await Promise.allSettled(
      Array.from({ length: CREATES }, async (_, n) => {
        const name = `c${n}`;
        const { status, body } = await http.request('POST', BASE, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name },
          data: { n: String(n) },
        });
        if (status === 201) acknowledged.set(name, Number(body.metadata.resourceVersion));
        if (acknowledged.size === CREATES / 4 && !killed) {
          killed = true;
          kill();
        }
      }),
    );
    http.close();
    expect(killed).toBe(true);
    return { acknowledged, from };
  }

  async function nothingLost(acknowledged: Map<string, number>, from: string): Promise<void> {
    const http = httpClient(cluster.kubeconfig);
    const list = (await http.request('GET', BASE)).body;
    const there = new Map<string, number>(
      list.items.map((o: any) => [o.metadata.name, Number(o.metadata.resourceVersion)]),
    );
    for (const [name, revision] of acknowledged) expect(there.get(name), name).toBe(revision);
    const revisions = [...there.values()];
    expect(new Set(revisions).size).toBe(revisions.length);

    const seen: number[] = [];
    const wanted = [...there].filter(([name]) => name.startsWith('c')).length;
    for await (const event of http.lines(`${BASE}?watch=true&resourceVersion=${from}&timeoutSeconds=20`)) {
      expect(event.type).toBe('ADDED');
      if (event.object.metadata.name.startsWith('c')) seen.push(Number(event.object.metadata.resourceVersion));
      if (seen.length >= wanted) break;
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(new Set(seen).size).toBe(wanted);
    http.close();
  }

  it('of the server', async () => {
    cluster = await startCluster(['--roles', 'api']);
    const exited = new Promise((resolve) => cluster.process.once('exit', resolve));
    const { acknowledged, from } = await writesUntilKilled(() => cluster.process.kill('SIGKILL'));
    await exited;
    await cluster.restart();
    await nothingLost(acknowledged, from);
  });

  it('of Postgres', async () => {
    cluster = await startCluster(['--roles', 'api']);
    const { acknowledged, from } = await writesUntilKilled(() => process.kill(postmaster(), 'SIGKILL'));
    await cluster.stop();
    await cluster.restart();
    await nothingLost(acknowledged, from);
  });
});

/** The first line of postmaster.pid, which is in the data folder or one below it. */
function findPid(folder: string): string {
  for (const file of ['pgdata/postmaster.pid', 'postmaster.pid'])
    try {
      return readFileSync(path.join(folder, file), 'utf8').split('\n', 1).join();
    } catch {
      continue;
    }
  throw new Error(`no postmaster.pid in ${folder}`);
}
