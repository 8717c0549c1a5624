import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../../../src/meta/address.ts';
import { cidrWarnings, ipWarnings } from '../../../../src/kinds/validation/ip.ts';
import { validateFieldManager } from '../../../../src/kinds/validation/references.ts';
import { Path } from '../../../../src/meta/field.ts';
import { ctx, made, strategyOf, warningsOf } from './support.ts';
import { at as partAt } from '../../../support/at.ts';

const at = Path.root('f');

test('addresses in old forms are good, and get a warning', () => {
  const canonical = (text: string) => (parseAddress(text) ? formatAddress(parseAddress(text)!) : undefined);
  expect(['010.001.2.3', '::ffff:1.2.3.4', '2001:DB8:0:0:0:0:0:1', 'fe80::', '1:0:0:2::3'].map(canonical)).toEqual([
    '10.1.2.3',
    '1.2.3.4',
    '2001:db8::1',
    'fe80::',
    '1:0:0:2::3',
  ]);
  expect(['', '1.2.3', '1.2.3.256', '1::2::3', 'fe80::1%eth0', 'g::', '::1.2.3'].map(canonical)).toEqual(
    Array(7).fill(undefined),
  );
  expect(ipWarnings('1.2.3.4', at)).toEqual([]);
  expect(ipWarnings('01.2.3.4', at)).toEqual([
    'f: non-standard IP address "01.2.3.4" will be considered invalid in a future Kubernetes release: use "1.2.3.4"',
  ]);
  expect(ipWarnings('2001:DB8::1', at)).toEqual([
    'f: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  ]);
  expect(cidrWarnings('10.0.0.0/8', at)).toEqual([]);
  expect(cidrWarnings('10.0.0.1/8', at)).toEqual([
    'f: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
  ]);
  expect(cidrWarnings('010.0.0.0/8', at)).toEqual([
    'f: non-standard CIDR value "010.0.0.0/8" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"',
  ]);
});

const { privateKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const tls = (certificate: string, key: string): object => ({
  type: 'kubernetes.io/tls',
  stringData: { 'tls.crt': certificate, 'tls.key': key },
});

test.each([
  [
    'services',
    { spec: { ports: [{ port: 80 }], externalName: 'a' } },
    ['spec.externalName is ignored when spec.type is not "ExternalName"'],
  ],
  [
    'services',
    { spec: { clusterIP: 'None', loadBalancerIP: '1.2.3.4', sessionAffinity: 'ClientIP' } },
    ['spec.loadBalancerIP is ignored for headless services', 'spec.SessionAffinity is ignored for headless services'],
  ],
  [
    'persistentvolumes',
    {
      metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } },
      spec: { rbd: {}, persistentVolumeReclaimPolicy: 'Recycle' },
    },
    [
      'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
      'spec.rbd: deprecated in v1.28, non-functional in v1.31+',
    ],
  ],
  [
    'persistentvolumeclaims',
    { spec: { resources: { requests: { storage: '1500m' } } } },
    ['spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer'],
  ],
  [
    'resourcequotas',
    { spec: { hard: { cpu: '2', 'limits.cpu': '1', 'requests.memory': '1Gi', 'limits.memory': '2Gi' } } },
    ['ResourceQuota cpu (2) should be less than limits.cpu (1)'],
  ],
  ['persistentvolumes', { spec: { storageos: {} } }, ['spec.storageOS: deprecated in v1.22, non-functional in v1.25+']],
  ['nodes', { spec: { configSource: {}, podCIDRs: ['010.0.0.0/8'] } }, ['spec.configSource: the feature is removed']],
  ['nodes', { spec: { externalID: 'x' } }, ['spec.externalID: this field is deprecated, and is unused by Kubernetes']],
  ['secrets', tls('x', ''), ['tls: failed to find any PEM data in certificate input']],
  [
    'secrets',
    tls(privateKey, ''),
    [
      'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched',
    ],
  ],
] as [string, object, string[]][])('%s %j is accepted with a warning', (resource, object, expected) => {
  expect(warningsOf(resource, object)).toEqual(expected);
});

test('a claim says its source in both fields, and foreign ones in the newer only', () => {
  const prepared = (spec: object) => {
    const claim = made('persistentvolumeclaims', { spec });
    strategyOf('persistentvolumeclaims').prepareForCreate!(claim, ctx);
    return claim.spec;
  };
  const snapshot = { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name: 's' };
  expect(partAt(prepared({ dataSource: snapshot }), 'dataSourceRef')).toEqual(snapshot);
  expect(prepared({ dataSource: { kind: 'X', name: 'x' } })).toEqual({ volumeMode: 'Filesystem' });
  expect(partAt(prepared({ dataSourceRef: { ...snapshot, kind: 'Other' } }), 'dataSource.kind')).toBe('Other');
  expect(partAt(prepared({ dataSourceRef: { ...snapshot, namespace: 'n' } }), 'dataSourceRef')).toBeUndefined();
});

test('a volume notes when its phase changed', () => {
  const { prepareForUpdate } = strategyOf('persistentvolumes').subresources!['status']!;
  const old = made('persistentvolumes', { status: { phase: 'Pending', lastPhaseTransitionTime: 'then' } });
  const after = (status: object): unknown => {
    const now = made('persistentvolumes', { status });
    prepareForUpdate!(now, old, ctx);
    return partAt(now, 'status.lastPhaseTransitionTime');
  };
  expect(after({ phase: 'Pending' })).toBe('then');
  expect(after({ phase: 'Bound' })).toBe(ctx.now);
  expect(after({ phase: 'Bound', lastPhaseTransitionTime: 'said' })).toBe('said');
});

test('an account refers to Secrets by name only, a limit range needs no name', () => {
  const account = made('serviceaccounts', { secrets: [{ kind: 'Secret', name: 's', namespace: 'x' }] });
  strategyOf('serviceaccounts').prepareForCreate!(account, ctx);
  expect(account['secrets']).toEqual([{ name: 's' }]);
  const limits = made('limitranges', { metadata: { name: '' } });
  strategyOf('limitranges').prepareForCreate!(limits, ctx);
  expect(limits.metadata.name).toMatch(/^[0-9a-f-]{36}$/);
});

test('a field manager has only printable characters', () => {
  const words = (name: string) => validateFieldManager(name, at).map((e) => e.body.slice(e.body.indexOf(': ', 16) + 2));
  expect(words('kubectl edit')).toEqual([]);
  expect(words('é\tx\u00a0')).toEqual([
    'invalid character U+0009 (at position 2)',
    'invalid character U+00A0 (at position 4)',
  ]);
  expect(validateFieldManager('x'.repeat(129), at).map((e) => e.body)).toEqual([
    'Too long: may not be more than 128 bytes',
  ]);
});
