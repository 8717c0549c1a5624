import { join } from 'node:path';
import type { Clock } from '../../../rules/clock.ts';
import { removeFolder } from '../../../rules/machine/remove-folder.ts';
import { Keyring } from '../credentials/keyring.ts';
import { newImage, sha256 } from '../image-content.ts';
import type { ImageReference } from '../image-reference.ts';
import { PullError, type Image, type RegistryCredential } from '../image-service.ts';
import type { RegistrySource } from '../local-images.ts';
import { chooseManifest, MAX_CONFIG, MAX_MANIFEST, parseManifest, type Descriptor } from '../oci/manifest.ts';
import { INDEX_TYPES, MANIFEST_TYPES } from '../oci/media-types.ts';
import type { Platform } from '../oci/platform.ts';
import type { ImageStore } from '../store/image-store.ts';
import { fetchBlob } from './fetch-blob.ts';
import { readBody } from './http-client.ts';
import { RegistryAnswer, RegistryClient, type RepositoryAccess } from './registry-client.ts';
import { endpointsOf, type RegistryConfig } from './registry-config.ts';

/** Blobs of one image that are fetched at once. */
const MAX_FETCHES = 3;
/** Indexes within indexes that are followed. */
const MAX_DEPTH = 3;
const ACCEPT = [...INDEX_TYPES, ...MANIFEST_TYPES].join(', ');

interface Fetched {
  digest: string;
  bytes: Buffer;
  mediaType: string;
}

/** Fetches images from registries, or from their mirrors, into the store. */
export class RegistryImages implements RegistrySource {
  private readonly client: RegistryClient;
  private readonly logins = new Keyring();

  constructor(
    private readonly store: ImageStore,
    private readonly config: RegistryConfig,
    private readonly machine: Platform,
    private readonly clock: Clock,
  ) {
    this.client = new RegistryClient(clock);
    this.logins.add(config.logins);
  }

  isConfigured(registry: string): boolean {
    return this.config.registries.has(registry);
  }

  /** From the first place that has it; why the registry itself did not is what is told. @throws PullError */
  async pull(
    reference: ImageReference,
    credential: RegistryCredential | undefined,
    signal: AbortSignal,
  ): Promise<Image> {
    const { registry, path } = reference;
    let last: unknown;
    for (const endpoint of endpointsOf(registry, this.config)) {
      // a mirror is shown what the node has for it, never what is the registry's
      const own = endpoint.mirror ? this.logins.lookup(`${endpoint.url.host}/${path}`)[0]?.credential : credential;
      try {
        return await this.pullFrom({ endpoint, path, credential: own }, reference, signal);
      } catch (error) {
        signal.throwIfAborted();
        last = error;
      }
    }
    throw last;
  }

  close(): void {
    this.client.close();
  }

  private async pullFrom(access: RepositoryAccess, reference: ImageReference, signal: AbortSignal): Promise<Image> {
    const { name, repository, tag, digest } = reference;
    const top = await this.manifest(access, digest ?? tag ?? '', digest, signal).catch((error: unknown) => {
      throw new PullError(
        `failed to resolve reference ${JSON.stringify(name)}: ${explained(name, access, error)}`,
        error instanceof PullError && error.unauthorized,
      );
    });
    const { config, layers } = await this.choose(access, top, signal);
    const aside = await this.store.layers.temporary();
    const fetching = new AbortController();
    const stop = (): void => fetching.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const configBytes = await this.configOf(access, config, signal);
      const fetch = this.fetcher(access, layers, aside, fetching.signal);
      const image = newImage(
        { config: configBytes, layers: layers.map((_, at) => () => fetch(at)) },
        this.machine,
        true,
      );
      const missing = image.layers.flatMap(({ diffId }, at) => (this.store.layers.has(diffId) ? [] : [at]));
      for (const at of missing) fetch(at).catch(() => undefined);
      return await this.store.add(image, { tags: tag ? [name] : [], digests: [`${repository}@${top.digest}`] });
    } finally {
      signal.removeEventListener('abort', stop);
      fetching.abort(new Error('the pull is over'));
      await removeFolder(aside);
    }
  }

  private async choose(access: RepositoryAccess, top: Fetched, signal: AbortSignal) {
    let at = top;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const manifest = parseManifest(at.bytes, at.mediaType);
      if (manifest.kind === 'image') return manifest;
      const { digest } = chooseManifest(manifest.manifests, this.machine);
      at = await this.manifest(access, digest, digest, signal);
    }
    throw new PullError(`the image's indexes are more than ${MAX_DEPTH} deep`);
  }

  /** @param digest what it must have */
  private async manifest(
    access: RepositoryAccess,
    reference: string,
    digest: string | undefined,
    signal: AbortSignal,
  ): Promise<Fetched> {
    const response = await this.client.get(access, `manifests/${reference}`, { accept: ACCEPT }, signal);
    const bytes = await readBody(response, MAX_MANIFEST);
    const found = sha256(bytes);
    const said = digest ?? response.headers['docker-content-digest'];
    if (typeof said === 'string' && said.startsWith('sha256:') && said !== found)
      throw new PullError(`the manifest ${said} has the digest ${found}`);
    return { digest: found, bytes, mediaType: response.headers['content-type'] ?? '' };
  }

  private async configOf(access: RepositoryAccess, { digest, size }: Descriptor, signal: AbortSignal): Promise<Buffer> {
    if (size > MAX_CONFIG) throw new PullError(`the image's config has ${size} bytes; at most ${MAX_CONFIG} are read`);
    const headers = { 'accept-encoding': 'identity' };
    const bytes = await readBody(await this.client.get(access, `blobs/${digest}`, headers, signal), size);
    if (sha256(bytes) !== digest) throw new PullError(`blob ${digest} has the digest ${sha256(bytes)}`);
    return bytes;
  }

  /** Fetches each layer once, a few at a time. */
  private fetcher(access: RepositoryAccess, layers: readonly Descriptor[], aside: string, signal: AbortSignal) {
    const started = new Map<number, ReturnType<typeof fetchBlob>>();
    const free = Array.from({ length: MAX_FETCHES }, () => Promise.resolve());
    let turn = 0;
    return (at: number): ReturnType<typeof fetchBlob> => {
      const known = started.get(at);
      const layer = layers[at];
      if (known) return known;
      if (!layer) throw new PullError(`the image has no layer ${at}`);
      const lane = turn++ % MAX_FETCHES;
      const path = join(aside, String(at));
      const work = (free[lane] ?? Promise.resolve()).then(() =>
        fetchBlob(this.client, access, layer, path, this.clock, signal),
      );
      free[lane] = work.then(
        () => undefined,
        () => undefined,
      );
      started.set(at, work);
      return work;
    };
  }
}

/** What was the matter, in the words that people search for. */
function explained(name: string, { endpoint }: RepositoryAccess, error: unknown): string {
  if (error instanceof RegistryAnswer && error.status === 404) return `${name}: not found`;
  if (error instanceof RegistryAnswer && error.unauthorized)
    return `pull access denied, repository does not exist or may require authorization: ${error.message}`;
  if (error instanceof PullError) return error.message;
  const { message, code } = error as NodeJS.ErrnoException;
  return `failed to do request to ${endpoint.url.origin}: ${code === 'ENOTFOUND' ? `no such host ${endpoint.url.hostname}` : message || code}`;
}
