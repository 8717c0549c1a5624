import type { Log } from '../../store/connection.ts';
import { parseDuration } from '../../go/duration.ts';
import { aesCbc, aesGcm } from '../../store/sealing/aes.ts';
import type { Cipher } from '../../store/sealing/cipher.ts';
import { KeyedProvider, type Provider } from '../../store/sealing/provider.ts';
import type { Rule, Rules } from '../../store/sealing/sealer.ts';
import { secretbox } from '../../store/sealing/secretbox.ts';
import type {
  EncryptionConfiguration,
  EncryptionKey,
  KmsConfiguration,
  ProviderConfiguration,
} from './configuration.ts';
import type { KmsProvider } from './kms/kms-provider.ts';
import { decodeKey, groupResource, KMS_TIMEOUT } from './validate.ts';

export interface MadeRules {
  rules: Rules;
  kms: readonly KmsProvider[];
}

/** What a configuration, which has been validated, says. Throws an Error of one line. */
export async function makeRules(
  configuration: EncryptionConfiguration,
  log: Log,
  onRecovered: () => void,
): Promise<MadeRules> {
  const rules = new Map<string, Rule>();
  const kms: KmsProvider[] = [];
  try {
    for (const { resources, providers } of configuration.resources ?? []) {
      const rule: Rule[number][] = [];
      for (const provider of providers ?? []) {
        const made = provider.kms ? await openKms(provider.kms, log, onRecovered) : keyed(provider);
        if (made !== 'identity' && 'check' in made) kms.push(made);
        rule.push(made);
      }
      for (const resource of resources ?? []) addRule(rules, resource, rule);
    }
  } catch (error) {
    for (const provider of kms) provider.close();
    throw new Error(`error while building transformers: ${(error as Error).message}`, { cause: error });
  }
  return { rules, kms };
}

/** A resource may come again, and has the providers of both; but a wildcard before it leaves nothing to it. */
function addRule(rules: Map<string, Rule>, text: string, rule: Rule): void {
  const { resource, group } = groupResource(text);
  for (const earlier of [`*.${group}`, '*.*'])
    if (rules.has(earlier))
      throw new Error(`resource ${JSON.stringify(text)} is masked by earlier rule ${JSON.stringify(earlier)}`);
  const key = resource === '*' || group ? `${resource}.${group}` : resource;
  rules.set(key, [...(rules.get(key) ?? []), ...rule]);
}

function keyed({ aesgcm, aescbc, secretbox: box }: ProviderConfiguration): KeyedProvider | 'identity' {
  const provider = (
    name: string,
    keys: EncryptionKey[],
    cipher: (key: Buffer) => Cipher,
    label: string,
  ): KeyedProvider =>
    new KeyedProvider(
      `k8s:enc:${name}:v1:`,
      keys.map((key) => ({ name: key.name ?? '', cipher: cipher(decodeKey(key.secret ?? '') ?? Buffer.of()) })),
      `no matching key was found for the provided ${label} transformer`,
    );
  if (aesgcm) return provider('aesgcm', aesgcm.keys ?? [], aesGcm, 'AES');
  if (aescbc) return provider('aescbc', aescbc.keys ?? [], aesCbc, 'AES');
  return box ? provider('secretbox', box.keys ?? [], secretbox, 'Secretbox') : 'identity';
}

/** The client of gRPC is loaded where one is used. */
async function openKms(
  { apiVersion = 'v1', name = '', endpoint = '', timeout = KMS_TIMEOUT }: KmsConfiguration,
  log: Log,
  onRecovered: () => void,
): Promise<KmsProvider> {
  if (apiVersion === 'v1')
    throw new Error('KMSv1 is deprecated and will only receive security updates going forward. Use KMSv2 instead.');
  const [{ connectPlugin }, { KmsProvider }] = await Promise.all([
    import('./kms/plugin.ts'),
    import('./kms/kms-provider.ts'),
  ]);
  const plugin = connectPlugin(endpoint, parseDuration(timeout) ?? 0);
  const provider = new KmsProvider({ name, plugin, now: Date.now, log, onRecovered });
  await provider.start();
  return provider;
}

/** What holds where no configuration says otherwise: Secrets are sealed with the cluster's own keys. */
export const withDefaults = (rules: Rules, own: Provider): Rules => {
  const named = ['secrets', '*.', '*.*'].some((name) => rules.has(name));
  return named ? rules : new Map([...rules, ['secrets', [own, 'identity']]]);
};
