import { X509Certificate } from 'node:crypto';
import { booleanFlag } from './boolean-flag.ts';
import type { KeyPair } from './certificates.ts';
import { readFlagFile } from './read-flag-file.ts';
import { StartError } from './start-error.ts';

/** Flags of kube-apiserver for clusters whose certificates somebody else makes. */
export const SERVING_FLAGS = {
  'tls-cert-file': { type: 'string' },
  'tls-private-key-file': { type: 'string' },
  'client-ca-file': { type: 'string' },
  'service-account-issuer': { type: 'string' },
  'authorization-mode': { type: 'string' },
  profiling: { type: 'string' },
  'unsafe-no-fsync': { type: 'boolean' },
} as const;
type Flags = { [F in Exclude<keyof typeof SERVING_FLAGS, 'unsafe-no-fsync'>]?: string | undefined } & {
  'unsafe-no-fsync'?: boolean | undefined;
};

export const SERVING_USAGE = `\
  --tls-cert-file FILE, --tls-private-key-file FILE  what the API shows in place of a certificate of its own authority
  --client-ca-file FILE     authorities whose client certificates are taken beside the cluster's own
  --service-account-issuer URL  of service account tokens
  --authorization-mode LIST  Node,RBAC (default), or AlwaysAllow: everybody may do everything
  --profiling BOOL          whether /debug/pprof/profile and /heap are served, to who may get these paths (default false)
  --unsafe-no-fsync         the embedded Postgres does not wait for the disk: a crash may lose everything; for tests`;

export interface ServingSettings {
  /** undefined: one of the cluster's own authority */
  serving: KeyPair | undefined;
  /** PEM of further authorities of clients */
  clientCA: string | undefined;
  /** undefined: the usual one */
  issuer: string | undefined;
  /** false: everybody may do everything */
  rbac: boolean;
  /** whether profiles of this process may be asked for */
  profiling: boolean;
  /** whether what was written survives a crash of the machine */
  durable: boolean;
}

/** @throws StartError for a file that cannot be read, or is not what it should be */
export function servingSettings(flags: Flags): ServingSettings {
  const { 'tls-cert-file': cert, 'tls-private-key-file': key, 'client-ca-file': authority } = flags;
  if ((cert === undefined) !== (key === undefined))
    throw new StartError('--tls-cert-file and --tls-private-key-file must be given together');
  return {
    serving:
      cert !== undefined && key !== undefined
        ? { cert: certificates('tls-cert-file', cert), key: readFlagFile('tls-private-key-file', key) }
        : undefined,
    clientCA: authority === undefined ? undefined : certificates('client-ca-file', authority),
    issuer: flags['service-account-issuer'],
    rbac: usesRbac(flags['authorization-mode']),
    profiling: booleanFlag('profiling', flags.profiling, false),
    durable: !flags['unsafe-no-fsync'],
  };
}

function usesRbac(text = 'Node,RBAC'): boolean {
  const modes = text.split(',');
  const unknown = modes.find((mode) => !['Node', 'RBAC', 'AlwaysAllow'].includes(mode));
  if (unknown !== undefined)
    throw new StartError(`--authorization-mode: ${unknown} is none of Node, RBAC, AlwaysAllow`);
  return !modes.includes('AlwaysAllow');
}

function certificates(flag: string, file: string): string {
  const pem = readFlagFile(flag, file);
  try {
    new X509Certificate(pem);
  } catch {
    throw new StartError(`--${flag}: ${file} holds no certificate in PEM`);
  }
  return pem;
}
