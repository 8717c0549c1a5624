import type {
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../../../schema/types.ts';
import { forbidden, invalid, required, type FieldError, type Path } from '../../../../meta/field.ts';
import type { Parts } from '../../../../meta/object.ts';
import { addFileMode, addLocalPath } from '../../../validation/paths.ts';
import { addDownwardFile, addKeyToPath } from './items.ts';

const SOURCES = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken'] as const;
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;

/** Several sources in one directory (validateProjectedVolumeSource). Their files must not have the same path. */
export function projected(source: Parts<ProjectedVolumeSource>, at: Path, errors: FieldError[]): void {
  addFileMode(errors, source.defaultMode, at.child('defaultMode'));
  const paths = new Set<string>();
  source.sources?.forEach((projection, i) => {
    const here = at.child('sources').index(i);
    addProjection(errors, projection, paths, at, here);
    if (SOURCES.filter((name) => projection[name]).length > 1)
      errors.push(forbidden(here, 'may not specify more than 1 volume type per source'));
  });
}

function addProjection(
  errors: FieldError[],
  projection: Parts<VolumeProjection>,
  paths: Set<string>,
  volume: Path,
  at: Path,
): void {
  const { secret, configMap, downwardAPI, serviceAccountToken } = projection;
  if (secret) addKeys(errors, secret, paths, volume, at.child('secret'));
  if (configMap) addKeys(errors, configMap, paths, volume, at.child('configMap'));
  for (const file of downwardAPI?.items ?? []) {
    addDownwardFile(errors, file, at.child('downwardAPI'));
    claim(errors, file.path, file.path ?? '', paths, volume);
  }
  if (serviceAccountToken) addToken(errors, serviceAccountToken, volume, at.child('serviceAccountToken'));
}

function addKeys(
  errors: FieldError[],
  source: { name?: string; items?: Parts<KeyToPath>[] },
  paths: Set<string>,
  volume: Path,
  at: Path,
): void {
  if (!source.name) errors.push(required(at.child('name')));
  source.items?.forEach((item, i) => {
    addKeyToPath(errors, item, at.child('items').index(i));
    claim(errors, item.path, source.name ?? '', paths, volume);
  });
}

/** Takes the path for one file; `value` is what an error names. */
function claim(errors: FieldError[], path: string | undefined, value: string, paths: Set<string>, volume: Path): void {
  if (!path) return;
  if (paths.has(path)) errors.push(invalid(volume, value, 'conflicting duplicate paths'));
  paths.add(path);
}

function addToken(errors: FieldError[], token: Parts<ServiceAccountTokenProjection>, volume: Path, at: Path): void {
  const seconds = token.expirationSeconds ?? 0;
  if (seconds < MIN_TOKEN_SECONDS)
    errors.push(invalid(at.child('expirationSeconds'), seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > MAX_TOKEN_SECONDS)
    errors.push(invalid(at.child('expirationSeconds'), seconds, 'may not specify a duration larger than 2^32 seconds'));
  if (!token.path) errors.push(required(volume.child('path')));
  else addLocalPath(errors, token.path, volume.child('path'));
}
