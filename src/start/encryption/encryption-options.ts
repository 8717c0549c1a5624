import path from 'node:path';
import { durationError, parseDuration } from '../../go/duration.ts';
import { StartError } from '../start-error.ts';

/** Flags of kube-apiserver that say what is sealed in the database, and those of ku7s' own default. */
export const ENCRYPTION_FLAGS = {
  'encryption-key-file': { type: 'string' },
  'encryption-provider-config': { type: 'string' },
  'encryption-provider-config-automatic-reload': { type: 'boolean' },
  'secret-history': { type: 'string' },
} as const;

export const ENCRYPTION_USAGE = `\
  --encryption-key-file FILE  seals the cluster's own keys, and Secrets (default DATA/encryption-key, made when absent);
                            API processes of one Postgres need the same
  --encryption-provider-config FILE  an EncryptionConfiguration: what else is sealed, or with what
  --encryption-provider-config-automatic-reload  read it again when it changes
  --secret-history DURATION  how long old values of Secrets can be read by resourceVersion (default 5m)`;

type Values = { readonly [F in keyof typeof ENCRYPTION_FLAGS]?: string | boolean | undefined } & {
  'encryption-key-file'?: string | undefined;
  'encryption-provider-config'?: string | undefined;
  'secret-history'?: string | undefined;
};

export interface EncryptionSettings {
  /** the cluster's own keys; made at the first start */
  keyFile: string;
  /** EncryptionConfiguration */
  providerConfig: string | undefined;
  /** it is read again when it changes */
  reload: boolean;
  /** how long values of Secrets that were changed or deleted can still be read of the past, ms */
  secretHistoryMs: number;
}

/** @param data the folder of everything that is kept  @throws StartError */
export function encryptionSettings(values: Values, data: string): EncryptionSettings {
  const providerConfig = values['encryption-provider-config'];
  const reload = Boolean(values['encryption-provider-config-automatic-reload']);
  if (reload && providerConfig === undefined)
    throw new StartError('--encryption-provider-config-automatic-reload must be set with --encryption-provider-config');
  const history = values['secret-history'] ?? '5m';
  const ms = parseDuration(history);
  if (ms === undefined) throw new StartError(`--secret-history: ${durationError(history)}`);
  if (ms <= 0) throw new StartError(`--secret-history: ${history} is not longer than 0s`);
  return {
    keyFile: path.resolve(values['encryption-key-file'] ?? path.join(data, 'encryption-key')),
    providerConfig,
    reload,
    secretHistoryMs: ms,
  };
}
