import { readFileSync } from 'node:fs';
import { decodeShape, listOf, struct, TEXT, type Shape } from '../../go/decode-shape.ts';
import { durationError, parseDuration } from '../../go/duration.ts';
import { parseYaml } from '../../kinds/yaml.ts';
import type { EncryptionConfiguration } from './configuration.ts';
import { validateConfiguration } from './validate.ts';

const KEYS = listOf(struct('Key', { name: TEXT, secret: TEXT }));
const keys = (name: string): Shape => struct(name, { keys: KEYS });
const KMS = struct('KMSConfiguration', {
  apiVersion: TEXT,
  name: TEXT,
  cachesize: { go: 'int32', json: 'number' },
  endpoint: TEXT,
  timeout: TEXT,
});
const PROVIDER = struct('ProviderConfiguration', {
  aesgcm: keys('AESConfiguration'),
  aescbc: keys('AESConfiguration'),
  secretbox: keys('SecretboxConfiguration'),
  identity: struct('IdentityConfiguration', {}),
  kms: KMS,
});
const RESOURCES = struct('ResourceConfiguration', { resources: listOf(TEXT), providers: listOf(PROVIDER) });
const CONFIGURATION = struct('EncryptionConfiguration', {
  kind: TEXT,
  apiVersion: TEXT,
  resources: listOf(RESOURCES),
});
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
  const decoded = decodeShape(value, CONFIGURATION);
  if (decoded.unknown.length) throw new Error(`strict decoding error: ${decoded.unknown.join(', ')}`);
  const configuration = decoded.value as EncryptionConfiguration;
  for (const { kms } of configuration.resources?.flatMap(({ providers }) => providers ?? []) ?? [])
    if (kms?.timeout !== undefined && parseDuration(kms.timeout) === undefined)
      throw new Error(durationError(kms.timeout));
  return configuration;
}
