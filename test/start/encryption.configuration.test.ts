import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfiguration } from '../../src/start/encryption/read-configuration.ts';
import { encryptionSettings } from '../../src/start/encryption/encryption-options.ts';
import { Encryption } from '../../src/start/encryption/encryption.ts';
import { aesGcm } from '../../src/store/sealing/aes.ts';
import { KeyedProvider } from '../../src/store/sealing/provider.ts';

const HEAD = 'kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1\n';
const SECRET = Buffer.alloc(32, 7).toString('base64');
const CBC = `[{aescbc: {keys: [{name: a, secret: ${SECRET}}]}}]`;
const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-encryption-'));
const file = path.join(folder, 'f.yaml');

/** `resources` with these providers, or these resources. */
const of = (providers: string, resources = '[secrets]'): string =>
  `${HEAD}resources: [{resources: ${resources}, providers: ${providers}}]`;
const names = (resources: string): string => of(CBC, resources);
const kms = (fields: string): string => of(`[{kms: {${fields}}}]`);
const AT = 'resources[0].providers[0]';
const PARSING = 'error while parsing file: ';
const DECODING = `${PARSING}error decoding encryption provider configuration file "${file}": `;
const OVERLAP =
  "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked";

/** What kube-apiserver v0.35.4 answered to each, keys apart, which it shows where two providers share an element. */
const ROWS: readonly (readonly [string, string])[] = [
  ['', `${PARSING}error while loading file: encryption provider configuration file "${file}" is empty`],
  ['a: [', `${DECODING}yaml: line 1: did not find expected node content`],
  ['kind: Pod\napiVersion: v1\n', `${DECODING}no kind "Pod" is registered for version "v1"`],
  [HEAD, `${PARSING}resources: Required value: at least one resources is required`],
  [`${HEAD}resources: []`, `${PARSING}resources: Required value: at least one resources is required`],
  [`${HEAD}resource: []`, `${DECODING}strict decoding error: unknown field "resource"`],
  [
    of('[{identity: {}}]', '[]'),
    `${PARSING}resources[0].resources: Required value: at least one resources[0].resources is required`,
  ],
  [of('[]'), `${PARSING}resources[0].providers: Required value: at least one resources[0].providers is required`],
  [
    of('[{}]'),
    `${PARSING}${AT}: Invalid value: {"AESGCM":null,"AESCBC":null,"Secretbox":null,"Identity":null,"KMS":null}: provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity`,
  ],
  [
    of('[{identity: {}, aesgcm: {keys: []}}]'),
    `${PARSING}[${AT}: Invalid value: {"AESGCM":{},"AESCBC":null,"Secretbox":null,"Identity":{},"KMS":null}: more than one provider specified in a single element, should split into different list elements, ${AT}.aesgcm.keys: Required value: at least one keys is required]`,
  ],
  [of('[{aesgcm: {}}]'), `${PARSING}${AT}.aesgcm.keys: Required value: at least one keys is required`],
  [
    of('[{aesgcm: {keys: [{name: a}]}}]'),
    `${PARSING}${AT}.aesgcm.keys[0].secret: Required value: secret is a mandatory field for a key`,
  ],
  [
    of('[{aesgcm: {keys: [{secret: YWJj}]}}]'),
    `${PARSING}[${AT}.aesgcm.keys[0].name: Required value: name is a mandatory field for a key, ${AT}.aesgcm.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [16 24 32]]`,
  ],
  [
    of("[{aescbc: {keys: [{name: a, secret: '%%%'}]}}]"),
    `${PARSING}${AT}.aescbc.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded`,
  ],
  [
    of('[{secretbox: {keys: [{name: a, secret: YWJj}]}}]'),
    `${PARSING}${AT}.secretbox.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [32]`,
  ],
  [
    names('[secrets, secrets]'),
    `${PARSING}resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times`,
  ],
  [names("[secrets, '*.']"), `${PARSING}resources[0].resources: Invalid value: ["secrets","*."]: ${OVERLAP}`],
  [names("['*.*', pods]"), `${PARSING}resources[0].resources: Invalid value: ["*.*","pods"]: ${OVERLAP}`],
  [
    names("['*']"),
    `${PARSING}resources[0].resources[0]: Invalid value: "*": use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources`,
  ],
  [
    names('[Secrets]'),
    `${PARSING}resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters`,
  ],
  [
    names('[serviceipallocations]'),
    `${PARSING}resources[0].resources[0]: Invalid value: "serviceipallocations": resources which do not have REST API/s cannot be encrypted`,
  ],
  [
    names('[events.events.k8s.io]'),
    `${PARSING}resources[0].resources[0]: Invalid value: "events.events.k8s.io": '*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file`,
  ],
  [
    names('[pods.extensions]'),
    `${PARSING}resources[0].resources[0]: Invalid value: "pods.extensions": 'extensions' group has been removed and cannot be used for encryption`,
  ],
  [
    names("['pods.*']"),
    `${PARSING}resources[0].resources[0]: Invalid value: "pods.*": encrypting the same resource across groups is not supported`,
  ],
  [
    kms("apiVersion: v2, name: 'a:b', endpoint: 'unix:///x'"),
    `${PARSING}${AT}.kms.name: Invalid value: "a:b": invalid KMS provider name a:b, must not contain ':'`,
  ],
  [
    kms("apiVersion: v2, name: '', endpoint: ''"),
    `${PARSING}[${AT}.kms.name: Required value: name is a mandatory field for a provider, ${AT}.kms.endpoint: Invalid value: "": endpoint is a mandatory field for a kms]`,
  ],
  [
    kms("apiVersion: v3, name: a, endpoint: 'http://x'"),
    `${PARSING}[${AT}.kms.endpoint: Invalid value: "http://x": unsupported scheme "http" for KMS provider, only unix is supported, ${AT}.kms.apiVersion: Invalid value: "v3": unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported]`,
  ],
  [
    kms('apiVersion: v2, name: a, timeout: 0s, cachesize: 3, endpoint: x'),
    `${PARSING}[${AT}.kms.timeout: Invalid value: "0s": timeout should be a positive value, ${AT}.kms.endpoint: Invalid value: "x": unsupported scheme "" for KMS provider, only unix is supported, ${AT}.kms.cachesize: Invalid value: 3: cachesize is not supported in v2]`,
  ],
  [kms('apiVersion: v2, name: a, timeout: abc, endpoint: x'), `${DECODING}time: invalid duration "abc"`],
  [of('[{rot13: {}}]'), `${DECODING}strict decoding error: unknown field "resources[0].providers[0].rot13"`],
  [
    `${HEAD}resources: 7`,
    `${DECODING}json: cannot unmarshal number into Go struct field EncryptionConfiguration.resources of type []v1.ResourceConfiguration`,
  ],
  [
    of('[{aesgcm: {keys: [{name: a, secret: 7}]}}]'),
    `${DECODING}json: cannot unmarshal number into Go struct field Key.resources.providers.aesgcm.keys.secret of type string`,
  ],
];

