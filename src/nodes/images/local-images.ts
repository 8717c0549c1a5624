import type { ImageFolder } from './folder/image-folder.ts';
import type { FolderImage } from './folder/folder-image.ts';
import type { HostPrograms } from './host-programs.ts';
import { newImage, sha256 } from './image-content.ts';
import { parseReference, type ImageReference } from './image-reference.ts';
import { PullError, type Image, type ImageService, type ImageUsage, type RegistryCredential } from './image-service.ts';
import type { Platform } from './oci/platform.ts';
import type { ImageStore } from './store/image-store.ts';

/** Whoever fetches images from registries into the store. */
export interface RegistrySource {
  pull(reference: ImageReference, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<Image>;
  /** whether the machine's owner has said where this registry is */
  isConfigured(registry: string): boolean;
}

export interface LocalImageParts {
  store: ImageStore;
  machine: Platform;
  folder?: ImageFolder;
  /** absent: images come from the folder and from registries alone */
  programs?: HostPrograms;
  registries: RegistrySource;
}

/**
 * The images of the process runtime, and where each comes from. First what the machine's owner has put into the folder
 * of images, which is a registry of its own for what it has; then what the store has; then, for names that the catalogue
 * knows, programs of the machine, unless registries are to be asked for them; then registries.
 */
export class LocalImages implements ImageService {
  constructor(private readonly parts: LocalImageParts) {}

  async present(reference: string): Promise<Image | undefined> {
    const { folder, store } = this.parts;
    const given = await folder?.find(reference);
    if (given) return this.take(given);
    return store.find(reference) ?? (await this.program(reference));
  }

  async pull(reference: string, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<Image> {
    const { folder, store, registries } = this.parts;
    const parsed = parseReference(reference);
    if (typeof parsed === 'string') throw new PullError(parsed);
    try {
      const given = await folder?.find(reference);
      if (given) return await this.take(given);
      const program = store.find(reference) ? undefined : await this.program(reference);
      return program ?? (await registries.pull(parsed, credential, signal));
    } catch (error) {
      const message = `failed to pull and unpack image ${JSON.stringify(parsed.name)}: ${(error as Error).message}`;
      throw new PullError(message, error instanceof PullError && error.unauthorized);
    }
  }

  async list(): Promise<Image[]> {
    return this.parts.store.list();
  }

  remove(id: string): Promise<void> {
    return this.parts.store.remove(id);
  }

  usage(): Promise<ImageUsage> {
    return this.parts.store.usage();
  }

  private async program(reference: string): Promise<Image | undefined> {
    const { programs, registries } = this.parts;
    const parsed = parseReference(reference);
    if (typeof parsed === 'string' || registries.isConfigured(parsed.registry)) return undefined;
    return programs?.present(reference);
  }

  /** An image of the folder, unpacked when it is wanted first. */
  private async take(given: FolderImage): Promise<Image> {
    const { store, machine } = this.parts;
    const { tags, digests } = given;
    const names = { tags, digests: digestNames(tags, digests) };
    const known = store.find(sha256(given.config));
    const all = (wanted: readonly string[], has: readonly string[]): boolean =>
      wanted.every((each) => has.includes(each));
    if (known?.fromRegistry === false && all(tags, known.repoTags) && all(names.digests, known.repoDigests))
      return known;
    return store.add(newImage(given, machine, false), names);
  }
}

/** `repo@sha256:…` for each repository that an image of the folder is in. */
const digestNames = (tags: readonly string[], digests: readonly string[]): string[] => [
  ...new Set(tags.flatMap((tag) => digests.map((digest) => `${tag.slice(0, tag.lastIndexOf(':'))}@${digest}`))),
];
