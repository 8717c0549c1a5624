import path from 'node:path';
import { parseDuration } from '../go/duration.ts';
import type { ShutdownPeriods } from '../nodes/contract.ts';
import { sysctlAllowlist } from '../nodes/admission/sysctls.ts';
import { StartError } from './start-error.ts';

/** What a node that runs pods takes of them; the names are the kubelet's. */
export interface NodeLimits {
  maxPods: number;
  /** besides the safe ones; a `*` at the end stands for anything */
  allowedUnsafeSysctls: string[];
  /** folder of static pods, or the manifest of one; absolute */
  manifestPath: string | undefined;
  /** how long its pods have to end when it goes down, ms */
  shutdown: ShutdownPeriods;
}

const text = { type: 'string' } as const;
/** For parseArgs. */
export const NODE_LIMIT_FLAGS = {
  'max-pods': text,
  'allowed-unsafe-sysctls': text,
  'pod-manifest-path': text,
  'shutdown-grace-period': text,
  'shutdown-grace-period-critical-pods': text,
} as const;

export const NODE_LIMIT_USAGE = `  --max-pods N              pods that the node takes (default 110)
  --allowed-unsafe-sysctls LIST  sysctls that its pods may set besides the safe ones: kernel.msg*,net.core.somaxconn
  --pod-manifest-path PATH  folder of manifests (or one) of static pods, which the node runs without being told by the API
  --shutdown-grace-period DURATION  how long pods have to end with this process, by their priority (default 0s: 3 s, and
                            they come back with the next start); with --pods-on-stop end
  --shutdown-grace-period-critical-pods DURATION  of that, what is left to critical pods (default 0s)`;

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
  const manifestPath = values['pod-manifest-path'];
  return {
    maxPods: Number(pods),
    allowedUnsafeSysctls: sysctls,
    manifestPath: manifestPath === undefined ? undefined : path.resolve(manifestPath),
    shutdown: parseShutdown(values),
  };
}

function parseShutdown(values: { [Flag in keyof typeof NODE_LIMIT_FLAGS]?: string }): ShutdownPeriods {
  const read = (flag: 'shutdown-grace-period' | 'shutdown-grace-period-critical-pods'): number => {
    const given = values[flag] ?? '0s';
    const ms = parseDuration(given);
    if (ms === undefined || ms < 0) throw new StartError(`--${flag}: ${JSON.stringify(given)} is not a duration`);
    if (ms > 0 && ms < 1000) throw new StartError(`--${flag}: ${given} is neither 0s nor at least 1s`);
    return ms;
  };
  const [total, critical] = [read('shutdown-grace-period'), read('shutdown-grace-period-critical-pods')];
  if (critical > total)
    throw new StartError('--shutdown-grace-period-critical-pods must not be longer than --shutdown-grace-period');
  return { total, critical };
}
