import { reject, type Plugin } from '../plugin.ts';
import { claimOf } from '../../rules/pod-claims.ts';

const TAKEN =
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod';

/** A claim that is for one pod alone (ReadWriteOncePod) is not given to a second one (KEP-2485). */
export const volumeRestrictions: Plugin<true> = {
  name: 'VolumeRestrictions',
  events: [
    { resource: 'pods', on: ['delete'] },
    { resource: 'persistentvolumeclaims', on: ['add'] },
  ],
  prepareFilter({ pod }, snapshot) {
    const { namespace = '', uid } = pod.metadata;
    const alone = new Set<string>();
    for (const { persistentVolumeClaim: named } of pod.spec?.volumes ?? []) {
      const claim = named && snapshot.cluster.claim(namespace, named.claimName);
      if (claim?.spec?.accessModes?.includes('ReadWriteOncePod')) alone.add(claim.metadata.name);
    }
    if (alone.size === 0) return undefined;
    // Few claims are such; only then are the pods of all nodes looked at.
    const taken = snapshot.nodes.some((node) =>
      [...node.pods.values()].some(
        ({ pod: other }) =>
          other.metadata.namespace === namespace &&
          other.metadata.uid !== uid &&
          other.spec?.volumes?.some((volume) => alone.has(claimOf(other, volume) ?? '')),
      ),
    );
    return taken ? { state: true } : undefined;
  },
  // The one that has it may be taken away for this one.
  filter: () => reject(TAKEN),
};
