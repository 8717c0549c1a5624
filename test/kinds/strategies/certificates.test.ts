import type { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { beforeAll, expect, test } from 'vitest';
import { requestError } from '../../../src/rules/certificates/certificate-request.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { changeRefusals, ctx, refusals, strategyOf } from './refusals.ts';
import { at } from '../../support/at.ts';

const KEY = 'certificatesigningrequests.certificates.k8s.io';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const pem = (der: Buffer): string =>
  base64(`-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`);
const requests: Record<string, string> = {};
let der: Buffer;

beforeAll(async () => {
  const algorithms = {
    ec: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
    rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 },
  };
  for (const [name, algorithm] of Object.entries(algorithms)) {
    const keys = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
    const csr = await Pkcs10CertificateRequestGenerator.create({
      name: 'CN=a',
      keys: keys as webcrypto.CryptoKeyPair,
      signingAlgorithm: algorithm,
    });
    der = Buffer.from(csr.rawData);
    requests[name] = pem(der);
  }
});

test('a request is a signed one, in PEM', () => {
  expect(requestError(requests['ec']!)).toBeUndefined();
  expect(requestError(requests['rsa']!)).toBeUndefined();
  const forged = Buffer.from(der);
  forged[forged.length - 1]! ^= 1;
  expect(requestError(pem(forged))).toBe('crypto/rsa: verification error');
  expect(requestError(pem(Buffer.concat([der, der])))).toBe('asn1: syntax error: trailing data');
  expect(requestError(pem(der.subarray(0, 20)))).toBe('asn1: syntax error: data truncated');
  expect(requestError(pem(Buffer.from('nope')))).toBe(
    "asn1: structure error: tags don't match (16 vs {class:1 tag:14 length:111 isCompound:true}) {optional:false explicit:false application:false private:false defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false} certificateRequest @2",
  );
  for (const text of ['nope', '', '-----BEGIN X-----\nAAAA\n-----END X-----\n'])
    expect(requestError(base64(text))).toBe('PEM block type must be CERTIFICATE REQUEST');
});

const spec = () => ({ request: requests['ec'], signerName: 'example.com/s', usages: ['client auth'] });
test.each([
  [{}, []],
  [{ usages: [] }, ['usages: Required value']],
  [{ usages: ['any', 'any'] }, ['usages[1]: Duplicate value: "any"']],
  [
    { expirationSeconds: 599 },
    ['expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)'],
  ],
  [{ signerName: undefined }, ['signerName: Required value']],
  [
    { signerName: 'x' },
    [
      'signerName: Invalid value: "x": must be a fully qualified domain and path of the form \'example.com/signer-name\'',
    ],
  ],
  [
    { signerName: 'kubernetes.io/legacy-unknown' },
    [
      'signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
    ],
  ],
  [
    { signerName: 'example/s' },
    ['signerName: Invalid value: "example": should be a domain with at least two segments separated by dots'],
  ],
])('what a request asks for %#', (change, wanted) => {
  expect(refusals(KEY, { spec: { ...spec(), ...change } })).toEqual(wanted.map((line) => `spec.${line}`));
});

test('an unknown usage is told all that are known', () => {
  const [only] = refusals(KEY, { spec: { ...spec(), usages: ['tea'] } });
  expect(only).toMatch(
    /^spec\.usages\[0\]: Unsupported value: "tea": supported values: "any", "cert sign", .*"timestamping"$/,
  );
});

const approved = { type: 'Approved', status: 'True' };
const change = (before: object, after: object, subresource: string): string[] =>
  changeRefusals(KEY, { spec: spec(), status: before }, { spec: spec(), status: after }, subresource);

test('only who approves may approve, and only who signs may issue', () => {
  expect(change({}, { conditions: [approved] }, 'approval')).toEqual([]);
  expect(change({}, { conditions: [approved] }, 'status')).toEqual([
    'status.conditions: Forbidden: updates may not add a condition of type "Approved"',
  ]);
  expect(change({ conditions: [approved] }, {}, 'approval')).toEqual([
    'status.conditions: Forbidden: updates may not remove a condition of type "Approved"',
  ]);
  expect(change({}, { conditions: [{ type: 'Approved', status: 'False' }] }, 'approval')).toEqual([
    'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
  ]);
  expect(change({}, { conditions: [approved, { type: 'Denied', status: 'True' }] }, 'approval')).toEqual([
    'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
  ]);
  expect(change({}, { conditions: [{ type: 'Failed' }] }, 'status')).toEqual([
    'status.conditions[0].status: Required value',
  ]);
});

test('a certificate is one, and stays', () => {
  const certificate = (text: string) => change({}, { certificate: base64(text) }, 'status');
  const at = 'status.certificate: Invalid value: "<certificate data>"';
  expect(certificate('nope')).toEqual([`${at}: must contain at least one CERTIFICATE PEM block`]);
  expect(certificate('-----BEGIN X-----\nAAAA\n-----END X-----\n')).toEqual([
    `${at}: only CERTIFICATE PEM blocks are allowed, found "X"`,
  ]);
  expect(certificate('-----BEGIN CERTIFICATE-----\na: b\n\nAAAA\n-----END CERTIFICATE-----\n')).toEqual([
    `${at}: no PEM block headers are permitted`,
  ]);
  expect(certificate('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')).toEqual([
    `${at}: x509: malformed certificate`,
  ]);
});

test('conditions say since when they are so', () => {
  const { prepareForUpdate } = strategyOf(KEY).subresources!['approval']!;
  const object = { metadata: { name: 'a' }, status: { conditions: [{ ...approved }] } } as unknown as KubeObject;
  prepareForUpdate!(object, { metadata: { name: 'a' }, spec: spec() } as unknown as KubeObject, ctx('approval'));
  const now = '2025-01-01T00:00:00Z';
  expect(at(object, 'status.conditions')).toEqual([{ ...approved, lastUpdateTime: now, lastTransitionTime: now }]);
});
