import { durationError, parseDuration } from '../go/duration.ts';
import { StartError } from './start-error.ts';

const CLEAN_UP = 'legacy-service-account-token-clean-up-period';

/** For parseArgs; the names are kube-controller-manager's. */
export const CONTROLLER_FLAGS = { [CLEAN_UP]: { type: 'string' } } as const;

export const CONTROLLER_USAGE = `  --${CLEAN_UP} AGE  for which a token that was made for a service account by itself
                            must have been of no use before it is marked, and again before it goes (default 8760h)`;

export interface ControllerSettings {
  /** ms; undefined: as the controller has it */
  legacyTokenCleanUp: number | undefined;
}

/** @throws StartError */
export function controllerSettings(values: { [CLEAN_UP]?: string | undefined }): ControllerSettings {
  const age = values[CLEAN_UP];
  if (age === undefined) return { legacyTokenCleanUp: undefined };
  const ms = parseDuration(age);
  if (ms === undefined) throw new StartError(`--${CLEAN_UP}: ${durationError(age)}`);
  return { legacyTokenCleanUp: ms };
}
