import type { PersistentVolume, VolumeNodeAffinity } from '../../../schema/types.ts';
import { HOSTNAME, PROVISIONED_BY, PROVISIONER } from './names.ts';
import type { NodeFolders } from './node-folders.ts';

/** The node whose volumes are made here, and where. */
export interface Place {
  node: string;
  folders: NodeFolders;
  /** a folder of the same kind for each snapshot */
  snapshots: NodeFolders;
}

export const affinityTo = (node: string): VolumeNodeAffinity => ({
  required: { nodeSelectorTerms: [{ matchExpressions: [{ key: HOSTNAME, operator: 'In', values: [node] }] }] },
});

/** Whether a volume was made by this provisioner, on this node. */
export function isOf({ metadata, spec }: PersistentVolume, node: string): boolean {
  if (metadata.annotations?.[PROVISIONED_BY] !== PROVISIONER) return false;
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return terms.some(({ matchExpressions = [] }) =>
    matchExpressions.some(({ key, values }) => key === HOSTNAME && values?.length === 1 && values[0] === node),
  );
}
