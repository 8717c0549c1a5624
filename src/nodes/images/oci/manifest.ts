import { isDigest } from '../image-reference.ts';
import { CONFIG_TYPES, INDEX_TYPES, LAYER_TYPES, MANIFEST_TYPES } from './media-types.ts';
import { fitOf, platformText, type Platform } from './platform.ts';

/** Bytes of a manifest or an index at most, as registries have it. */
export const MAX_MANIFEST = 4 * 1024 * 1024;
/** Bytes of an image's config at most. */
export const MAX_CONFIG = 8 * 1024 * 1024;
/** Layers that overlayfs takes, less what a container adds. */
const MAX_LAYERS = 127;
/** Images that one index names at most. */
const MAX_MANIFESTS = 1000;

/** Content by its digest. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  /** bytes */
  size: number;
  platform?: Platform;
  annotations: Readonly<Record<string, string>>;
}

export type Manifest =
  | { kind: 'index'; manifests: readonly Descriptor[] }
  | { kind: 'image'; config: Descriptor; layers: readonly Descriptor[] };

/** Content that is not what it should be; the message says what is the matter. */
export class ManifestError extends Error {}

type Json = Readonly<Record<string, unknown>>;
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function parseJson(bytes: Buffer, what: string): Json {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  throw new ManifestError(`${what} is not a JSON object`);
}

/** @param mediaType as it was sent; what the content says of itself goes first. @throws ManifestError */
export function parseManifest(bytes: Buffer, mediaType = ''): Manifest {
  const json = parseJson(bytes, 'the manifest');
  const own = json['mediaType'];
  const type = typeof own === 'string' && own ? own : guess(json, mediaType);
  if (INDEX_TYPES.includes(type)) {
    const manifests = list(json['manifests'], 'manifests', MAX_MANIFESTS).map((each) => descriptor(each, 'manifests'));
    return { kind: 'index', manifests };
  }
  if (!MANIFEST_TYPES.includes(type))
    throw new ManifestError(`a manifest of type ${JSON.stringify(type)} is not supported`);
  const layers = list(json['layers'], 'layers', MAX_LAYERS).map((each) => descriptor(each, 'layers'));
  const config = descriptor(json['config'], 'config');
  if (!CONFIG_TYPES.includes(config.mediaType))
    throw new ManifestError(`this is no image: its config is of type ${JSON.stringify(config.mediaType)}`);
  const strange = layers.find((layer) => !LAYER_TYPES.includes(layer.mediaType));
  if (strange) throw new ManifestError(`a layer of type ${JSON.stringify(strange.mediaType)} is not supported`);
  return { kind: 'image', config, layers };
}

const guess = (json: Json, mediaType: string): string => {
  const sent = mediaType.split(';')[0]?.trim() ?? '';
  if (INDEX_TYPES.includes(sent) || MANIFEST_TYPES.includes(sent)) return sent;
  if (json['schemaVersion'] === 1) return 'application/vnd.docker.distribution.manifest.v1+json';
  const known = Array.isArray(json['manifests']) ? INDEX_TYPES[0] : MANIFEST_TYPES[0];
  return known ?? sent;
};

function list(value: unknown, what: string, most: number): unknown[] {
  if (!Array.isArray(value)) throw new ManifestError(`the manifest's ${what} are no list`);
  if (value.length > most)
    throw new ManifestError(`the manifest has ${value.length} ${what}; at most ${most} are taken`);
  return value;
}

function descriptor(value: unknown, what: string): Descriptor {
  const json = isObject(value) ? value : {};
  const { mediaType, digest, size, annotations } = json;
  if (typeof digest !== 'string' || !isDigest(digest) || !Number.isSafeInteger(size) || Number(size) < 0)
    throw new ManifestError(`a descriptor of the manifest's ${what} is malformed`);
  const platform = platformOf(json['platform']);
  return {
    mediaType: typeof mediaType === 'string' ? mediaType : '',
    digest,
    size: Number(size),
    ...(platform && { platform }),
    annotations: textsOf(annotations),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const textsOf = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).flatMap(([key, each]) =>
      typeof each === 'string' ? [[key, each] as const] : [],
    ),
  );

function platformOf(value: unknown): Platform | undefined {
  if (!isObject(value)) return undefined;
  const variant = text(value['variant']);
  return { os: text(value['os']), architecture: text(value['architecture']), ...(variant && { variant }) };
}

/** The image of an index that a machine runs best; the first of equals. @throws ManifestError when there is none */
export function chooseManifest(manifests: readonly Descriptor[], machine: Platform): Descriptor {
  let best: { fit: number; manifest: Descriptor } | undefined;
  for (const manifest of manifests) {
    // an entry without a platform is taken as it is when nothing better is said
    const fit = manifest.platform ? fitOf(manifest.platform, machine) : 1000;
    if (fit !== undefined && (!best || fit < best.fit)) best = { fit, manifest };
  }
  if (best) return best.manifest;
  const known = manifests.flatMap(({ platform }) => (platform ? [platformText(platform)] : []));
  throw new ManifestError(`no match for platform ${platformText(machine)} in manifest; it has: ${known.join(', ')}`);
}
