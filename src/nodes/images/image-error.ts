/** Why a container has no image to run, by the reasons that the kubelet gives in a container's state. */
export type ImageReason =
  'InvalidImageName' | 'ErrImageNeverPull' | 'ImageInspectError' | 'ErrImagePull' | 'ImagePullBackOff';

/** A container or a volume has no image. `message` is what its state says; events have been told. */
export class ImageError extends Error {
  constructor(
    readonly reason: ImageReason,
    message: string,
    /** ms until it is worth while to ask again */
    readonly retryMs: number,
  ) {
    super(message);
  }
}
