import type { Pod, Secret } from '../../../schema/types.ts';
import type { EventRecorder } from '../../control/contract.ts';
import { formatDuration } from '../../go/duration.ts';
import { quote } from '../../go/quote.ts';
import type { Clock } from '../../rules/clock.ts';
import { DockerConfigError, loginsOfSecret, type DockerLogin } from './credentials/docker-config.ts';
import { Keyring, type FoundCredential } from './credentials/keyring.ts';
import type { PullRecords } from './credentials/pull-records.ts';
import { ImageError } from './image-error.ts';
import { isHostProgram } from './host-programs.ts';
import { parseReference, type ImageReference } from './image-reference.ts';
import { PullError, type Image, type ImageService } from './image-service.ts';
import { PullBackoffs } from './pull-backoffs.ts';
import { PullQueue, type Pulled } from './pull-queue.ts';

/** How soon an image that is not to be pulled is looked for again, ms. */
const LOOK_MS = 5000;
/** The next look after a failed pull is soon, so that the state says ImagePullBackOff, ms. */
const BACKOFF_LOOK_MS = 1000;

export interface ImageManagerParts {
  service: ImageService;
  records: PullRecords;
  events: EventRecorder;
  clock: Clock;
  /** undefined when there is none */
  secret(namespace: string, name: string): Promise<Secret | undefined>;
  /** what every pod of the node may use */
  logins?: readonly DockerLogin[];
}

/** What a container or a volume asks for. */
export interface ImageRequest {
  pod: Pod;
  /** as the pod has it */
  image: string;
  policy: string | undefined;
}

/**
 * The images of a node's pods, with the kubelet's policies, credentials, back-off, reasons and events. The catalogue of
 * host programs is told as what it is, whatever the policy.
 */
export class ImageManager {
  readonly service: ImageService;
  private readonly queue: PullQueue;
  private readonly backoffs = new PullBackoffs();

  constructor(private readonly parts: ImageManagerParts) {
    this.service = parts.service;
    this.queue = new PullQueue(parts.service, () => parts.clock.now());
  }

  /** The image, pulled when the policy says so. @throws ImageError, or the signal's reason */
  async ensure(request: ImageRequest, signal: AbortSignal): Promise<Image> {
    const { pod, image, policy } = request;
    const reference = parseReference(image);
    if (typeof reference === 'string') {
      const parse = `couldn't parse image name ${quote(image)}: ${reference}`;
      const message = `Failed to apply default image tag ${quote(image)}: ${parse}`;
      this.event(pod, 'Warning', 'InspectFailed', message);
      throw this.refused(pod, 'InvalidImageName', message, LOOK_MS);
    }
    const found = await this.inspect(request, reference);
    if (found && isHostProgram(found)) {
      this.event(pod, 'Normal', 'Pulled', hostMessage(image, found));
      return found;
    }
    if (found && policy !== 'Always') {
      if (await this.mayUse(request, reference, found)) {
        const message = `Container image ${quote(image)} already present on machine and can be accessed by the pod`;
        this.event(pod, 'Normal', 'Pulled', message);
        return found;
      }
    }
    if (policy === 'Never') {
      const message = `Container image ${quote(image)} is not present with pull policy of Never`;
      this.event(pod, 'Warning', 'ErrImageNeverPull', message);
      throw this.refused(pod, 'ErrImageNeverPull', message, LOOK_MS);
    }
    return this.pull(request, reference, signal);
  }

  private async inspect({ pod, image }: ImageRequest, reference: ImageReference): Promise<Image | undefined> {
    try {
      return await this.service.present(reference.name);
    } catch (error) {
      const message = `Failed to inspect image ${quote(image)}: ${messageOf(error)}`;
      this.event(pod, 'Warning', 'InspectFailed', message);
      throw this.refused(pod, 'ImageInspectError', message, LOOK_MS);
    }
  }

  private async mayUse({ pod }: ImageRequest, { repository }: ImageReference, image: Image): Promise<boolean> {
    const { records } = this.parts;
    return (
      records.allows(image, repository, []) ||
      records.allows(image, repository, await this.credentials(pod, repository))
    );
  }

