import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pod } from '../../schema/types.ts';
import { probeCapabilities } from '../../src/nodes/runtimes/process/capabilities.ts';
import { archive, buildImage } from '../support/image-archive.ts';
import { programLayers } from '../support/program-image.ts';
import { PATIENCE_MS } from '../support/patience.ts';
import { TestRegistry } from '../support/test-registry.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';
import { end, startRole, type Role } from './support/role.ts';
import { run } from './support/tools.ts';

const scratch = mkdtempSync(path.join(os.tmpdir(), 'ku7s-pull-crashes-'));
const can = probeCapabilities(scratch);
const images = path.join(scratch, 'nodes', 'node', 'images');
/** Files of the layer that takes its time to come and to be unpacked. */
const FILES = 2000;
const CHUNK = 4 * 1024;
/** Hardly to be compressed. */
const contentOf = (n: number): string => createHash('sha512').update(String(n)).digest('base64');

const names = (...parts: string[]): string[] => {
  const directory = path.join(images, ...parts);
  return existsSync(directory) ? readdirSync(directory) : [];
};
/** Files of the large layer that are unpacked by now, aside. */
const unpacked = (): number => Math.max(0, ...names('tmp').map((each) => names('tmp', each, 'fs', 'many').length));

/** Resolves as soon as it is so: it may be over soon. */
async function within(moment: () => boolean): Promise<void> {
  const last = Date.now() + PATIENCE_MS;
  while (!moment()) {
    if (Date.now() > last) throw new Error('the moment did not come');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe.skipIf(!can.rootView || !can.root)('an agent that is killed while it pulls an image', () => {
  let cluster: Cluster;
  let agent: Role | undefined;
  let registry: TestRegistry;
  /** bytes of the large layer that have been sent, since the agent has begun */
  let sent = 0;
  let size = 0;
  let layers: number;

  beforeAll(async () => {
    registry = await TestRegistry.open();
    const many = Array.from({ length: FILES }, (_, n) => ({ name: `many/${n}`, content: contentOf(n) }));
    const large = await archive([{ name: 'many', type: 'directory', mode: 0o755 }, ...many]);
    const archives = [...(await programLayers()), large];
    layers = archives.length;
    const image = buildImage(archives, { Entrypoint: ['sh', '-c'], Env: ['PATH=/bin'] });
    registry.push('team/large', '1', image);
    const blob = image.layers.at(-1)?.bytes ?? Buffer.alloc(0);
    size = blob.length;
    registry.handle = async (_request, response, url) => {
      if (registry.blobs.get(url.pathname.split('/').at(-1) ?? '') !== blob) return false;
      response.writeHead(200, { 'content-length': blob.length });
      for (let at = 0; at < blob.length && !response.destroyed; at += CHUNK) {
        response.write(blob.subarray(at, at + CHUNK));
        sent = Math.min(blob.length, at + CHUNK);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      response.end();
      return true;
    };
    cluster = await startCluster(['--roles', 'api,controllers,scheduler', '--addons', 'none']);
    agent = await start();
  });
  afterAll(async () => {
    if (agent) await end(agent);
    await cluster?.remove();
    await registry?.close();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  });
  const start = (): Promise<Role> =>
    startRole('nodes', cluster, scratch, '--node-name', 'pulling', '--pods-on-stop', 'end');
  const pod = async (): Promise<Pod | undefined> => {
    const { stdout } = await run('kubectl', cluster.kubeconfig, ['get', 'pod', 'p', '-o', 'json']);
    return stdout ? (JSON.parse(stdout) as Pod) : undefined;
  };

  it.each<[string, moment: () => boolean, all: boolean]>([
    ['when the layer begins to come', () => sent > 0, false],
    ['when half of it has come', () => sent > size / 2, false],
    ['when it has come', () => sent === size, false],
    ['when some of it is unpacked', () => unpacked() > 10, false],
    ['when most of it is unpacked', () => unpacked() > FILES / 2, false],
    ['with everything else, when some of it is unpacked', () => unpacked() > FILES / 4, true],
  ])('%s, goes on and leaves nothing', async (_when, moment, all) => {
    const image = `${registry.host}/team/large:1`;
    const command = ['sh', '-c', 'set -- /many/*; echo $# files; while :; do sleep 1; done'];
    const containers = [{ name: 'c', image, command }];
    const spec = { terminationGracePeriodSeconds: 0, containers };
    sent = 0;
    const made = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec });
    expect((await run('kubectl', cluster.kubeconfig, ['create', '-f', '-'], made)).stderr).toBe('');
    await within(moment);
    await end(agent!, 'SIGKILL');
    if (all) {
      const pid = readFileSync(path.join(cluster.data, 'postgres/pgdata/postmaster.pid'), 'utf8').split('\n', 1)[0];
      await end({ process: cluster.process, log: () => '' }, 'SIGKILL');
      process.kill(Number(pid), 'SIGKILL');
      await cluster.restart();
    }
    // what is half there is no layer, and nothing was begun of it
    const found = names('layers').map((each) => names('layers', each, 'fs', 'many').length);
    expect(found.filter((count) => count !== 0 && count !== FILES)).toEqual([]);
    expect((await pod())?.status?.containerStatuses?.[0]?.state?.running).toBeUndefined();

    sent = 0;
    agent = await start();
    await eventually(pod, (each) => each?.status?.containerStatuses?.[0]?.state?.running !== undefined);
    await eventually(
      () => run('kubectl', cluster.kubeconfig, ['logs', 'p']),
      ({ stdout }) => stdout === `${FILES} files\n`,
    );
    expect((await pod())?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
    expect(names('tmp')).toEqual([]);
    expect(names('layers')).toHaveLength(layers);
    const [whole = ''] = names('layers').filter((each) => names('layers', each, 'fs', 'many').length);
    const wrong = Array.from({ length: FILES }, (_, n) => n).filter(
      (n) => readFileSync(path.join(images, 'layers', whole, 'fs', 'many', String(n)), 'utf8') !== contentOf(n),
    );
    expect(wrong).toEqual([]);

    // the next begins with a node that has nothing
    await run('kubectl', cluster.kubeconfig, ['delete', 'pod', 'p']);
    await end(agent);
    rmSync(images, { recursive: true });
    agent = await start();
  });
});
