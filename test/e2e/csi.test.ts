import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BindDriver, mountsBelow } from '../support/bind-driver.ts';
import { eventually, startCluster, type Cluster } from './support/cluster.ts';

const DRIVER = 'bind.example.com';
const OBJECTS = `
apiVersion: storage.k8s.io/v1
kind: CSIDriver
metadata: { name: ${DRIVER} }
spec: { attachRequired: true, podInfoOnMount: true, volumeLifecycleModes: [Persistent, Ephemeral], fsGroupPolicy: File }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: kept }
spec:
  capacity: { storage: 1Mi }
  accessModes: [ReadWriteOnce]
  storageClassName: ''
  csi: { driver: ${DRIVER}, volumeHandle: one }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: kept }
spec: { accessModes: [ReadWriteOnce], storageClassName: '', volumeName: kept, resources: { requests: { storage: 1Mi } } }
`;
const POD = `
apiVersion: v1
kind: Pod
metadata: { name: user }
spec:
  terminationGracePeriodSeconds: 0
  securityContext: { fsGroup: 4321 }
  containers:
  - name: c
    image: busybox
    command: [sleep, '1000000']
    volumeMounts: [{ name: kept, mountPath: /kept }, { name: inline, mountPath: /inline }]
  volumes:
  - { name: kept, persistentVolumeClaim: { claimName: kept } }
  - { name: inline, csi: { driver: ${DRIVER} } }
`;

/** The attacher is the test: it says that what is to be attached is. */
describe.skipIf(process.getuid?.() !== 0)('a CSI driver on its socket', () => {
  let cluster: Cluster;
  let driver: BindDriver;
  beforeAll(async () => {
    cluster = await startCluster();
    driver = new BindDriver(DRIVER);
    await driver.start(path.join(cluster.data, 'node', 'plugins_registry'));
    await becomes('csinodes', '.items[*].spec.drivers[*].name', DRIVER);
    await applied(OBJECTS);
  });
  afterAll(async () => {
    await cluster?.remove();
    driver?.remove();
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
  const attach = async (): Promise<void> => {
    const name = await eventually(
      () => get('volumeattachments', '.items[*].metadata.name'),
      (found) => found !== '',
    );
    const status = JSON.stringify({ status: { attached: true } });
    await cluster.kubectl(`patch volumeattachment ${name} --subresource status --type merge -p '${status}'`);
  };
  const shell = async (script: string): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl(`exec user -- sh -c '${script}'`);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  const running = () => becomes('pod user', '.status.containerStatuses[0].ready', 'true');

  it('has its volumes attached, staged, published and given to the pod, and keeps what is in them', async () => {
    await applied(POD);
    await attach();
    await running();
    expect(await get('nodes', '.items[*].status.volumesInUse')).toBe(`["kubernetes.io/csi/${DRIVER}^one"]`);
    expect(await shell('echo here > /kept/x; echo short > /inline/x; stat -c %g /kept')).toBe('4321');
    await cluster.kubectl('delete pod user --now');
    await becomes('volumeattachments', '.items[*].metadata.name', '');
    expect(mountsBelow(cluster.data)).toEqual([]);
    await applied(POD);
    await attach();
    await running();
    expect(await shell('cat /kept/x; ls /inline')).toBe('here');
  });

  it('is found again by the next agent, which leaves nothing mounted', async () => {
    await cluster.stop();
    await cluster.restart();
    await running();
    expect(await shell('cat /kept/x')).toBe('here');
    await cluster.kubectl('delete pod user --now');
    await becomes('volumeattachments', '.items[*].metadata.name', '');
    expect(mountsBelow(cluster.data)).toEqual([]);
    expect(driver.told).toEqual(['', '']);
  });
});
