import type { DownwardAPIVolumeFile, Volume } from '../../../../../schema/types.ts';
import type { Parts } from '../../../../meta/object.ts';
import { pullPolicyOf } from '../image-name.ts';

const DEFAULT_MODE = 0o644;

const defaultFields = (items: readonly Parts<DownwardAPIVolumeFile>[] | undefined): void => {
  for (const { fieldRef } of items ?? []) if (fieldRef) fieldRef.apiVersion ||= 'v1';
};

/** core/v1 SetDefaults_Volume and those of the sources. */
export function defaultVolume(volume: Parts<Volume>): void {
  if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {};
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected])
    if (source) source.defaultMode ??= DEFAULT_MODE;
  defaultFields(volume.downwardAPI?.items);
  for (const { serviceAccountToken, downwardAPI } of volume.projected?.sources ?? []) {
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600;
    defaultFields(downwardAPI?.items);
  }
  if (volume.hostPath) volume.hostPath.type ??= '';
  if (volume.image) volume.image.pullPolicy ||= pullPolicyOf(volume.image.reference ?? '');
  if (volume.ephemeral?.volumeClaimTemplate)
    (volume.ephemeral.volumeClaimTemplate.spec ??= {}).volumeMode ??= 'Filesystem';
  defaultProviders(volume);
}

function defaultProviders({ iscsi, rbd, scaleIO, azureDisk }: Parts<Volume>): void {
  if (iscsi) iscsi.iscsiInterface ||= 'default';
  if (rbd) {
    rbd.pool ||= 'rbd';
    rbd.user ||= 'admin';
    rbd.keyring ||= '/etc/ceph/keyring';
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned';
    scaleIO.fsType ||= 'xfs';
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite';
    azureDisk.kind ??= 'Shared';
    azureDisk.fsType ??= 'ext4';
    azureDisk.readOnly ??= false;
  }
}