  private async pull(request: ImageRequest, reference: ImageReference, signal: AbortSignal): Promise<Image> {
    const { pod, image } = request;
    const { clock } = this.parts;
    const key = `${pod.metadata.uid}_${image}`;
    const waiting = this.backoffs.waiting(key, clock.now());
    if (waiting) {
      const message = `Back-off pulling image ${quote(image)}`;
      this.event(pod, 'Normal', 'BackOff', message);
      throw this.refused(pod, 'ImagePullBackOff', `${message}: ${waiting.message}`, Math.max(waiting.ms, LOOK_MS));
    }
    this.event(pod, 'Normal', 'Pulling', `Pulling image ${quote(image)}`);
    const began = clock.now();
    try {
      const { image: pulled, ms } = await this.tryAll(pod, reference, signal);
      const times = `${formatDuration(ms)} (${formatDuration(clock.now() - began)} including waiting)`;
      const size = `Image size: ${pulled.size} bytes.`;
      this.event(pod, 'Normal', 'Pulled', `Successfully pulled image ${quote(image)} in ${times}. ${size}`);
      return pulled;
    } catch (error) {
      signal.throwIfAborted();
      const message = messageOf(error);
      this.event(pod, 'Warning', 'Failed', `Failed to pull image ${quote(image)}: ${message}`);
      this.backoffs.failed(key, `ErrImagePull: ${message}`, clock.now());
      throw this.refused(pod, 'ErrImagePull', message, BACKOFF_LOOK_MS);
    }
  }

  /** With each credential that fits until one is taken; without any where none fits. */
  private async tryAll(pod: Pod, reference: ImageReference, signal: AbortSignal): Promise<Pulled> {
    const { name, repository } = reference;
    const found = await this.credentials(pod, repository);
    const reasons = new Set<string>();
    for (const each of found.length ? found : [undefined]) {
      try {
        const pulled = await this.queue.pull(name, each?.hash ?? '', each?.credential, signal);
        this.parts.records.pulled(pulled.image, repository, each);
        return pulled;
      } catch (error) {
        signal.throwIfAborted();
        reasons.add(messageOf(error));
      }
    }
    const all = [...reasons];
    throw new PullError(all.length === 1 ? all[0]! : `[${all.join(', ')}]`);
  }

  private async credentials(pod: Pod, repository: string): Promise<FoundCredential[]> {
    const { namespace = '' } = pod.metadata;
    const secrets = new Keyring();
    const missing: string[] = [];
    for (const { name } of pod.spec?.imagePullSecrets ?? []) {
      if (!name) continue;
      const secret = await this.parts.secret(namespace, name).catch(() => undefined);
      if (secret) secrets.add(readLogins(secret), { uid: secret.metadata.uid, namespace, name });
      else missing.push(name);
    }
    if (missing.length) {
      const which = `Unable to retrieve some image pull secrets (${missing.join(', ')})`;
      const message = `${which}; attempting to pull the image may not succeed.`;
      this.event(pod, 'Warning', 'FailedToRetrieveImagePullSecret', message);
    }
    const node = new Keyring();
    node.add(this.parts.logins ?? []);
    return [...secrets.lookup(repository), ...node.lookup(repository)];
  }

  private refused(pod: Pod, reason: ImageError['reason'], message: string, retryMs: number): ImageError {
    this.event(pod, 'Warning', 'Failed', `Error: ${reason}`);
    return new ImageError(reason, message, retryMs);
  }

  private event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.parts.events.event(pod, type, reason, message);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function readLogins(secret: Secret): DockerLogin[] {
  try {
    return loginsOfSecret(secret);
  } catch (error) {
    if (!(error instanceof DockerConfigError)) throw error;
    throw new PullError(`image pull secret ${secret.metadata.namespace}/${secret.metadata.name}: ${error.message}`);
  }
}

const hostMessage = (image: string, { id, config }: Image): string => {
  const program = config.entrypoint[0] ?? config.cmd[0] ?? '';
  return `Container image ${quote(image)} is the program ${quote(program)} of this machine (${id}): no image was pulled`;
};
