import type { Volume, VolumeProjection } from '../../../../schema/types.ts';
import { MAX_WARNINGS } from '../../../meta/max-warnings.ts';
import type { Parts } from '../../../meta/object.ts';

/** A file of a volume, and where it comes from (made only to be shown). */
interface Source {
  path: string;
  from: (() => string) | undefined;
}

const quoted = (text: string | undefined): string => JSON.stringify(text ?? '');
const shown = ({ path, from }: Source): string => quoted(path) + (from ? ` (${from()})` : '');
const filesOf = (items: readonly { path?: string }[] | undefined, from?: () => string): Source[] =>
  (items ?? []).map(({ path }) => ({ path: path ?? '', from }));

/** One file is the other, or stands where the other needs a directory. */
const overlaps = ({ path: a }: Source, { path: b }: Source): boolean =>
  a !== '' && b !== '' && (isWithin(a, b) || isWithin(b, a));
const isWithin = (path: string, directory: string): boolean =>
  path.startsWith(directory) && (path.length === directory.length || path[directory.length] === '/');

const SLASHES = /(?<!\/)\/+$/;

function pairs(files: readonly Source[]): string[] {
  const out: string[] = [];
  const before: Source[] = [];
  for (const given of files) {
    const file = given.path.endsWith('/') ? { ...given, path: given.path.replace(SLASHES, '') } : given;
    for (const other of before) {
      if (out.length >= MAX_WARNINGS) return out;
      if (overlaps(file, other)) out.push(`${shown(file)} with ${shown(other)}`);
    }
    before.push(file);
  }
  return out;
}

function projectedFiles(source: Parts<VolumeProjection>): Source[] {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (configMap?.items) return filesOf(configMap.items, () => `ConfigMap ${quoted(configMap.name)}`);
  if (secret?.items) return filesOf(secret.items, () => `Secret ${quoted(secret.name)}`);
  if (downwardAPI?.items) return filesOf(downwardAPI.items, () => 'DownwardAPI');
  return serviceAccountToken ? [{ path: serviceAccountToken.path ?? '', from: () => 'ServiceAccountToken' }] : [];
}

const hasNone = (object: object): boolean => {
  for (const _ in object) return false;
  return true;
};

/** Files of one volume that are in each other's way (pkg/api/pod warningsForOverlappingVirtualPaths). */
export function overlapWarnings(volumes: readonly Parts<Volume>[]): string[] {
  const out: string[] = [];
  for (const { name, configMap, secret, downwardAPI, projected } of volumes) {
    const say = (what: string, files: readonly Source[]): void => {
      for (const pair of pairs(files)) out.push(`volume ${quoted(name)} (${what}): overlapping paths: ${pair}`);
    };
    if (configMap?.items) say(`ConfigMap ${quoted(configMap.name)}`, filesOf(configMap.items));
    if (secret?.items) say(`Secret ${quoted(secret.secretName)}`, filesOf(secret.items));
    if (downwardAPI?.items) say('DownwardAPI', filesOf(downwardAPI.items));
    if (!projected?.sources) continue;
    const files: Source[] = [];
    for (const source of projected.sources) {
      if (hasNone(source)) out.push(`volume ${quoted(name)} (Projected) has no sources provided`);
      for (const file of projectedFiles(source)) files.push(file);
    }
    say('Projected', files);
  }
  return out;
}
