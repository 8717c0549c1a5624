import { CATALOGUE } from './catalogue.ts';
import { parseReference } from './image-reference.ts';
import { PullError, type Image, type ImageService, type ImageUsage } from './image-service.ts';

/** Before the name, where an image's id has a digest: there is no image. */
export const HOST_SCHEME = 'host:';

/** Whether what runs is programs of the machine, under the name of an image. */
export const isHostProgram = (image: Pick<Image, 'id'>): boolean => image.id.startsWith(HOST_SCHEME);

/**
 * The catalogue as a source of images: what makes the first five minutes work without a registry. It stands for names
 * with any tag and never for a digest, which says exactly what is wanted.
 */
export class HostPrograms implements ImageService {
  async present(reference: string): Promise<Image | undefined> {
    const parsed = parseReference(reference);
    if (typeof parsed === 'string' || parsed.digest || !Object.hasOwn(CATALOGUE, parsed.repository)) return undefined;
    const known = CATALOGUE[parsed.repository];
    if (!known) return undefined;
    return {
      id: `${HOST_SCHEME}${parsed.name}`,
      repoTags: [parsed.name],
      repoDigests: [],
      size: 0,
      config: { ...known, env: {}, user: '', workingDir: '', volumes: [], stopSignal: '', exposedPorts: [] },
      root: { kind: 'host' },
      pinned: true,
    };
  }

  async pull(reference: string): Promise<Image> {
    const image = await this.present(reference);
    if (!image) throw new PullError(`no program of this machine stands for ${reference}`);
    return image;
  }

  /** Nothing of it takes space, and nothing of it is an image of the node. */
  async list(): Promise<Image[]> {
    return [];
  }
  async remove(): Promise<void> {}
  async usage(): Promise<ImageUsage> {
    return { usedBytes: 0, inodesUsed: 0, capacityBytes: 0, availableBytes: 0 };
  }
}
