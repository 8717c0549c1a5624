import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { managerOf } from '../../../src/addons/addon.ts';
import { install } from '../../../src/addons/install.ts';
import type { Running } from '../../../src/addons/run.ts';
import { runOnNode } from '../../../src/addons/run-on-node.ts';
import { storage } from '../../../src/addons/storage/storage.ts';
import { FakeApi, type Loose, type Manifest } from '../../support/fake-api.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { CLUSTER } from '../support.ts';

const PROVISIONER = 'node-local.ku7s.io';
const FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer';
const CLAIMS = 'persistentvolumeclaims';
const VOLUMES = 'persistentvolumes';
const PATIENT = { timeout: PATIENCE_MS };

/** Two nodes with a provisioner each, as its account, over the API itself. Binding is done by the test. */
describe('the storage of nodes', () => {
  let api: FakeApi;
  let folder: string;
  let running: Running[];
  let logged: string[];

  beforeEach(async () => {
    api = await FakeApi.open();
    folder = mkdtempSync(join(tmpdir(), 'ku7s-storage-'));
    logged = [];
    const log = (message: string, fields?: object): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
    const { client, clock } = api;
    await install([...storage.manifests(CLUSTER), ...storage.roles], {
      client,
      manager: managerOf(storage),
      clock,
      log,
      signal: new AbortController().signal,
    });
    running = [];
    for (const node of ['n1', 'n2']) await start(node);
  });
  afterEach(async () => {
    for (const each of running) await each.stop();
    await api.close();
    rmSync(folder, { recursive: true });
    expect(logged.filter((line) => /forbidden/.test(line))).toEqual([]);
  });

  const start = async (node: string): Promise<void> => {
    const { client, clock } = api;
    const log = (message: string, fields?: object): void => void logged.push(`${message} ${JSON.stringify(fields)}`);
    const directory = join(folder, node);
    const settings = { addons: [storage], client, clock, random: () => 0.5, log, node, directory, asItself: false };
    running.push(await runOnNode(settings));
  };
  const claim = (name: string, node: string | undefined, more: object = {}): Manifest => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name,
      namespace: 'a',
      annotations: {
        'volume.kubernetes.io/storage-provisioner': PROVISIONER,
        ...(node && { 'volume.kubernetes.io/selected-node': node }),
      },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Mi' } },
      storageClassName: 'standard',
      ...more,
    },
  });
  /** Lets some time pass before each look. */
  const later =
    <T>(look: () => Promise<T>) =>
    async (): Promise<T> => {
      await api.clock.advance(100);
      return look();
    };
  const volumes = async (): Promise<Loose[]> => api.list(VOLUMES);
  const made = async (name: string, node: string, more: object = {}): Promise<Loose> => {
    const [{ metadata }] = (await api.give(claim(name, node, more))) as [Loose];
    await expect
      .poll(
        later(async () => (await volumes()).map((one) => one.metadata.name)),
        PATIENT,
      )
      .toContain(`pvc-${metadata.uid}`);
    return (await volumes()).find((one) => one.metadata.name === `pvc-${metadata.uid}`)!;
  };
  const phase = (name: string, to: string) =>
    api.client.patch(VOLUMES, '', name, { status: { phase: to } }, { subresource: 'status' });
  const folders = (node: string): string[] => {
    const at = join(folder, node, 'storage', 'volumes');
    return existsSync(at) ? readdirSync(at) : [];
  };

  it('is made by the node that was selected, and said so', async () => {
    const volume = await made('c', 'n1');
    const path = join(folder, 'n1/storage/volumes', volume.metadata.name, 'data');
    expect(volume).toMatchObject({
      metadata: {
        annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER },
        finalizers: expect.arrayContaining([FINALIZER]) as string[],
      },
      spec: {
        capacity: { storage: '1Mi' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: 'standard',
        claimRef: { namespace: 'a', name: 'c' },
        local: { path },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] }] },
            ],
          },
        },
      },
    });
    expect([folders('n1'), folders('n2')]).toEqual([[volume.metadata.name], []]);
    await expect
      .poll(
        later(async () => (await api.list('events')).map(({ reason }) => reason)),
        PATIENT,
      )
      .toEqual(['Provisioning', 'ProvisioningSucceeded']);
  });

  it('is not made for claims that wait, or are another’s', async () => {
    await api.give(claim('waits', undefined));
    const other = claim('other', 'n1');
    (other.metadata['annotations'] as Record<string, string>)['volume.kubernetes.io/storage-provisioner'] = 'x.io';
    await api.give(other);
    await made('c', 'n2');
    expect([folders('n1').length, folders('n2').length]).toEqual([0, 1]);
  });

  it('is asked for elsewhere where this node cannot have it', async () => {
    await api.give(claim('huge', 'n1', { resources: { requests: { storage: '1Ei' } } }));
    await expect
      .poll(
        later(async () => {
          const { metadata } = await api.client.get(CLAIMS, 'a', 'huge');
          return metadata.annotations?.['volume.kubernetes.io/selected-node'];
        }),
        PATIENT,
      )
      .toBeUndefined();
    const messages = (await api.list('events')).map(({ message }) => String(message));
    expect(messages.join()).toContain('failed to provision volume with StorageClass "standard": not enough free space');
    expect(folders('n1')).toEqual([]);
  });

  it('goes with its data when it is released, and not before', async () => {
    const { metadata } = await made('c', 'n1');
    await phase(metadata.name, 'Bound');
    await api.clock.advance(1000);
    expect(folders('n1')).toEqual([metadata.name]);
    await phase(metadata.name, 'Released');
    await expect
      .poll(
        later(async () => folders('n1')),
        PATIENT,
      )
      .toEqual([]);
    await expect
      .poll(
        later(async () => (await volumes())[0]?.metadata.finalizers ?? []),
        PATIENT,
      )
      .not.toContain(FINALIZER);
  });

  it('is kept where its volume says so, whatever becomes of that', async () => {
    const { metadata } = await made('c', 'n1');
    const kept = { spec: { persistentVolumeReclaimPolicy: 'Retain' } };
    await api.client.patch(VOLUMES, '', metadata.name, kept);
    await expect
      .poll(
        later(async () => (await volumes())[0]?.metadata.finalizers ?? []),
        PATIENT,
      )
      .not.toContain(FINALIZER);
    await phase(metadata.name, 'Released');
    await api.client.patch(VOLUMES, '', metadata.name, { metadata: { finalizers: null } });
    await api.client.delete(VOLUMES, '', metadata.name);
    await api.client.delete(CLAIMS, 'a', 'c');
    await api.clock.advance(11 * 60_000);
    await expect
      .poll(
        later(async () => folders('n1')),
        PATIENT,
      )
      .toEqual([metadata.name]);
  });

  it('is collected when somebody took its volume away by force, and when its claim never got one', async () => {
    const { metadata } = await made('c', 'n1');
    await api.client.patch(VOLUMES, '', metadata.name, { metadata: { finalizers: null } });
    await api.client.delete(VOLUMES, '', metadata.name);
    const claims = { metadata: { finalizers: null } };
    await api.client.patch(CLAIMS, 'a', 'c', claims);
    await api.client.delete(CLAIMS, 'a', 'c');
    mkdirSync(join(folder, 'n1/storage/volumes/half'), { recursive: true });
    const foreign = join(folder, 'n1/storage/volumes/foreign');
    mkdirSync(foreign, { recursive: true });
    writeFileSync(join(foreign, 'volume.json'), '{"form":"folder","bytes":1,"cluster":"another","reclaim":true}');
    await api.clock.advance(11 * 60_000);
    await expect
      .poll(
        later(async () => folders('n1')),
        PATIENT,
      )
      .toEqual(['foreign']);
  });

  it('grows with its claim, and says so', async () => {
    const { metadata } = await made('c', 'n1');
    const bound = { spec: { volumeName: metadata.name } };
    await api.client.patch(CLAIMS, 'a', 'c', bound);
    const status = { phase: 'Bound', capacity: { storage: '1Mi' } };
    await api.client.patch(CLAIMS, 'a', 'c', { status }, { subresource: 'status' });
    await api.client.patch(CLAIMS, 'a', 'c', { spec: { resources: { requests: { storage: '3Mi' } } } });
    await expect
      .poll(
        later(async () => (await api.client.get(CLAIMS, 'a', 'c')).status?.capacity),
        PATIENT,
      )
      .toEqual({ storage: '3Mi' });
    expect((await volumes())[0]!['spec'].capacity).toEqual({ storage: '3Mi' });
  });
});
