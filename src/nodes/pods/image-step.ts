import type { Container, Pod } from '../../../schema/types.ts';
import type { ImageError } from '../images/image-error.ts';
import type { Image } from '../images/image-service.ts';
import type { AgentContext } from './agent-context.ts';
import type { FailedStep } from './failed-step.ts';

/** The first step of a container's start: its image is there, or is pulled, or is waited for with the back-off of pulls. */
export class ImageStep {
  constructor(
    private readonly container: Container,
    private readonly pod: () => Pod,
    private readonly context: AgentContext,
  ) {}

  /** @param signal gives up a pull. @returns undefined when it was given up. @throws ImageError */
  async get(signal: AbortSignal): Promise<Image | undefined> {
    const { image = '', imagePullPolicy: policy } = this.container;
    try {
      return await this.context.images.ensure({ pod: this.pod(), image, policy }, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  failed({ reason, message, retryMs }: ImageError, now: number): FailedStep {
    return { waiting: { reason, message }, retryAt: now + retryMs };
  }
}
