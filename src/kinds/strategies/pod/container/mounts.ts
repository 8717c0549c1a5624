import type { Container, Volume, VolumeDevice, VolumeMount } from '../../../../../schema/types.ts';
import {
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
  type FieldError,
  type Path,
} from '../../../../meta/field.ts';
import type { Parts } from '../../../../meta/object.ts';
import { addDescendingPath, hasBackstep } from '../../../validation/paths.ts';

type Volumes = ReadonlyMap<string, Parts<Volume>>;

/** core/v1 ValidateVolumeMounts and ValidateVolumeDevices. `volumes`: those without a fault. */
export function addMounts(errors: FieldError[], container: Parts<Container>, volumes: Volumes, at: Path): void {
  const { volumeMounts = [], volumeDevices = [] } = container;
  const paths = new Set<string>();
  volumeMounts.forEach((mount, i) => {
    const list = at.child('volumeMounts');
    addMount(errors, mount, volumes, list.index(i));
    const path = mount.mountPath ?? '';
    if (paths.has(path)) errors.push(invalid(list.index(i).child('mountPath'), path, 'must be unique'));
    paths.add(path);
    if (volumeDevices.length) {
      const name = mount.name ?? '';
      if (volumeDevices.some((d) => (d.name ?? '') === name)) {
        errors.push(invalid(list.index(i).child('name'), name, 'must not already exist in volumeDevices'));
      }
      if (volumeDevices.some((d) => (d.devicePath ?? '') === path)) {
        errors.push(
          invalid(list.index(i).child('mountPath'), path, 'must not already exist as a path in volumeDevices'),
        );
      }
    }
    // Kubernetes names the list in what follows and not the item
    addSubPath(errors, mount, list, i);
    addPropagation(errors, mount, container, list);
    addRecursiveReadOnly(errors, mount, list.child('recursiveReadOnly'));
  });
  if (volumeDevices.length) addDevices(errors, volumeDevices, volumeMounts, volumes, at.child('volumeDevices'));
}

function addMount(
  errors: FieldError[],
  { name = '', mountPath }: Parts<VolumeMount>,
  volumes: Volumes,
  at: Path,
): void {
  if (!name) errors.push(required(at.child('name')));
  if (!volumes.has(name)) errors.push(notFoundValue(at.child('name'), name));
  if (!mountPath) errors.push(required(at.child('mountPath')));
}

function addSubPath(errors: FieldError[], { subPath, subPathExpr }: Parts<VolumeMount>, list: Path, i: number): void {
  if (subPath) addDescendingPath(errors, subPath, list.child('subPath'));
  if (!subPathExpr) return;
  if (subPath)
    errors.push(
      invalid(list.index(i).child('subPathExpr'), subPathExpr, 'subPathExpr and subPath are mutually exclusive'),
    );
  addDescendingPath(errors, subPathExpr, list.child('subPathExpr'));
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

function addPropagation(
  errors: FieldError[],
  { mountPropagation: mode }: Parts<VolumeMount>,
  { securityContext }: Parts<Container>,
  list: Path,
): void {
  if (mode == null) return;
  if (!PROPAGATIONS.includes(mode)) errors.push(notSupported(list.child('mountPropagation'), mode, PROPAGATIONS));
  if (mode === 'Bidirectional' && !securityContext?.privileged) {
    errors.push(
      forbidden(
        list.child('mountPropagation'),
        'Bidirectional mount propagation is available only to privileged containers',
      ),
    );
  }
}

const RECURSIONS = ['Disabled', 'Enabled', 'IfPossible'];

function addRecursiveReadOnly(
  errors: FieldError[],
  { recursiveReadOnly: mode, readOnly, mountPropagation }: Parts<VolumeMount>,
  at: Path,
): void {
  if (mode == null || mode === 'Disabled') return;
  if (!RECURSIONS.includes(mode)) {
    errors.push(notSupported(at, mode, RECURSIONS));
    return;
  }
  if (!readOnly) errors.push(forbidden(at, 'may only be specified when readOnly is true'));
  if (mountPropagation != null && mountPropagation !== 'None') {
    errors.push(forbidden(at, 'may only be specified when mountPropagation is None or not specified'));
  }
}

function addDevices(
  errors: FieldError[],
  devices: readonly Parts<VolumeDevice>[],
  mounts: readonly Parts<VolumeMount>[],
  volumes: Volumes,
  at: Path,
): void {
  const paths = new Set<string>();
  const names = new Set<string>();
  devices.forEach(({ name = '', devicePath = '' }, i) => {
    const here = at.index(i);
    const nameAt = here.child('name');
    const pathAt = here.child('devicePath');
    const volume = volumes.get(name);
    if (!name) errors.push(required(nameAt));
    if (names.has(name)) errors.push(invalid(nameAt, name, 'must be unique'));
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral) {
      errors.push(
        invalid(nameAt, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'),
      );
    }
    if (!volume) errors.push(notFoundValue(nameAt, name));
    if (!devicePath) errors.push(required(pathAt));
    if (paths.has(devicePath)) errors.push(invalid(pathAt, devicePath, 'must be unique'));
    if (hasBackstep(devicePath)) errors.push(invalid(pathAt, devicePath, "can not contain backsteps ('..')"));
    else paths.add(devicePath);
    if (mounts.some((m) => (m.name ?? '') === name))
      errors.push(invalid(nameAt, name, 'must not already exist in volumeMounts'));
    if (mounts.some((m) => (m.mountPath ?? '') === devicePath))
      errors.push(invalid(pathAt, devicePath, 'must not already exist as a path in volumeMounts'));
    if (name) names.add(name);
  });
}
