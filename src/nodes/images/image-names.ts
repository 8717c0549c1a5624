import { parseReference } from './image-reference.ts';
import type { Image } from './image-service.ts';

/**
 * What a container's status says of its image, as containerd has it: the tag that was asked for, else another tag, else
 * the id; and as its id the digest by which the registry knows it, else its own.
 */
export function imageNames(image: Image, asked: string): { image: string; imageID: string } {
  const reference = parseReference(asked);
  const { name = '', repository = '' } = typeof reference === 'string' ? {} : reference;
  const tag = image.repoTags.find((each) => each === name) ?? image.repoTags[0];
  const own = image.repoDigests.find((each) => each.startsWith(`${repository}@`));
  const digest = own ?? image.repoDigests[0];
  return { image: tag ?? image.id, imageID: digest ?? image.id };
}
