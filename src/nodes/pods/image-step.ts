import type { Container, ContainerState, Pod } from '../../../schema/types.ts';
import { ImageError, resolveImage, type ResolvedImage } from '../images/resolve-image.ts';
import type { AgentContext } from './agent-context.ts';
import { Backoff } from './backoff.ts';
import { CONFIG_RETRY_MS, type FailedStep } from './failed-step.ts';

/** The next look after a failed pull is soon, so that the status says ImagePullBackOff, ms. */
const PULL_LOOK_MS = 1000;

/** The first step of a container's start: its image is there, or is waited for with the back-off of pulls. */
export class ImageStep {
  private readonly backoff = new Backoff();
  private failedAt: number | undefined;

  constructor(
    private readonly container: Container,
    private readonly pod: () => Pod,
    private readonly context: AgentContext,
  ) {}

  /** @throws ImageError */
  async get(): Promise<ResolvedImage> {
    const image = resolveImage(this.container);
    const name = JSON.stringify(this.container.image);
    this.event('Normal', 'Pulled', `Container image ${name} already present on machine and can be accessed by the pod`);
    return image;
  }

  /** A container of the image runs: failures from before count no more. */
  succeeded(): void {
    this.failedAt = undefined;
  }

  /** @param before what the container's status said until now */
  failed(error: ImageError, before: ContainerState, now: number): FailedStep {
    if (error.reason !== 'ErrImagePull') {
      const reason = error.reason === 'InvalidImageName' ? 'InspectFailed' : 'ErrImageNeverPull';
      this.event('Warning', reason, error.message);
      return { waiting: { reason: error.reason, message: error.message }, retryAt: now + CONFIG_RETRY_MS };
    }
    const image = JSON.stringify(this.container.image);
    const wait = this.failedAt === undefined ? 0 : this.backoff.remaining(this.failedAt, now);
    if (before.waiting?.reason === 'ErrImagePull' || wait > 0) {
      const message = `Back-off pulling image ${image}: ErrImagePull: ${error.message}`;
      this.event('Normal', 'BackOff', `Back-off pulling image ${image}`);
      this.event('Warning', 'Failed', 'Error: ImagePullBackOff');
      return { waiting: { reason: 'ImagePullBackOff', message }, retryAt: now + Math.max(wait, CONFIG_RETRY_MS) };
    }
    this.event('Normal', 'Pulling', `Pulling image ${image}`);
    this.event('Warning', 'Failed', `Failed to pull image ${image}: ${error.message}`);
    this.event('Warning', 'Failed', 'Error: ErrImagePull');
    this.backoff.next(this.failedAt ?? now, now);
    this.failedAt = now;
    return { waiting: { reason: 'ErrImagePull', message: error.message }, retryAt: now + PULL_LOOK_MS };
  }

  private event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.events.event(this.pod(), type, reason, message);
  }
}
