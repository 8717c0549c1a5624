import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

const claim = (name: string, more = '') => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name} }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } }${more} }
---`;
const user = (name: string, claimName: string, command = "['sleep', '1000000']") => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: c, image: busybox, command: ${command}, volumeMounts: [{ name: data, mountPath: /data }] }
  volumes: [{ name: data, persistentVolumeClaim: { claimName: ${claimName} } }]
---`;
const STATEFUL = `
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 2
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec:
      terminationGracePeriodSeconds: 0
      securityContext: { fsGroup: 4321 }
      containers:
      - { name: c, image: busybox, command: ['sleep', '1000000'], volumeMounts: [{ name: data, mountPath: /data }] }
  volumeClaimTemplates:
  - metadata: { name: data }
    spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }
`;
const CLASSES = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: kept }
provisioner: node-local.ku7s.io
reclaimPolicy: Retain
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: hard }
provisioner: node-local.ku7s.io
parameters: { capacity: hard }
volumeBindingMode: WaitForFirstConsumer
allowVolumeExpansion: true
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: wrong }
provisioner: node-local.ku7s.io
parameters: { speed: fast }
volumeBindingMode: WaitForFirstConsumer
`;
const definition = (plural: string, kind: string, scope: string) => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.snapshot.storage.k8s.io, annotations: { api-approved.kubernetes.io: https://github.com/kubernetes-csi/external-snapshotter/pull/814 } }
spec:
  group: snapshot.storage.k8s.io
  names: { plural: ${plural}, singular: ${kind.toLowerCase()}, kind: ${kind}, listKind: ${kind}List }
  scope: ${scope}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: { status: {} }
    schema: { openAPIV3Schema: { type: object, x-kubernetes-preserve-unknown-fields: true } }
---`;
const SNAPSHOT_KINDS =
  definition('volumesnapshots', 'VolumeSnapshot', 'Namespaced') +
  definition('volumesnapshotcontents', 'VolumeSnapshotContent', 'Cluster') +
  definition('volumesnapshotclasses', 'VolumeSnapshotClass', 'Cluster');
const SNAPSHOT = `
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshotClass
metadata: { name: local }
driver: node-local.ku7s.io
deletionPolicy: Delete
---
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshot
metadata: { name: snap }
spec: { volumeSnapshotClassName: local, source: { persistentVolumeClaimName: source } }
`;

