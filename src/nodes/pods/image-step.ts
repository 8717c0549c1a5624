import type { Container, Pod } from '../../../schema/types.ts';
import type { ImageError } from '../images/image-error.ts';
import type { Image } from '../images/image-service.ts';
import type { AgentContext } from './agent-context.ts';
import type { FailedStep } from './failed-step.ts';

/** The first step of a container's start: its image is there, or is pulled, or is waited for with the back-off of pulls. */
export class ImageStep {
  private under = new AbortController();

  constructor(
    private readonly container: Container,
    private readonly pod: () => Pod,
    private readonly context: AgentContext,
  ) {}

  /** @returns undefined when it was cancelled. @throws ImageError */
  async get(): Promise<Image | undefined> {
    const { image = '', imagePullPolicy: policy } = this.container;
    const { signal } = (this.under = new AbortController());
    try {
      return await this.context.images.ensure({ pod: this.pod(), image, policy }, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
  }

  /** The container is not to start after all: a pull for it is given up. */
  cancel(): void {
    this.under.abort();
  }

  failed({ reason, message, retryMs }: ImageError, now: number): FailedStep {
    return { waiting: { reason, message }, retryAt: now + retryMs };
  }
}
