import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { CAPABILITIES } from './capabilities.ts';
import type { SecurityFacts } from './security-context.ts';

/** What the machine can do for the security of containers, and where it must be masked. */
export type MachineSecurity = Pick<SecurityFacts, 'apparmor' | 'devices' | 'masked' | 'seccompDefault'> & {
  /** capabilities that processes of this machine can have at all */
  available: readonly string[];
  /** bytes of its memory */
  memory: number;
};

const APPARMOR = '/sys/kernel/security/apparmor/profiles';
const CPUS = '/sys/devices/system/cpu';

/** Found out once, when an agent starts. Containers that say nothing are filtered, as with the kubelet's seccompDefault. */
export function machineSecurity(): MachineSecurity {
  const apparmor = loadedProfiles();
  return {
    available: boundingSet(),
    masked: throttleFolders(),
    seccompDefault: true,
    memory: totalmem(),
    ...(apparmor && { apparmor }),
  };
}

/** Capabilities beyond those that this process may hand on do not exist for containers. */
function boundingSet(): string[] {
  const bits = /^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  const set = BigInt(`0x${bits ?? '0'}`);
  return CAPABILITIES.filter((_, bit) => (set >> BigInt(bit)) & 1n);
}

/** Names of the profiles, each with its mode behind it in brackets. */
function loadedProfiles(): Set<string> | undefined {
  try {
    const lines = readFileSync(APPARMOR, 'utf8').split('\n');
    return new Set(lines.map((line) => line.replace(/ \([a-z]+\)$/, '')).filter(Boolean));
  } catch {
    return undefined;
  }
}

/** How hot which processor was tells what others compute. Source: pkg/securitycontext defaultMaskedPaths. */
function throttleFolders(): string[] {
  try {
    const cpus = readdirSync(CPUS).filter((name) => /^cpu\d+$/.test(name));
    return cpus.map((name) => join(CPUS, name, 'thermal_throttle')).filter((path) => existsSync(path));
  } catch {
    return [];
  }
}
