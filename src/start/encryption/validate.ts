import { parseDuration, formatDuration } from '../../go/duration.ts';
import { invalid, Path, required, type FieldError } from '../../meta/field.ts';
import type {
  EncryptionConfiguration,
  EncryptionKey,
  KmsConfiguration,
  ProviderConfiguration,
} from './configuration.ts';

const AES_KEYS = [16, 24, 32];
const SECRETBOX_KEYS = [32];
/** Stored, and served by no path. */
const NOT_SERVED = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'];

/** Where its providers stand in a configuration, by Go's names of the fields. */
const PROVIDERS = {
  aesgcm: 'AESGCM',
  aescbc: 'AESCBC',
  secretbox: 'Secretbox',
  identity: 'Identity',
  kms: 'KMS',
} as const;

export const KMS_TIMEOUT = '3s';

/** `deployments.apps` as group and resource: `*.` is every resource of the core group. */
export function groupResource(text: string): { resource: string; group: string } {
  const dot = text.indexOf('.');
  return dot < 0 ? { resource: text, group: '' } : { resource: text.slice(0, dot), group: text.slice(dot + 1) };
}

/** The rules of k8s.io/apiserver/pkg/apis/apiserver/validation, of which no answer shows a key. */
export function validateConfiguration({ resources }: EncryptionConfiguration): FieldError[] {
  const root = Path.root('resources');
  if (!resources?.length) return [required(root, 'at least one resources is required')];
  const names = new Set<string>();
  return resources.flatMap((each, i) => {
    const [at, path] = [root.index(i).child('resources'), root.index(i).child('providers')];
    const list = each?.resources ?? [];
    const providers = each?.providers ?? [];
    return [
      ...(list.length ? [] : [required(at, `at least one ${at} is required`)]),
      ...overlaps(list, at),
      ...list.flatMap((name, j) => badName(name, at.index(j))),
      ...(providers.length ? [] : [required(path, `at least one ${path} is required`)]),
      ...providers.flatMap((provider, j) => badProvider(provider ?? {}, path.index(j), names)),
    ];
  });
}

function overlaps(resources: readonly string[], at: Path): FieldError[] {
  const parsed = resources.map(groupResource);
  const errors: FieldError[] = [];
  const pair = (bad: (a: (typeof parsed)[0], b: (typeof parsed)[0]) => boolean): boolean =>
    parsed.some((a, i) => parsed.some((b, j) => i !== j && bad(a, b)));
  const same = (a: (typeof parsed)[0], b: (typeof parsed)[0]): boolean =>
    a.group === b.group && a.resource === b.resource;
  if (pair(same)) errors.push(invalid(at, resources, 'the same resource cannot be specified multiple times'));
  const covers = (a: (typeof parsed)[0], b: (typeof parsed)[0]): boolean =>
    a.resource === '*' && (a.group === '*' || a.group === b.group);
  if (pair(covers))
    errors.push(
      invalid(
        at,
        resources,
        "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked",
      ),
    );
  return errors;
}

function badName(name: string, at: Path): FieldError[] {
  const { resource, group } = groupResource(name);
  const why =
    name.toLowerCase() !== name
      ? 'resource name should not contain capital letters'
      : name === '*'
        ? "use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"
        : NOT_SERVED.includes(name)
          ? 'resources which do not have REST API/s cannot be encrypted'
          : group === 'events.k8s.io'
            ? "'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"
            : group === 'extensions'
              ? "'extensions' group has been removed and cannot be used for encryption"
              : group === '*' && resource !== '*'
                ? 'encrypting the same resource across groups is not supported'
                : undefined;
  return why === undefined ? [] : [invalid(at, name, why)];
}