/** Claims of the class that every cluster has, on the node that every cluster has. */
describe('storage', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
    await applied(CLASSES);
  });
  afterAll(async () => {
    await cluster?.remove();
  });

  const applied = async (text: string): Promise<void> => {
    expect(await cluster.kubectl('apply -f -', text)).toMatchObject({ stderr: '', code: 0 });
  };
  const get = async (what: string, field: string): Promise<string> =>
    (await cluster.kubectl(`get ${what} -o 'jsonpath={${field}}'`)).stdout;
  const becomes = (what: string, field: string, wanted: string) =>
    eventually(
      () => get(what, field),
      (found) => found === wanted,
    );
  const running = (pod: string) => becomes(`pod ${pod}`, '.status.containerStatuses[0].ready', 'true');
  const shell = async (pod: string, script: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl(`exec ${pod} -- sh -c '${script}'`);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const folders = (): string[] => {
    const folder = path.join(cluster.data, 'node', 'storage', 'volumes');
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  const mounts = (): string[] =>
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`${cluster.data}/node/storage/`));

  it('has a default class, which a claim without one gets', async () => {
    await becomes(
      'storageclass standard',
      '.metadata.annotations.storageclass\\.kubernetes\\.io/is-default-class',
      'true',
    );
    await applied(claim('waits'));
    expect(await get('pvc waits', '.spec.storageClassName')).toBe('standard');
    await eventually(
      () => get('events --field-selector involvedObject.name=waits', '.items[*].reason'),
      (reasons) => reasons.includes('WaitForFirstConsumer'),
    );
    expect(await get('pvc waits', '.status.phase')).toBe('Pending');
  });

  it('keeps the data of a StatefulSet over deletion, scaling and a restart', async () => {
    await applied(STATEFUL);
    await running('db-1');
    await shell('db-0', 'echo zero > /data/x');
    await shell('db-1', 'echo one > /data/x');
    expect(await shell('db-0', 'stat -c %g /data /data/x | xargs')).toBe('4321 4321');
    await cluster.kubectl('delete pod db-0 --now');
    await eventually(
      () => shell('db-0', 'cat /data/x').catch(() => ''),
      (text) => text === 'zero',
    );
    await cluster.kubectl('scale sts db --replicas 1');
    await becomes('pods -l app=db', '.items[*].metadata.name', 'db-0');
    await cluster.stop();
    await cluster.restart();
    await cluster.kubectl('scale sts db --replicas 2');
    await running('db-1');
    expect(await shell('db-0', 'cat /data/x')).toBe('zero');
    expect(await shell('db-1', 'cat /data/x')).toBe('one');
    expect(await get('pv', '.items[*].spec.nodeAffinity.required.nodeSelectorTerms[*].matchExpressions[*].key')).toBe(
      'kubernetes.io/hostname kubernetes.io/hostname',
    );
  });

  it('grows a claim', async () => {
    await cluster.kubectl('patch pvc data-db-0 -p \'{"spec":{"resources":{"requests":{"storage":"3Mi"}}}}\'');
    await becomes('pvc data-db-0', '.status.capacity.storage', '3Mi');
    const volume = await get('pvc data-db-0', '.spec.volumeName');
    expect(await get(`pv ${volume}`, '.spec.capacity.storage')).toBe('3Mi');
    await eventually(
      () => get('events --field-selector involvedObject.name=data-db-0', '.items[*].reason'),
      (reasons) => reasons.includes('VolumeResizeSuccessful') && reasons.includes('ExternalExpanding'),
    );
  });

  it('removes the data with the claim, and nothing else', async () => {
    await cluster.kubectl('delete sts db --now');
    const kept = await get('pvc data-db-1', '.spec.volumeName');
    const gone = await get('pvc data-db-0', '.spec.volumeName');
    await cluster.kubectl('delete pvc data-db-0');
    await becomes('pv', '.items[*].metadata.name', kept);
    expect(folders()).toEqual([kept]);
    expect(gone).not.toBe(kept);
  });

  it('keeps what is to be kept when claim and volume are deleted', async () => {
    await applied(claim('keeps', ', storageClassName: kept') + user('keeper', 'keeps'));
    await running('keeper');
    await shell('keeper', 'echo treasure > /data/x');
    const volume = await get('pvc keeps', '.spec.volumeName');
    await cluster.kubectl('delete pod keeper --now');
    await cluster.kubectl('delete pvc keeps');
    await becomes(`pv ${volume}`, '.status.phase', 'Released');
    await cluster.kubectl(`delete pv ${volume}`);
    await becomes('pv', '.items[?(@.metadata.name=="' + volume + '")].metadata.name', '');
    expect(readFileSync(path.join(cluster.data, 'node/storage/volumes', volume, 'data/x'), 'utf8')).toBe('treasure\n');
  });

  it('clones, and restores snapshots when their kinds are there', async () => {
    await applied(claim('source') + user('writer', 'source'));
    await running('writer');
    await shell('writer', 'echo first > /data/x && chmod 600 /data/x');
    await applied(SNAPSHOT_KINDS);
    await eventually(
      () => cluster.kubectl('apply -f -', SNAPSHOT),
      ({ code }) => code === 0,
    );
    await becomes('volumesnapshot snap', '.status.readyToUse', 'true');
    await shell('writer', 'echo second > /data/x');
    const from = (kind: string, name: string, group = '') =>
      `, dataSource: { kind: ${kind}, name: ${name}${group && `, apiGroup: ${group}`} }`;
    await applied(
      claim('clone', from('PersistentVolumeClaim', 'source')) +
        claim('restored', from('VolumeSnapshot', 'snap', 'snapshot.storage.k8s.io')) +
        user('cloned', 'clone') +
        user('restorer', 'restored'),
    );
    await running('cloned');
    await running('restorer');
    expect(await shell('cloned', 'cat /data/x; stat -c %a /data/x')).toBe('second\n600');
    expect(await shell('restorer', 'cat /data/x')).toBe('first');
    const snapshots = path.join(cluster.data, 'node', 'storage', 'snapshots');
    expect(readdirSync(snapshots)).toHaveLength(1);
    await cluster.kubectl('delete volumesnapshot snap');
    await becomes('volumesnapshotcontents', '.items[*].metadata.name', '');
    expect(readdirSync(snapshots)).toEqual([]);
  });

  it('makes a claim for an ephemeral volume, which goes with its pod', async () => {
    const template = '{ accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Mi } } }';
    await applied(
      user('short', 'none').replace(
        'persistentVolumeClaim: { claimName: none }',
        `ephemeral: { volumeClaimTemplate: { spec: ${template} } }`,
      ),
    );
    await running('short');
    await shell('short', 'echo x > /data/x');
    const volume = await get('pvc short-data', '.spec.volumeName');
    expect(folders()).toContain(volume);
    await cluster.kubectl('delete pod short --now');
    await eventually(
      async () => folders(),
      (all) => !all.includes(volume),
    );
    expect((await cluster.kubectl('get pvc short-data')).code).toBe(1);
  });

  it('says why a claim cannot be had', async () => {
    await applied(claim('odd', ', storageClassName: wrong') + user('unlucky', 'odd'));
    await eventually(
      () => get('events --field-selector involvedObject.name=odd', '.items[*].message'),
      (text) => text.includes('unknown parameter "speed" of the storage class'),
    );
  });

  it('keeps a volume to its size where the class says so, and leaves nothing of it', async ({ skip }) => {
    skip(!canLoop(), 'no loop devices here');
    await applied(claim('small', ', storageClassName: hard').replace('1Mi', '8Mi') + user('filler', 'small'));
    await running('filler');
    const filled = (): Promise<string> =>
      shell('filler', 'head -c 20000000 /dev/zero > /data/x; wc -c < /data/x; true').catch(String);
    expect(await filled()).not.toMatch(/^20000000$/m);
    if (canGrowInUse()) {
      await cluster.kubectl('patch pvc small -p \'{"spec":{"resources":{"requests":{"storage":"40Mi"}}}}\'');
      await becomes('pvc small', '.status.capacity.storage', '40Mi');
      expect(await filled()).toMatch(/^20000000$/m);
    }
    expect(mounts().length).toBeGreaterThan(0);
    await cluster.kubectl('delete pod filler --now');
    await cluster.kubectl('delete pvc small');
    await eventually(
      async () => mounts(),
      (all) => all.length === 0,
    );
  });
});

/** ext4 lets only those grow it in use that may go beyond what is reserved (CAP_SYS_RESOURCE, 24). */
function canGrowInUse(): boolean {
  const effective = /^CapEff:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> 24n) & 1n) === 1n;
}

function canLoop(): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('losetup', ['--find'], { stdio: 'pipe' });
    execFileSync('mkfs.ext4', ['-V'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
