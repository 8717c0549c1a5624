import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ObjectFieldSelector,
  ResourceFieldSelector,
} from '../../../../../schema/types.ts';
import { invalid, notSupported, required, type FieldError, type Path } from '../../../../meta/field.ts';
import { isQualifiedName } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { canonicalQuantity } from '../../../../meta/quantity.ts';
import { addFileMode, addLocalPath } from '../../../validation/paths.ts';
import { addReasons } from '../../../validation/report.ts';

/** One key of a Secret or ConfigMap as a file. */
export function addKeyToPath(errors: FieldError[], { key, path, mode }: Parts<KeyToPath>, at: Path): void {
  if (!key) errors.push(required(at.child('key')));
  if (!path) errors.push(required(at.child('path')));
  addLocalPath(errors, path ?? '', at.child('path'));
  addFileMode(errors, mode, at.child('mode'));
}

const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** One field or resource of the pod as a file. */
export function addDownwardFile(errors: FieldError[], file: Parts<DownwardAPIVolumeFile>, at: Path): void {
  if (!file.path) errors.push(required(at.child('path')));
  addLocalPath(errors, file.path ?? '', at.child('path'));
  if (file.fieldRef) {
    addFieldSelector(errors, file.fieldRef, VOLUME_FIELDS, at.child('fieldRef'));
    if (file.resourceFieldRef)
      errors.push(invalid(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
  } else if (file.resourceFieldRef)
    addResourceSelector(errors, file.resourceFieldRef, true, at.child('resourceFieldRef'));
  else errors.push(required(at, 'one of fieldRef and resourceFieldRef is required'));
  addFileMode(errors, file.mode, at.child('mode'));
}

/** What the field labels of a pod are, for the downward API (ConvertDownwardAPIFieldLabel). */
const FIELD_LABELS = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
  'spec.host',
]);
const SUBSCRIPT = /^(.+?)\['(.*)'\]$/s;

/** A field of the pod by its path; `supported` are those without a subscript that are good here, in their order. */
export function addFieldSelector(
  errors: FieldError[],
  { apiVersion, fieldPath }: Parts<ObjectFieldSelector>,
  supported: readonly string[],
  at: Path,
): void {
  if (!apiVersion) errors.push(required(at.child('apiVersion')));
  else if (!fieldPath) errors.push(required(at.child('fieldPath')));
  else if (apiVersion !== 'v1') errors.push(cannotConvert(at, fieldPath, `unsupported pod version: ${apiVersion}`));
  else {
    const subscript = SUBSCRIPT.exec(fieldPath);
    if (subscript) addSubscript(errors, subscript[1]!, subscript[2]!, fieldPath, at);
    else if (!FIELD_LABELS.has(fieldPath))
      errors.push(cannotConvert(at, fieldPath, `field label not supported: ${fieldPath}`));
    else {
      const path = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
      if (!supported.includes(path)) errors.push(notSupported(at.child('fieldPath'), path, supported));
    }
  }
}

const cannotConvert = (at: Path, path: string, why: string): FieldError =>
  invalid(at.child('fieldPath'), path, `error converting fieldPath: ${why}`);

function addSubscript(errors: FieldError[], path: string, key: string, whole: string, at: Path): void {
  if (path === 'metadata.annotations') {
    const name = key.toLowerCase();
    addReasons(errors, isQualifiedName(name), name, at);
  } else if (path === 'metadata.labels') addReasons(errors, isQualifiedName(key), key, at);
  else errors.push(cannotConvert(at, whole, `field label does not support subscript: ${whole}`));
}

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const isHugePages = (resource: string): boolean =>
  resource.startsWith('requests.hugepages-') || resource.startsWith('limits.hugepages-');

/** A resource of a container. `volume`: it does not stand in a container, and so must name one. */
export function addResourceSelector(
  errors: FieldError[],
  { containerName, resource, divisor }: Parts<ResourceFieldSelector>,
  volume: boolean,
  at: Path,
): void {
  if (volume && !containerName) errors.push(required(at.child('containerName')));
  else if (!resource) errors.push(required(at.child('resource')));
  else if (!RESOURCES.includes(resource) && !isHugePages(resource))
    errors.push(notSupported(at.child('resource'), resource, RESOURCES));
  if (divisor !== undefined && divisor !== null) addDivisor(errors, resource ?? '', String(divisor), at);
}

const OF_BYTES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const OF_CPU = ['1m', '1'];

function addDivisor(errors: FieldError[], resource: string, divisor: string, at: Path): void {
  const value = canonicalQuantity(divisor);
  if (value === '0') return;
  const refuse = (good: readonly string[], said: string, of: string): void => {
    if (!good.includes(value))
      errors.push(
        invalid(at.child('divisor'), resource, `only divisor's values ${said} are supported with the ${of} resource`),
      );
  };
  const bytes = OF_BYTES.join(', ');
  if (resource === 'limits.cpu' || resource === 'requests.cpu') refuse(OF_CPU, '1m and 1', 'cpu');
  else if (resource === 'limits.memory' || resource === 'requests.memory') refuse(OF_BYTES, bytes, 'memory');
  else if (resource.endsWith('.ephemeral-storage') && RESOURCES.includes(resource))
    refuse(OF_BYTES, bytes, 'local ephemeral storage');
  else if (isHugePages(resource)) refuse(OF_BYTES, bytes, 'hugepages');
}
