import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';

/** An entry of an archive; a text alone is a file's content. */
export interface ArchiveEntry extends Partial<Omit<Header, 'name' | 'type'>> {
  name: string;
  type?: Header['type'] | undefined;
  content?: string | Buffer;
}

/** A tar archive of these entries, in this order, whatever they are. */
export async function archive(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const { content = '', mtime = new Date(1_700_000_000_000), ...header } of entries) {
    const isFile = !header.type || header.type === 'file';
    tar.entry({ mode: header.type === 'directory' ? 0o755 : 0o644, mtime, ...header } as Header, isFile ? content : '');
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

export const digestOf = (bytes: Buffer | string): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** An image as its parts: what a registry or a layout has of it. */
export interface BuiltImage {
  /** by digest */
  blobs: Map<string, Buffer>;
  manifest: Buffer;
  manifestDigest: string;
  config: Buffer;
  configDigest: string;
  /** compressed, lowest first */
  layers: readonly { digest: string; bytes: Buffer }[];
}

const OCI = 'application/vnd.oci.image';
export const MANIFEST_TYPE = `${OCI}.manifest.v1+json`;
export const INDEX_TYPE = `${OCI}.index.v1+json`;

/** Builds an image of layers, which are archives before they are compressed. */
export function buildImage(
  archives: readonly Buffer[],
  config: Readonly<Record<string, unknown>> = {},
  platform: { os: string; architecture: string } = { os: 'linux', architecture: goArchitecture },
): BuiltImage {
  const layers = archives.map((each) => {
    const bytes = gzipSync(each);
    return { digest: digestOf(bytes), bytes };
  });
  const body = Buffer.from(
    JSON.stringify({ ...platform, config, rootfs: { type: 'layers', diff_ids: archives.map(digestOf) } }),
  );
  const configDigest = digestOf(body);
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType: `${OCI}.config.v1+json`, digest: configDigest, size: body.length },
      layers: layers.map(({ digest, bytes }) => ({
        mediaType: `${OCI}.layer.v1.tar+gzip`,
        digest,
        size: bytes.length,
      })),
    }),
  );
  const manifestDigest = digestOf(manifest);
  const blobs = new Map([
    [configDigest, body],
    [manifestDigest, manifest],
    ...layers.map((each) => [each.digest, each.bytes] as const),
  ]);
  return { blobs, manifest, manifestDigest, config: body, configDigest, layers };
}

/** Go's name of this machine's architecture. */
export const goArchitecture =
  ({ x64: 'amd64', ia32: '386', ppc64: 'ppc64le' } as Record<string, string>)[process.arch] ?? process.arch;

/** The files of an OCI layout with images under names (`org.opencontainers.image.ref.name`). */
export function layoutFiles(images: Readonly<Record<string, BuiltImage>>): ArchiveEntry[] {
  const manifests = Object.entries(images).map(([name, { manifest, manifestDigest }]) => ({
    mediaType: MANIFEST_TYPE,
    digest: manifestDigest,
    size: manifest.length,
    ...(name && { annotations: { 'org.opencontainers.image.ref.name': name } }),
  }));
  const blobs = new Map(Object.values(images).flatMap((image) => [...image.blobs]));
  return [
    { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
    { name: 'index.json', content: JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }) },
    ...[...blobs].map(([digest, content]) => ({ name: `blobs/${digest.replace(':', '/')}`, content })),
  ];
}

/** The files that `docker save` writes of an image whose layers are these archives. */
export function savedFiles(archives: readonly Buffer[], tags: readonly string[], config: object = {}): ArchiveEntry[] {
  const { config: body, configDigest } = buildImage(archives, config as Record<string, unknown>);
  const name = `${configDigest.slice('sha256:'.length)}.json`;
  const layers = archives.map((_, at) => `layer-${at}/layer.tar`);
  return [
    ...archives.map((content, at) => ({ name: layers[at] ?? '', content })),
    { name, content: body },
    { name: 'manifest.json', content: JSON.stringify([{ Config: name, RepoTags: tags, Layers: layers }]) },
  ];
}
