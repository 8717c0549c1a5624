import type { Pod } from '../../../schema/types.ts';
import { storageClassOf } from '../../rules/matching-volume.ts';
import { claimOf } from '../../rules/pod-claims.ts';
import { reject, type Plugin } from '../plugin.ts';
import type { ClusterView } from '../snapshot.ts';

/** Volumes by driver: each is one, however many pods use it. */
type Volumes = ReadonlyMap<string, ReadonlySet<string>>;

/** A node takes as many volumes of a CSI driver as the driver has said for it (KEP-554). */
export const nodeVolumeLimits: Plugin<Volumes> = {
  name: 'NodeVolumeLimits',
  events: [
    { resource: 'csinodes.storage.k8s.io', on: ['add', 'update'] },
    { resource: 'pods', on: ['delete'] },
    { resource: 'persistentvolumeclaims', on: ['add', 'update'] },
  ],
  prepareFilter({ pod }, { cluster }) {
    const state = volumesOf(pod, cluster);
    return state.size ? { state } : undefined;
  },
  filter(wanted, _pod, node, { cluster }) {
    const drivers = cluster.csiNode(node.name)?.spec.drivers as
      { name: string; allocatable?: { count?: number } }[] | null;
    for (const { name, allocatable } of drivers ?? []) {
      const limit = allocatable?.count;
      const more = wanted.get(name);
      if (limit === undefined || !more) continue;
      const all = new Set(more);
      for (const { pod } of node.pods.values())
        for (const volume of volumesOf(pod, cluster).get(name) ?? []) all.add(volume);
      if (all.size > limit) return reject('node(s) exceed max volume count');
    }
    return undefined;
  },
};

function volumesOf(pod: Pod, cluster: ClusterView): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const { namespace = '' } = pod.metadata;
  for (const volume of pod.spec?.volumes ?? []) {
    const name = claimOf(pod, volume);
    const claim = name === undefined ? undefined : cluster.claim(namespace, name);
    if (!claim) continue;
    const csi = cluster.volume(claim.spec?.volumeName ?? '')?.spec?.csi;
    // one that is yet to be made is of the driver that will make it
    const waits = !claim.spec?.volumeName;
    const driver = csi?.driver ?? (waits ? cluster.storageClass(storageClassOf(claim))?.provisioner : undefined);
    if (driver === undefined) continue;
    const volumes = found.get(driver) ?? new Set<string>();
    volumes.add(csi ? csi.volumeHandle : `${namespace}/${claim.metadata.name}`);
    found.set(driver, volumes);
  }
  return found;
}
