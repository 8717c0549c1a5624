import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/node.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
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
    // clients come back to where it was
    cluster = await startCluster(['--roles', 'api', '--secure-port', String(await freePort())]);
    const client = await followingClient(cluster.kubeconfig);
    const exited = new Promise((resolve) => cluster.process.once('exit', resolve));
    const { acknowledged, from } = await writesUntilKilled(() => cluster.process.kill('SIGKILL'));
    await exited;
    await cluster.restart();
    await nothingLost(acknowledged, from);
    await client.hasAll();
    await client.close();
  });

  it('of Postgres', async () => {
    cluster = await startCluster(['--roles', 'api']);
    const { acknowledged, from } = await writesUntilKilled(() => process.kill(postmaster(), 'SIGKILL'));
    await cluster.stop();
    await cluster.restart();
    await nothingLost(acknowledged, from);
  });
});

type Item = { metadata: { uid: string; name: string; resourceVersion: string } };
const ITEM = 'metadata { uid name resourceVersion }';
const LIST = '(namespace: "default", first: 5000';
const LIVE = `subscription ($resume: String) { configMapsLive${LIST}, resume: $resume) {
  type items { ${ITEM} } changes { type from to object { ${ITEM} } } totalCount resume } }`;
const WATCH = `subscription ($from: String) { configMapsWatch(namespace: "default", resourceVersion: $from) {
  type object { ${ITEM} } resourceVersion } }`;

/** A client of the package that follows ConfigMaps by a live query, by a watch that it resumes, and by an informer. */
async function followingClient(kubeconfig: string) {
  const client = connect(kubeconfig);
  const over = new AbortController();
  const ask = async () => {
    const query = `{ configMaps${LIST}) { items { ${ITEM} } resourceVersion } }`;
    type Answer = { configMaps: { items: Item[]; resourceVersion: string } };
    return (await client.query<Answer, object>(query, {})).configMaps;
  };
  let { resourceVersion: from } = await ask();
  let listed: readonly Item[] | undefined;
  const watched: Item[] = [];
  const added: Item[] = [];
  const live = (async () => {
    const lists = client.live<{ configMapsLive: { items: Item[] } }, object>(LIVE, {}, { signal: over.signal });
    for await (const { items } of lists) listed = items;
  })();
  const watch = (async () => {
    while (!over.signal.aborted)
      try {
        const answers = client.subscribe<{ configMapsWatch: { object: Item; resourceVersion: string } }, object>(
          WATCH,
          {
            from,
          },
        );
        for await (const { configMapsWatch: event } of answers) {
          watched.push(event.object);
          from = event.resourceVersion;
        }
      } catch {
        await new Promise((later) => setTimeout(later, 100));
      }
  })();
  const informers = client.informers(() => undefined);
  const informer = informers.informer('configmaps');
  informer.follow((object, old) => {
    if (object && !old) added.push(object as unknown as Item);
  });
  informers.start();
  await informer.whenSynced();
  await eventually(async () => listed !== undefined, Boolean);
  const namesOf = (items: readonly Item[] = []) =>
    items.flatMap(({ metadata: { name } }) => (/^c\d+$/.test(name) ? name : [])).sort();
  return {
    /** Each has been told of each object, and of each once. */
    async hasAll(): Promise<void> {
      const wanted = namesOf((await ask()).items);
      for (const seen of [() => listed, () => watched, () => added]) {
        await eventually(
          async () => namesOf(seen()).length,
          (count) => count >= wanted.length,
        );
        expect(namesOf(seen())).toEqual(wanted);
      }
    },
    async close(): Promise<void> {
      over.abort();
      await informers.stop();
      await client.close();
      await Promise.all([live, watch]);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

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
