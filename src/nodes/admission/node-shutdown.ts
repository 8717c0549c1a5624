import type { Check } from './admission.ts';

/** A node that is going down takes nothing more. */
export const nodeShutdown: Check = ({ policy }) =>
  policy.shuttingDown
    ? { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' }
    : undefined;
