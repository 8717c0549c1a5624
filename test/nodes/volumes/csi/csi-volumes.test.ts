import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Pod } from '../../../../schema/types.ts';
import { CsiVolumes } from '../../../../src/nodes/volumes/csi/csi-volumes.ts';
import { ObjectSource } from '../../../../src/nodes/pods/object-source.ts';
import { PodVolumes } from '../../../../src/nodes/volumes/pod-volumes.ts';
import { attachmentName, csiVolumeName } from '../../../../src/rules/csi/names.ts';
import { Failure, FakeDriver, type Answers } from '../../../support/csi-driver.ts';
import { FakeApi, type Loose } from '../../../support/fake-api.ts';

const NAME = 'x.example.com';
const ATTACHMENTS = 'volumeattachments.storage.k8s.io';
const facts = { podIPs: ['10.0.0.1'], hostIP: '192.0.2.1', allocatable: {} };
const STAGES = ['STAGE_UNSTAGE_VOLUME', 'EXPAND_VOLUME', 'GET_VOLUME_STATS'];

describe('volumes of CSI drivers', () => {
  let api: FakeApi;
  let folder: string;
  let driver: FakeDriver;
  let csi: CsiVolumes;
  let volumes: PodVolumes;
  let events: string[];
  let logged: string[];

  beforeEach(async () => {
    api = await FakeApi.open();
    folder = mkdtempSync(join(tmpdir(), 'ku7s-csi-node-'));
    events = [];
    logged = [];
    await api.give({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  });
  afterEach(async () => {
    await csi.stop();
    driver.remove();
    await api.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts a driver and the node's part of it. */
  async function open(capabilities: readonly string[] = STAGES, answers: Answers = {}, versions?: string[]) {
    driver = new FakeDriver(NAME, capabilities, answers, versions);
    await driver.start(join(folder, 'plugins_registry'));
    await openNode();
  }
  async function openNode() {
    const client = api.client;
    csi = new CsiVolumes({
      node: 'n1',
      pods: join(folder, 'pods'),
      directory: folder,
      client,
      clock: api.clock,
      events: { event: (_about, _type, reason) => void events.push(reason) },
      log: (message, fields) => void logged.push(`${message} ${JSON.stringify(fields)}`),
    });
    volumes = new PodVolumes(join(folder, 'pods'), client, new ObjectSource(client, api.clock), api.clock, { csi });
    await csi.start();
  }
  const driverObject = (spec: object) =>
    api.give({ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: NAME }, spec });

  /** A bound claim of a driver's volume. */
  async function claim(name = 'c', more: object = {}): Promise<void> {
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '' };
    const [made] = await api.give({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, namespace: 'a' },
      spec: { ...spec, volumeName: `pv-${name}` },
      status: { phase: 'Bound', capacity: { storage: '1Gi' } },
    });
    await api.give({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `pv-${name}` },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: '',
        capacity: { storage: '1Gi' },
        claimRef: { namespace: 'a', name, uid: made!.metadata.uid },
        csi: { driver: NAME, volumeHandle: `h-${name}`, volumeAttributes: { k: 'v' }, fsType: 'ext4' },
        ...more,
      },
    });
  }
  async function pod(name: string, volume: object): Promise<Pod> {
    await api.give({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'a' },
      spec: {
        nodeName: 'n1',
        automountServiceAccountToken: false,
        containers: [{ name: 'c', image: 'x' }],
        volumes: [{ name: 'data', ...volume }],
      },
    });
    return api.client.get('pods', 'a', name);
  }
  const usingClaim = (name: string, claimName = 'c') => pod(name, { persistentVolumeClaim: { claimName } });
  const target = ({ metadata }: Pod, spec = 'pv-c') =>
    join(folder, 'pods', metadata.uid, 'volumes', 'kubernetes.io~csi', spec, 'mount');
  const last = (method: string) => driver.requests.findLast((one) => one.method === method)?.request;
  const node = () => api.client.get('nodes', '', 'n1');

  it('are there when their driver has registered, and the cluster knows it', async () => {
    await open();
    expect(driver.told).toEqual(['']);
    const [csiNode] = await api.list('csinodes.storage.k8s.io');
    const topologyKeys = [`topology.${NAME}/node`];
    expect(csiNode!['spec'].drivers).toEqual([{ name: NAME, nodeID: `id-of-${NAME}`, topologyKeys }]);
    expect((await node()).metadata).toMatchObject({
      labels: { [`topology.${NAME}/node`]: 'n1' },
      annotations: { 'csi.volume.kubernetes.io/nodeid': `{"${NAME}":"id-of-${NAME}"}` },
    });
    rmSync(join(folder, 'plugins_registry', `${NAME}-reg.sock`));
    await csi.registry.scan();
    expect((await api.list('csinodes.storage.k8s.io'))[0]!['spec'].drivers).toBeNull();
    expect((await node()).metadata.annotations?.['csi.volume.kubernetes.io/nodeid']).toBeUndefined();
  });

  it.each<[string, string[], Answers, RegExp]>([
    ['of another version', ['2.0.0'], {}, /no supported version among \[2.0.0\]/],
    [
      'that has no id for the node',
      ['1.0.0'],
      { 'csi.v1.Node/NodeGetInfo': () => ({ node_id: '', max_volumes_per_node: 0, accessible_topology: null }) },
      /has no id for this node/,
    ],
    [
      'that does not know itself',
      ['1.0.0'],
      {
        'csi.v1.Node/NodeGetInfo': () => {
          throw new Failure('INTERNAL', 'who am I');
        },
      },
      /code = Internal desc = who am I/,
    ],
  ])('a driver %s is not registered, and told why', async (_, versions, answers, why) => {
    await open(STAGES, answers, versions);
    expect(driver.told).toHaveLength(1);
    expect(driver.told[0]).toMatch(why);
    expect(csi.registry.drivers()).toEqual([]);
  });

  it('are staged once, published for each pod, and go as they came', async () => {
    await open();
    await driverObject({ attachRequired: false });
    await claim();
    const [one, two] = [await usingClaim('one'), await usingClaim('two')];
    const made = await volumes.prepare(one, facts);
    expect(made.get('data')).toEqual({ path: target(one), readOnly: false });
    expect(last('NodeStageVolume')).toMatchObject({
      volume_capability: { mount: { fs_type: 'ext4' }, access_mode: { mode: 'SINGLE_NODE_WRITER' } },
      volume_context: { k: 'v' },
    });
    await volumes.prepare(one, facts);
    await volumes.prepare(two, facts);
    expect(driver.calls).toEqual([
      'NodeStageVolume h-c',
      'NodePublishVolume h-c',
      'NodeStageVolume h-c',
      'NodePublishVolume h-c',
    ]);
    driver.calls.splice(0);
    await volumes.remove(one.metadata.uid);
    expect(driver.calls).toEqual(['NodeUnpublishVolume h-c']);
    await volumes.remove(two.metadata.uid);
    expect(driver.calls.slice(1)).toEqual(['NodeUnpublishVolume h-c', 'NodeUnstageVolume h-c']);
    expect(existsSync(join(folder, 'pods', two.metadata.uid))).toBe(false);
    await volumes.remove(two.metadata.uid);
    expect(driver.calls).toHaveLength(3);
  });

  it('wait for their attachment, and are in use from before it is used until after', async () => {
    await open();
    await claim();
    const one = await usingClaim('one');
    const id = attachmentName(NAME, 'h-c', 'n1');
    await api.give({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: id },
      spec: { attacher: NAME, nodeName: 'n1', source: { persistentVolumeName: 'pv-c' } },
    });
    const prepared = volumes.prepare(one, facts);
    let over = false;
    void prepared.finally(() => (over = true));
    await expect.poll(async () => (await node()).status?.volumesInUse).toEqual([csiVolumeName(NAME, 'h-c')]);
    expect(driver.calls).toEqual([]);
    const status = { attached: true, attachmentMetadata: { lun: '7' } };
    await api.client.patch(ATTACHMENTS, '', id, { status }, { subresource: 'status' });
    while (!over) await api.clock.advance(500);
    await prepared;
    expect(last('NodePublishVolume')).toMatchObject({ publish_context: { lun: '7' } });
    await volumes.unmount(one.metadata.uid);
    expect((await node()).status?.volumesInUse ?? []).toEqual([]);
  });

  it('tell what the attacher says', async () => {
    await open();
    await claim();
    await api.give({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name: attachmentName(NAME, 'h-c', 'n1') },
      spec: { attacher: NAME, nodeName: 'n1', source: { persistentVolumeName: 'pv-c' } },
      status: { attached: false, attachError: { message: 'no free slot' } },
    });
    await expect(volumes.prepare(await usingClaim('one'), facts)).rejects.toThrow(/not attached.*no free slot/);
  });

  it.each<[string, string, Failure['code'], RegExp]>([
    [
      'csi.v1.Node/NodeStageVolume',
      'MountDevice',
      'UNAVAILABLE',
      /MountVolume.MountDevice failed .*code = Unavailable/,
    ],
    ['csi.v1.Node/NodePublishVolume', 'SetUp', 'NOT_FOUND', /MountVolume.SetUp failed .*code = NotFound/],
    ['csi.v1.Node/NodePublishVolume', 'SetUp', 'DEADLINE_EXCEEDED', /MountVolume.SetUp failed .*DeadlineExceeded/],
  ])('whose driver fails in %s are tried again, and say so', async (method, _step, code, message) => {
    let failing = true;
    await open(STAGES, {
      [method]: () => {
        if (failing) throw new Failure(code, 'not now');
        return {};
      },
    });
    await driverObject({ attachRequired: false });
    await claim();
    const one = await usingClaim('one');
    await expect(volumes.prepare(one, facts)).rejects.toThrow(message);
    failing = false;
    expect((await volumes.prepare(one, facts)).has('data')).toBe(true);
    await volumes.remove(one.metadata.uid);
    expect(driver.calls.slice(-2)).toEqual(['NodeUnpublishVolume h-c', 'NodeUnstageVolume h-c']);
  });

  it('that could not be mounted are unmounted all the same: the driver may have got further than it said', async () => {
    await open(STAGES, {
      'csi.v1.Node/NodeStageVolume': () => {
        throw new Failure('ABORTED', 'half way');
      },
    });
    await driverObject({ attachRequired: false });
    await claim();
    const one = await usingClaim('one');
    await expect(volumes.prepare(one, facts)).rejects.toThrow('half way');
    await volumes.remove(one.metadata.uid);
    expect(driver.calls.slice(1)).toEqual(['NodeUnpublishVolume h-c', 'NodeUnstageVolume h-c']);
  });

  it('of a driver that is away keep their pod until it is back', async () => {
    await open();
    await driverObject({ attachRequired: false });
    await claim();
    const one = await usingClaim('one');
    await volumes.prepare(one, facts);
    driver.stop();
    rmSync(join(folder, 'plugins_registry', `${NAME}-reg.sock`), { force: true });
    await csi.registry.scan();
    await expect(volumes.remove(one.metadata.uid)).rejects.toThrow(
      `driver name ${NAME} not found in the list of registered CSI drivers`,
    );
    expect(existsSync(target(one))).toBe(true);
    await driver.start(join(folder, 'plugins_registry'));
    await csi.registry.scan();
    await volumes.remove(one.metadata.uid);
    expect(existsSync(join(folder, 'pods', one.metadata.uid))).toBe(false);
  });

  it('of a pod that went while no agent ran go when their driver has come', async () => {
    await open();
    await driverObject({ attachRequired: false });
    await claim();
    const { uid } = (await usingClaim('one')).metadata;
    await volumes.prepare(await api.client.get('pods', 'a', 'one'), facts);
    driver.stop();
    rmSync(join(folder, 'plugins_registry', `${NAME}-reg.sock`), { force: true });
    await csi.registry.scan();
    await expect(volumes.collect(uid)).rejects.toThrow('not found in the list of registered CSI drivers');
    await driver.start(join(folder, 'plugins_registry'));
    await csi.registry.scan();
    await api.clock.advance(30_000);
    await expect.poll(() => existsSync(join(folder, 'pods', uid))).toBe(false);
    volumes.close();
  });

  it('that an agent left which was killed are ended by the next', async () => {
    await open();
    await driverObject({ attachRequired: false });
    await claim();
    const one = await usingClaim('one');
    await volumes.prepare(one, facts);
    await csi.stop();
    // killed between the pod's end and that of the staging
    rmSync(join(folder, 'pods', one.metadata.uid), { recursive: true });
    driver.calls.splice(0);
    await openNode();
    await api.clock.advance(1000);
    await expect.poll(() => driver.calls).toEqual(['NodeUnstageVolume h-c']);
    expect(logged.filter((line) => line.startsWith('a volume stays'))).toEqual([]);
  });

  it('grow with their claim while they are used', async () => {
    await open(STAGES, { 'csi.v1.Node/NodeExpandVolume': () => ({ capacity_bytes: 0 }) });
    await driverObject({ attachRequired: false });
    await claim();
    const one = await usingClaim('one');
    await volumes.prepare(one, facts);
    await api.client.patch('persistentvolumes', '', 'pv-c', { spec: { capacity: { storage: '2Gi' } } });
    const conditions = [{ type: 'FileSystemResizePending', status: 'True' }];
    await api.client.patch('persistentvolumeclaims', 'a', 'c', { status: { conditions } }, { subresource: 'status' });
    await volumes.prepare(one, facts);
    expect(last('NodeExpandVolume')).toMatchObject({
      volume_path: target(one),
      capacity_range: { required_bytes: 2 ** 31 },
    });
    const grown = (await api.client.get('persistentvolumeclaims', 'a', 'c')).status;
    expect([grown?.capacity, grown?.conditions]).toEqual([{ storage: '2Gi' }, undefined]);
    expect(events).toEqual(['FileSystemResizeSuccessful', 'FileSystemResizeSuccessful']);
    await volumes.prepare(one, facts);
    expect(driver.requests.filter(({ method }) => method === 'NodeExpandVolume')).toHaveLength(1);
  });

  it('that are inline are told of their pod, and tokens are shown anew', async () => {
    await open([]);
    await driverObject({
      attachRequired: false,
      podInfoOnMount: true,
      volumeLifecycleModes: ['Ephemeral'],
      tokenRequests: [{ audience: 'vault', expirationSeconds: 3600 }],
      requiresRepublish: true,
    });
    const one = await pod('one', { csi: { driver: NAME, volumeAttributes: { k: 'v' }, readOnly: true } });
    expect((await volumes.prepare(one, facts)).get('data')).toEqual({ path: target(one, 'data'), readOnly: true });
    await volumes.prepare(one, facts);
    const { volume_context: context, volume_id: handle } = last('NodePublishVolume') as Loose;
    expect(context).toMatchObject({
      k: 'v',
      'csi.storage.k8s.io/pod.name': 'one',
      'csi.storage.k8s.io/pod.namespace': 'a',
      'csi.storage.k8s.io/pod.uid': one.metadata.uid,
      'csi.storage.k8s.io/serviceAccount.name': 'default',
      'csi.storage.k8s.io/ephemeral': 'true',
    });
    expect(Object.keys(JSON.parse(context['csi.storage.k8s.io/serviceAccount.tokens']))).toEqual(['vault']);
    expect(handle).toMatch(/^csi-[0-9a-f]{64}$/);
    expect(driver.calls).toHaveLength(2);
    await volumes.remove(one.metadata.uid);
    expect(driver.calls.slice(2)).toEqual([`NodeUnpublishVolume ${handle}`]);
  });

  it('that are inline are refused where the driver does not say that it has such', async () => {
    await open([]);
    const one = await pod('one', { csi: { driver: NAME } });
    const wrong = `volume mode "Ephemeral" not supported by driver ${NAME}`;
    await expect(volumes.prepare(one, facts)).rejects.toThrow(`${wrong} (no CSIDriver object)`);
    await driverObject({});
    await expect(volumes.prepare(one, facts)).rejects.toThrow(`${wrong} (only supports ["Persistent"])`);
  });

  it('of no driver say which is missing', async () => {
    await open();
    await driverObject({ attachRequired: false });
    await claim('c', { csi: { driver: 'none.example.com', volumeHandle: 'h' } });
    await expect(volumes.prepare(await usingClaim('one'), facts)).rejects.toThrow(
      'driver name none.example.com not found in the list of registered CSI drivers',
    );
  });
});
