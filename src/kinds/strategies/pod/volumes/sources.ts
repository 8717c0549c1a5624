import type { Volume } from '../../../../../schema/types.ts';
import { forbidden, invalid, required, type FieldError, type Path } from '../../../../meta/field.ts';
import { isDns1123Label, isDns1123Subdomain, rangeError } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { parseQuantity } from '../../../../meta/quantity.ts';
import { addDescendingPath, addFileMode } from '../../../validation/paths.ts';
import { addReasons } from '../../../validation/report.ts';
import * as persistent from '../../core/volume-sources.ts';
import { addKeyToPath, addDownwardFile } from './items.ts';

/** The rules of the volume sources that stand for themselves, one function a source (core/v1 validateVolumeSource and below). */
type Rule<K extends keyof Volume> = (source: NonNullable<Parts<Volume>[K]>, at: Path, errors: FieldError[]) => void;

/** Fields that must not be empty. */
export const needs =
  <T extends object>(...fields: (keyof T & string)[]) =>
  (source: T, at: Path, errors: FieldError[]): void => {
    for (const field of fields) {
      const value: unknown = source[field];
      if (!value || (Array.isArray(value) && value.length === 0)) errors.push(required(at.child(field)));
    }
  };

export const cinder: Rule<'cinder'> = ({ volumeID, secretRef }, at, errors) => {
  if (!volumeID) errors.push(required(at.child('volumeID')));
  if (secretRef && !secretRef.name) errors.push(required(at.child('secretRef', 'name')));
};

export const emptyDir: Rule<'emptyDir'> = ({ sizeLimit }, at, errors) => {
  if (sizeLimit != null && parseQuantity(String(sizeLimit)).nano < 0n) {
    errors.push(forbidden(at.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity'));
  }
};

export const gitRepo: Rule<'gitRepo'> = ({ repository, directory }, at, errors) => {
  if (!repository) errors.push(required(at.child('repository')));
  addDescendingPath(errors, directory ?? '', at.child('directory'));
};

/** The rule that volumes of the cluster have too. */
const shared =
  <T>(check: (source: T, at: Path, volume: string) => FieldError[]) =>
  (source: T, at: Path, errors: FieldError[]): void => {
    errors.push(...check(source, at, ''));
  };
export const hostPath = shared(persistent.hostPath);
export const nfs = shared(persistent.nfs);
export const quobyte = shared(persistent.quobyte);
export const flocker = shared(persistent.flocker);
export const fc = shared(persistent.fc);
export const flexVolume = shared(persistent.flexVolume);
export const azureDisk = shared(persistent.azureDisk);

/** Partitions of a cloud's disk count from 1, 0 is the whole disk. */
function addPartition(errors: FieldError[], partition: number | undefined, at: Path): void {
  if (partition !== undefined && (partition < 0 || partition > 255))
    errors.push(invalid(at.child('partition'), partition, rangeError(1, 255)));
}
export const gcePersistentDisk: Rule<'gcePersistentDisk'> = ({ pdName, partition }, at, errors) => {
  if (!pdName) errors.push(required(at.child('pdName')));
  addPartition(errors, partition, at);
};
export const awsElasticBlockStore: Rule<'awsElasticBlockStore'> = ({ volumeID, partition }, at, errors) => {
  if (!volumeID) errors.push(required(at.child('volumeID')));
  addPartition(errors, partition, at);
};

export const secret: Rule<'secret'> = ({ secretName, defaultMode, items }, at, errors) => {
  if (!secretName) errors.push(required(at.child('secretName')));
  addFileMode(errors, defaultMode, at.child('defaultMode'));
  items?.forEach((item, i) => addKeyToPath(errors, item, at.child('items').index(i)));
};

export const configMap: Rule<'configMap'> = ({ name, defaultMode, items }, at, errors) => {
  if (!name) errors.push(required(at.child('name')));
  addFileMode(errors, defaultMode, at.child('defaultMode'));
  items?.forEach((item, i) => addKeyToPath(errors, item, at.child('items').index(i)));
};

export const downwardAPI: Rule<'downwardAPI'> = ({ defaultMode, items }, at, errors) => {
  addFileMode(errors, defaultMode, at.child('defaultMode'));
  // Kubernetes names the volume here and not the item
  items?.forEach((item) => addDownwardFile(errors, item, at));
};

const INITIATOR_FORMS: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
};

/** A qualified name of iSCSI (RFC 3720). */
function initiator(name: string): string[] {
  const form = INITIATOR_FORMS[name.slice(0, 3)];
  if (!form) return ['must be valid format starting with iqn, eui, or naa'];
  return form.test(name) ? [] : ['must be valid format'];
}

export const iscsi: Rule<'iscsi'> = (source, at, errors) => {
  const { targetPortal, iqn, lun = 0, initiatorName } = source;
  if (!targetPortal) errors.push(required(at.child('targetPortal')));
  if (!iqn) errors.push(required(at.child('iqn')));
  else addReasons(errors, initiator(iqn), iqn, at, 'iqn');
  if (lun < 0 || lun > 255) errors.push(invalid(at.child('lun'), lun, rangeError(0, 255)));
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef)
    errors.push(required(at.child('secretRef')));
  if (initiatorName != null) addReasons(errors, initiator(initiatorName), initiatorName, at, 'initiatorname');
};

export const storageos: Rule<'storageos'> = ({ volumeName, volumeNamespace, secretRef }, at, errors) => {
  if (!volumeName) errors.push(required(at.child('volumeName')));
  else addReasons(errors, isDns1123Label(volumeName), volumeName, at, 'volumeName');
  if (volumeNamespace) addReasons(errors, isDns1123Label(volumeNamespace), volumeNamespace, at, 'volumeNamespace');
  if (secretRef && !secretRef.name) errors.push(required(at.child('secretRef', 'name')));
};

export const csi: Rule<'csi'> = ({ driver, nodePublishSecretRef }, at, errors) => {
  errors.push(...persistent.validateCsiDriverName(driver, at.child('driver')));
  if (!nodePublishSecretRef) return;
  const { name } = nodePublishSecretRef;
  if (!name) errors.push(required(at.child('nodePublishSecretRef', 'name')));
  else addReasons(errors, isDns1123Subdomain(name), name, at, 'name');
};