function badProvider(provider: ProviderConfiguration, at: Path, names: Set<string>): FieldError[] {
  const given = Object.keys(PROVIDERS).filter((name) => provider[name as keyof ProviderConfiguration]);
  const shown = Object.fromEntries(
    Object.entries(PROVIDERS).map(([name, go]) => [go, given.includes(name) ? {} : null]),
  );
  const errors: FieldError[] = [];
  if (!given.length) {
    const why = 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity';
    errors.push(invalid(at, shown, why));
  }
  if (given.length > 1) {
    const why = 'more than one provider specified in a single element, should split into different list elements';
    errors.push(invalid(at, shown, why));
  }
  const { kms, aesgcm, aescbc, secretbox } = provider;
  if (kms) {
    errors.push(...badKms(kms, at.child('kms'), names));
    names.add(kms.name ?? '');
  } else if (aesgcm) errors.push(...badKeys(aesgcm.keys, at.child('aesgcm', 'keys'), AES_KEYS));
  else if (aescbc) errors.push(...badKeys(aescbc.keys, at.child('aescbc', 'keys'), AES_KEYS));
  else if (secretbox) errors.push(...badKeys(secretbox.keys, at.child('secretbox', 'keys'), SECRETBOX_KEYS));
  return errors;
}

function badKeys(keys: EncryptionKey[] | null | undefined, at: Path, lengths: readonly number[]): FieldError[] {
  if (!keys?.length) return [required(at, 'at least one keys is required')];
  return keys.flatMap((key, i) => badKey(key ?? {}, at.index(i), lengths));
}

function badKey({ name, secret }: EncryptionKey, at: Path, lengths: readonly number[]): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(at.child('name'), 'name is a mandatory field for a key'));
  const path = at.child('secret');
  if (!secret) return [...errors, required(path, 'secret is a mandatory field for a key')];
  const bytes = decodeKey(secret);
  if (!bytes) return [...errors, invalid(path, 'REDACTED', 'secrets must be base64 encoded')];
  if (!lengths.includes(bytes.length)) {
    const why = `secret is not of the expected length, got ${bytes.length}, expected one of [${lengths.join(' ')}]`;
    errors.push(invalid(path, 'REDACTED', why));
  }
  return errors;
}

/** Standard base64 with padding; Go's decoder takes line breaks in it. */
export function decodeKey(secret: string): Buffer | undefined {
  const text = secret.replace(/[\r\n]/g, '');
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : undefined;
}

function badKms(kms: KmsConfiguration, at: Path, names: ReadonlySet<string>): FieldError[] {
  const { apiVersion: version = 'v1', name = '', cachesize, endpoint = '', timeout = KMS_TIMEOUT } = kms;
  const errors: FieldError[] = [];
  if (!name) errors.push(required(at.child('name'), 'name is a mandatory field for a provider'));
  if (version !== 'v1' && name.includes(':'))
    errors.push(invalid(at.child('name'), name, `invalid KMS provider name ${name}, must not contain ':'`));
  if (version !== 'v1' && names.has(name))
    errors.push(invalid(at.child('name'), name, `duplicate KMS provider name ${name}, names must be unique`));
  const ms = parseDuration(timeout) ?? 0;
  if (ms <= 0) errors.push(invalid(at.child('timeout'), formatDuration(ms), 'timeout should be a positive value'));
  errors.push(...badEndpoint(endpoint, at.child('endpoint')));
  if (version !== 'v1' && cachesize !== undefined)
    errors.push(invalid(at.child('cachesize'), cachesize, 'cachesize is not supported in v2'));
  if (version === 'v1' && cachesize === 0)
    errors.push(invalid(at.child('cachesize'), 0, 'cachesize should be a positive value, or negative to disable'));
  if (version !== 'v1' && version !== 'v2') {
    const why = 'unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported';
    errors.push(invalid(at.child('apiVersion'), version, why));
  }
  return errors;
}

function badEndpoint(endpoint: string, at: Path): FieldError[] {
  if (!endpoint) return [invalid(at, '', 'endpoint is a mandatory field for a kms')];
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(endpoint)?.[1]?.toLowerCase() ?? '';
  if (scheme === 'unix') return [];
  const why = `unsupported scheme ${JSON.stringify(scheme)} for KMS provider, only unix is supported`;
  return [invalid(at, endpoint, why)];
}
