import { createHash } from 'node:crypto';
import type { CSIDriver, PersistentVolume } from '../../../schema/types.ts';

/** What a node calls a volume of a CSI driver in `volumesInUse` and `volumesAttached`. */
export const csiVolumeName = (driver: string, handle: string): string => `kubernetes.io/csi/${driver}^${handle}`;

/** Name of the VolumeAttachment by which a volume is attached to a node. Source: pkg/volume/csi getAttachmentName. */
export const attachmentName = (driver: string, handle: string, node: string): string =>
  `csi-${createHash('sha256').update(`${handle}${driver}${node}`).digest('hex')}`;

/** A driver that says nothing has its volumes attached. */
export const needsAttachment = (driver: CSIDriver | undefined): boolean => driver?.spec.attachRequired ?? true;

/** Whether several nodes may have the volume at once; one that says nothing is left to its driver. */
export const mayBeShared = ({ spec }: PersistentVolume): boolean =>
  !spec?.accessModes?.length || spec.accessModes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany');
