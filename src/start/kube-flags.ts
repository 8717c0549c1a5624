/*
 * Flags that kube-apiserver has too, as `parseArgs` reads them, apart from what is made of them: envtest asks
 * kube-apiserver for its flags before each start, and to name them half of the program would be loaded.
 */
const TEXT = { type: 'string' } as const;
const LIST = { type: 'string', multiple: true } as const;

/** Each may come several times, as lists of kube-apiserver may. */
export const ADMISSION_FLAGS = {
  'enable-admission-plugins': LIST,
  'disable-admission-plugins': LIST,
} as const;

export const AUDIT_FLAGS = {
  'audit-policy-file': TEXT,
  'audit-log-path': TEXT,
  'audit-log-maxsize': TEXT,
  'audit-log-maxage': TEXT,
  'audit-log-maxbackup': TEXT,
  'audit-log-format': TEXT,
  'audit-log-compress': { type: 'boolean' },
  'audit-webhook-config-file': TEXT,
  'audit-webhook-batch-buffer-size': TEXT,
  'audit-webhook-batch-max-size': TEXT,
  'audit-webhook-batch-max-wait': TEXT,
  'audit-webhook-initial-backoff': TEXT,
} as const;

export const AUTHENTICATION_FLAGS = {
  'authentication-config': TEXT,
  'anonymous-auth': TEXT,
  'oidc-issuer-url': TEXT,
  'oidc-client-id': TEXT,
  'oidc-ca-file': TEXT,
  'oidc-username-claim': TEXT,
  'oidc-username-prefix': TEXT,
  'oidc-groups-claim': TEXT,
  'oidc-groups-prefix': TEXT,
  'oidc-signing-algs': TEXT,
  'oidc-required-claim': LIST,
} as const;

export const RUNTIME_FLAGS = { 'runtime-config': LIST } as const;
