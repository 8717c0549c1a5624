import type { ContainerStateWaiting } from '../../../schema/types.ts';
import { ConfigError } from './container-environment.ts';

/** How soon a container that could not be configured is tried again, ms. */
export const CONFIG_RETRY_MS = 5000;

/** Why a container does not start, and when to try again, ms since the epoch. */
export interface FailedStep {
  waiting: ContainerStateWaiting;
  retryAt: number;
}

/** A container that could not be configured or made, whatever its image. */
export function failedStart(error: unknown, now: number): FailedStep {
  const message = error instanceof Error ? error.message : String(error);
  const reason = error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
  return { waiting: { reason, message }, retryAt: now + CONFIG_RETRY_MS };
}
