import { sysctlAllowlist } from '../nodes/admission/sysctls.ts';
import { StartError } from './start-error.ts';

/** What a node that runs pods takes of them; the names are the kubelet's. */
export interface NodeLimits {
  maxPods: number;
  /** besides the safe ones; a `*` at the end stands for anything */
  allowedUnsafeSysctls: string[];
}

const text = { type: 'string' } as const;
/** For parseArgs. */
export const NODE_LIMIT_FLAGS = { 'max-pods': text, 'allowed-unsafe-sysctls': text } as const;

export const NODE_LIMIT_USAGE = `  --max-pods N              pods that the node takes (default 110)
  --allowed-unsafe-sysctls LIST  sysctls that its pods may set besides the safe ones: kernel.msg*,net.core.somaxconn`;

/** Throws StartError. */
export function parseNodeLimits(values: { [Flag in keyof typeof NODE_LIMIT_FLAGS]?: string }): NodeLimits {
  const pods = values['max-pods'] ?? '110';
  if (!/^\d{1,5}$/.test(pods)) throw new StartError(`--max-pods: ${pods} is not a number of pods`);
  const sysctls = (values['allowed-unsafe-sysctls'] ?? '').split(',').filter(Boolean);
  try {
    sysctlAllowlist('', sysctls);
  } catch (error) {
    throw new StartError(`--allowed-unsafe-sysctls: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { maxPods: Number(pods), allowedUnsafeSysctls: sysctls };
}
