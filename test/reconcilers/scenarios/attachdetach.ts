import { expect } from 'vitest';
import { attachdetach } from '../../../src/reconcilers/attachdetach.ts';
import { persistentvolume } from '../../../src/reconcilers/persistentvolume.ts';
import { attachmentName, csiVolumeName } from '../../../src/rules/csi/names.ts';
import type { Cluster } from '../../support/cluster.ts';
import type { Manifest } from '../../support/fake-api.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject, pod } from './manifests.ts';
import { claim, volume } from './persistentvolume.ts';

const ATTACHMENTS = 'volumeattachments.storage.k8s.io';
const driver = 'x.example.com';
const csi = (handle: string, by = driver) => ({ hostPath: undefined, csi: { driver: by, volumeHandle: handle } });
const user = (name: string, node: string, ...claims: string[]): Manifest =>
  pod(name, {
    spec: {
      nodeName: node,
      volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
    },
  });
const id = (handle: string, node: string): string => attachmentName(driver, handle, node);
const attached = (cluster: Cluster, handle: string, node: string) =>
  cluster.client.patch(ATTACHMENTS, '', id(handle, node), { status: { attached: true } }, { subresource: 'status' });
const inUse = (cluster: Cluster, node: string, ...handles: string[]) =>
  cluster.client.patch(
    'nodes',
    '',
    node,
    { status: { volumesInUse: handles.map((handle) => csiVolumeName(driver, handle)) } },
    { subresource: 'status' },
  );
const said = async (cluster: Cluster, node: string): Promise<string[]> =>
  ((await cluster.client.get('nodes', '', node)).status?.volumesAttached ?? []).map(({ name }) => name);

/**
 * What pods use is attached to their node and said there; what only one node may have waits until the other has let go
 * of it, which is when it is no longer in use there; drivers that need no attachment get none.
 */
export const attachdetachScenario: Scenario = {
  controllers: () => [attachdetach(), persistentvolume],
  given: [
    clusterObject('v1', 'Node', 'n1'),
    clusterObject('v1', 'Node', 'n2'),
    clusterObject('storage.k8s.io/v1', 'CSIDriver', 'free.example.com', { spec: { attachRequired: false } }),
    volume('v1', '1Gi', csi('h1')),
    volume('v2', '1Gi', csi('h2', 'free.example.com')),
    claim('c1', '1Gi', { volumeName: 'v1' }),
    claim('c2', '1Gi', { volumeName: 'v2' }),
    user('p1', 'n1', 'c1', 'c2'),
  ],
  acts: [
    async (cluster) => {
      const made = await cluster.list(ATTACHMENTS);
      expect(made.map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
        [id('h1', 'n1'), { attacher: driver, nodeName: 'n1', source: { persistentVolumeName: 'v1' } }],
      ]);
      expect(await said(cluster, 'n1')).toEqual([]);
      await attached(cluster, 'h1', 'n1');
      await inUse(cluster, 'n1', 'h1');
    },
    async (cluster) => {
      expect(await said(cluster, 'n1')).toEqual([csiVolumeName(driver, 'h1')]);
      await cluster.give(user('p2', 'n2', 'c1'));
    },
    async (cluster) => {
      expect(await cluster.list(ATTACHMENTS)).toHaveLength(1);
      await cluster.client.delete('pods', 'a', 'p1', { gracePeriodSeconds: 0 });
    },
    async (cluster) => {
      expect((await cluster.list(ATTACHMENTS)).map(({ spec }) => spec.nodeName)).toEqual(['n1']);
      await inUse(cluster, 'n1');
    },
    (cluster) => cluster.advance(3000),
  ],
  async end(cluster) {
    expect((await cluster.list(ATTACHMENTS)).map(({ spec }) => spec.nodeName)).toEqual(['n2']);
    expect(await said(cluster, 'n1')).toEqual([]);
    const events = (await cluster.list('events')).filter(({ reason }) => /Attach/.test(String(reason)));
    expect(events.map(({ reason, message, involvedObject }) => [involvedObject.name, reason, message])).toEqual([
      ['p1', 'SuccessfulAttachVolume', 'AttachVolume.Attach succeeded for volume "v1" '],
      ['p2', 'FailedAttachVolume', 'Multi-Attach error for volume "v1" Volume is already used by pod(s) p1'],
    ]);
  },
};