describe('an EncryptionConfiguration', () => {
  it.each(ROWS)('%j is refused', (text, why) => {
    writeFileSync(file, text);
    expect(() => readConfiguration(file)).toThrow(new Error(why));
  });

  const two = (first: string, second: string): string =>
    `${HEAD}resources: [{resources: ['${first}'], providers: ${CBC}}, {resources: ['${second}'], providers: ${CBC}}]`;

  it.each([
    [two('*.', 'secrets'), 'resource "secrets" is masked by earlier rule "*."'],
    [two('*.apps', 'deployments.apps'), 'resource "deployments.apps" is masked by earlier rule "*.apps"'],
    [two('*.*', '*.apps'), 'resource "*.apps" is masked by earlier rule "*.*"'],
    [kms("name: a, endpoint: 'unix:///x'"), 'KMSv1 is deprecated'],
  ])('%s is refused when it is used', async (text, why) => {
    writeFileSync(file, text);
    await expect(Encryption.open({ file, reload: false, log: () => undefined })).rejects.toThrow(
      `error while building transformers: ${why}`,
    );
  });
});

describe('what seals a resource', () => {
  const own = new KeyedProvider('k8s:enc:ku7s:v1:', [{ name: 'own', cipher: aesGcm(Buffer.alloc(32)) }], '');
  const box = `[{secretbox: {keys: [{name: b, secret: ${SECRET}}]}}]`;
  const gcm = `[{aesgcm: {keys: [{name: g, secret: ${SECRET}}]}}]`;
  const RULES = `${HEAD}resources:
- {resources: [events], providers: [{identity: {}}]}
- {resources: [secrets, configmaps, pandas.bears.example], providers: ${CBC}}
- {resources: ['*.apps'], providers: ${box}}
- {resources: ['*.'], providers: ${gcm}}`;

  it.each<[string | undefined, string, string | undefined]>([
    [undefined, 'secrets', 'k8s:enc:ku7s:v1:own:'],
    [undefined, 'configmaps', undefined],
    [RULES, 'events', undefined],
    [RULES, 'secrets', 'k8s:enc:aescbc:v1:a:'],
    [RULES, 'configmaps', 'k8s:enc:aescbc:v1:a:'],
    [RULES, 'pandas.bears.example', 'k8s:enc:aescbc:v1:a:'],
    [RULES, 'deployments.apps', 'k8s:enc:secretbox:v1:b:'],
    [RULES, 'pods', 'k8s:enc:aesgcm:v1:g:'],
    [RULES, 'bears.bears.example', undefined],
    [`${HEAD}resources: [{resources: ['*.*'], providers: ${gcm}}]`, 'bears.bears.example', 'k8s:enc:aesgcm:v1:g:'],
    [`${HEAD}resources: [{resources: ['*.*'], providers: ${gcm}}]`, 'secrets', 'k8s:enc:aesgcm:v1:g:'],
    [of('[{identity: {}}]'), 'secrets', undefined],
    [of('[{identity: {}}]', '[configmaps]'), 'secrets', 'k8s:enc:ku7s:v1:own:'],
  ])('%s: %s', async (text, resource, mark) => {
    if (text !== undefined) writeFileSync(file, text);
    const encryption = await Encryption.open({
      file: text === undefined ? undefined : file,
      reload: false,
      log: () => undefined,
    });
    const sealed = encryption.sealer(own).seal({ resource, namespace: 'a', name: 'b' }, () => Buffer.from('{}'));
    expect(sealed?.mark).toBe(mark);
    expect(encryption.check).toBeUndefined();
  });
});

describe('its flags', () => {
  it('have defaults beside the data', () => {
    expect(encryptionSettings({}, '/data')).toEqual({
      keyFile: '/data/encryption-key',
      providerConfig: undefined,
      reload: false,
      secretHistoryMs: 300_000,
    });
  });
  it.each([
    [{ 'encryption-provider-config-automatic-reload': true }, 'must be set with --encryption-provider-config'],
    [{ 'secret-history': 'soon' }, '--secret-history: time: invalid duration "soon"'],
    [{ 'secret-history': '0s' }, '--secret-history: 0s is not longer than 0s'],
  ])('%j is refused', (values, why) => {
    expect(() => encryptionSettings(values, '/data')).toThrow(why);
  });
});
