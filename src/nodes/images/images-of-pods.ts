import type { Container, Pod } from '../../../schema/types.ts';

/** What is known of a pod on this node. */
interface PodView {
  object: Pod;
  containers: readonly { container: Pick<Container, 'image'>; record: { imageID: string } }[];
}

/** The images that pods have, or ask for: by name, digest or id. */
export function* imagesOf(pods: Iterable<PodView>): Generator<string> {
  for (const { object, containers } of pods) {
    for (const { container, record } of containers) {
      if (container.image) yield container.image;
      if (record.imageID) yield record.imageID;
    }
    for (const { image } of object.spec?.volumes ?? []) if (image?.reference) yield image.reference;
  }
}
