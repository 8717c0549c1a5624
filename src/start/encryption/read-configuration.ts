import { readFileSync } from 'node:fs';
import { durationError, parseDuration } from '../../go/duration.ts';
import { parseYaml } from '../../kinds/yaml.ts';
import type { EncryptionConfiguration } from './configuration.ts';
import { checkShape, type Shape } from './strict-decode.ts';
import { validateConfiguration } from './validate.ts';

const TEXT: Shape = { go: 'string' };
const KEY: Shape = { go: 'v1.Key', struct: 'Key', fields: { name: TEXT, secret: TEXT } };
const keys = (struct: string): Shape => ({
  go: `v1.${struct}`,
  struct,
  fields: { keys: { go: '[]v1.Key', list: KEY } },
});
const KMS: Shape = {
  go: 'v1.KMSConfiguration',
  struct: 'KMSConfiguration',
  fields: { apiVersion: TEXT, name: TEXT, cachesize: { go: 'int32' }, endpoint: TEXT, timeout: { go: 'duration' } },
};
const PROVIDER: Shape = {
  go: 'v1.ProviderConfiguration',
  struct: 'ProviderConfiguration',
  fields: {
    aesgcm: keys('AESConfiguration'),
    aescbc: keys('AESConfiguration'),
    secretbox: keys('SecretboxConfiguration'),
    identity: { go: 'v1.IdentityConfiguration', struct: 'IdentityConfiguration', fields: {} },
    kms: KMS,
  },
};
const RESOURCES: Shape = {
  go: 'v1.ResourceConfiguration',
  struct: 'ResourceConfiguration',
  fields: {
    resources: { go: '[]string', list: TEXT },
    providers: { go: '[]v1.ProviderConfiguration', list: PROVIDER },
  },
};
const CONFIGURATION: Shape = {
  go: 'v1.EncryptionConfiguration',
  struct: 'EncryptionConfiguration',
  fields: { kind: TEXT, apiVersion: TEXT, resources: { go: '[]v1.ResourceConfiguration', list: RESOURCES } },
};
const VERSION = 'apiserver.config.k8s.io/v1';

/** Reads and checks a file. `text` is what tells whether it has changed. Throws an Error of one line. */
export function readConfiguration(file: string): { configuration: EncryptionConfiguration; text: string } {
  let text: string;
  const named = `encryption provider configuration file ${JSON.stringify(file)}`;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(
      `error while parsing file: error while loading file: error reading ${named}: ${(error as Error).message}`,
    );
  }
  if (!text) throw new Error(`error while parsing file: error while loading file: ${named} is empty`);
  let configuration: EncryptionConfiguration;
  try {
    configuration = decode(text);
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    throw new Error(`error while parsing file: error decoding ${named}: ${line}`);
  }
  const errors = validateConfiguration(configuration).map(({ field, body }) => `${field}: ${body}`);
  if (errors.length)
    throw new Error(`error while parsing file: ${errors.length > 1 ? `[${errors.join(', ')}]` : errors[0]}`);
  return { configuration, text };
}

function decode(text: string): EncryptionConfiguration {
  const { value, repeated } = parseYaml(text);
  if (repeated !== undefined) throw new Error(`strict decoding error: ${repeated.replace(/\n\s*/g, ' ')}`);
  const { kind = '', apiVersion = '' } = (value ?? {}) as { kind?: unknown; apiVersion?: unknown };
  if (kind !== 'EncryptionConfiguration' || apiVersion !== VERSION)
    throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  checkShape(value, CONFIGURATION);
  const configuration = value as EncryptionConfiguration;
  for (const { kms } of configuration.resources?.flatMap(({ providers }) => providers ?? []) ?? [])
    if (kms?.timeout !== undefined && parseDuration(kms.timeout) === undefined)
      throw new Error(durationError(kms.timeout));
  return configuration;
}
