import { ConfigError } from './container-environment.ts';

/**
 * What this machine or runtime cannot do for a pod. Its container waits with reason CreateContainerConfigError, and is
 * never run without. The message says what cannot be done, and why.
 */
export class UnsupportedError extends ConfigError {}
