import type { DownwardAPIVolumeFile, KeyToPath, Pod, Volume, VolumeProjection } from '../../../schema/types.ts';
import { fieldValue, resourceValue } from '../pods/field-value.ts';
import type { ProjectedFile } from './atomic-writer.ts';
import type { TokenCache } from './service-account-token.ts';
import type { VolumeContext } from './volume-context.ts';

export type Files = Map<string, ProjectedFile>;
const DEFAULT_MODE = 0o644;

/** The files of a configMap, secret, downwardAPI or projected volume; undefined for other volumes. */
export async function volumeFiles(
  volume: Volume,
  context: VolumeContext,
  tokens: TokenCache,
): Promise<Files | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  const { source, pod } = context;
  const namespace = pod.metadata.namespace ?? '';
  if (configMap) {
    const data = await source.configMapData(namespace, configMap.name ?? '', configMap.optional);
    return pick(data, configMap.items, configMap.defaultMode ?? DEFAULT_MODE, configMap.optional);
  }
  if (secret) {
    const data = await source.secretData(namespace, secret.secretName ?? '', secret.optional);
    return pick(data, secret.items, secret.defaultMode ?? DEFAULT_MODE, secret.optional, 'secret');
  }
  if (downwardAPI) return downward(downwardAPI.items ?? [], downwardAPI.defaultMode ?? DEFAULT_MODE, context);
  if (!projected) return undefined;
  const files: Files = new Map();
  for (const projection of projected.sources ?? []) {
    const part = await projectedFiles(projection, projected.defaultMode ?? DEFAULT_MODE, context, tokens);
    for (const [path, file] of part) files.set(path, file);
  }
  return files;
}

async function projectedFiles(
  from: VolumeProjection,
  mode: number,
  context: VolumeContext,
  tokens: TokenCache,
): Promise<Files> {
  const { source, pod } = context;
  const namespace = pod.metadata.namespace ?? '';
  if (from.configMap) {
    const { name = '', items, optional } = from.configMap;
    return pick(await source.configMapData(namespace, name, optional), items, mode, optional);
  }
  if (from.secret) {
    const { name = '', items, optional } = from.secret;
    return pick(await source.secretData(namespace, name, optional), items, mode, optional, 'secret');
  }
  if (from.downwardAPI) return downward(from.downwardAPI.items ?? [], mode, context);
  if (from.serviceAccountToken) {
    const token = await tokens.token(context, from.serviceAccountToken);
    return new Map([[from.serviceAccountToken.path, { data: Buffer.from(token), ...accessTo(pod, mode) }]]);
  }
  throw new Error(`this node cannot project ${Object.keys(from).join(', ')}`);
}

/**
 * A token is for those alone who run as the pod's one user, or are of its group. Source: pkg/volume/projected, and
 * FsUserFrom of pkg/volume/util.
 */
function accessTo({ spec }: Pod, mode: number): Pick<ProjectedFile, 'mode' | 'owner'> {
  const shared = spec?.securityContext;
  const containers = [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ];
  const users = new Set(containers.map((each) => each.securityContext?.runAsUser ?? shared?.runAsUser));
  const [owner] = users.size === 1 ? users : [];
  return owner === undefined && shared?.fsGroup === undefined ? { mode } : { mode: 0o600, owner };
}

function pick(
  data: Map<string, Buffer> | undefined,
  items: KeyToPath[] | undefined,
  mode: number,
  optional = false,
  kind: 'config' | 'secret' = 'config',
): Files {
  const files: Files = new Map();
  if (!items?.length) {
    for (const [key, bytes] of data ?? []) files.set(key, { data: bytes, mode });
    return files;
  }
  for (const item of items) {
    const bytes = data?.get(item.key);
    if (bytes) files.set(item.path, { data: bytes, mode: item.mode ?? mode });
    else if (!optional) throw new Error(`references non-existent ${kind} key: ${item.key}`);
  }
  return files;
}

function downward(items: readonly DownwardAPIVolumeFile[], mode: number, { pod, facts }: VolumeContext): Files {
  const files: Files = new Map();
  for (const { path, mode: own, fieldRef, resourceFieldRef } of items) {
    let value: string | undefined;
    if (fieldRef) value = fieldValue(pod, fieldRef.fieldPath, facts);
    else if (resourceFieldRef) {
      const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
      const container = all.find((each) => each.name === resourceFieldRef.containerName);
      value = container && resourceValue(container, resourceFieldRef.resource, resourceFieldRef.divisor, facts);
    }
    files.set(path, { data: Buffer.from(value ?? ''), mode: own ?? mode });
  }
  return files;
}
