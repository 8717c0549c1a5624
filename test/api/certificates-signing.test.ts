import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { objectAs } from '../../src/api/object-as.ts';
import { makeAuthority, type KeyPair } from '../../src/start/certificates.ts';
import { refusal, TestApi } from './support.ts';

x509.cryptoProvider.set(webcrypto as never);
const REQUESTS = 'certificatesigningrequests.certificates.k8s.io';
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const CLIENT = 'kubernetes.io/kube-apiserver-client';
const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const SERVING = 'kubernetes.io/kubelet-serving';
const HOUR = 3600;

let t: TestApi;
let authority: KeyPair;
let count = 0;
beforeAll(async () => {
  authority = await makeAuthority('test');
  t = await TestApi.open({ clientCA: authority.cert, clientCAKey: authority.key });
});
afterAll(() => t.close());

interface Asked {
  signer: string;
  usages: string[];
  subject: x509.JsonName;
  names?: x509.JsonGeneralNames;
  seconds?: number;
}

async function request({ signer, usages, subject, names = [], seconds }: Asked) {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: EC,
    extensions: names.length ? [new x509.SubjectAlternativeNameExtension(names)] : [],
  });
  const text = Buffer.from(csr.toString('pem')).toString('base64');
  const spec = { request: text, signerName: signer, usages, ...(seconds && { expirationSeconds: seconds }) };
  return { metadata: { name: `r-${count++}` }, spec };
}

/** Approves a request, and resolves with what its signer says: the certificate, or why there is none. */
async function outcome(asked: Asked): Promise<X509Certificate | string> {
  const object = await request(asked);
  await t.create(REQUESTS, object, '');
  const { name } = object.metadata;
  const said = new Promise<X509Certificate | string>((resolve) => {
    const stop = t.api.store.watch({ resource: REQUESTS }, t.api.store.revision, {
      onEvents(events) {
        for (const { stored } of events) {
          const { status } = objectAs(REQUESTS, stored);
          const failed = status?.conditions?.find(({ type }) => type === 'Failed');
          if (stored.name !== name || (!failed && !status?.certificate)) continue;
          stop();
          resolve(
            failed
              ? `${failed.reason}: ${failed.message}`
              : new X509Certificate(Buffer.from(status!.certificate!, 'base64')),
          );
        }
      },
      onEnd() {},
    });
  });
  const approved = { type: 'Approved', status: 'True', reason: 'Ok', message: 'm' };
  await t.merge(`${REQUESTS}/approval`, name, { status: { conditions: [approved] } }, '');
  return said;
}

const NODE: x509.JsonName = [{ O: ['system:nodes'] }, { CN: ['system:node:n1'] }];
const dns = [{ type: 'dns', value: 'n1' }] as x509.JsonGeneralNames;
const mail = [{ type: 'email', value: 'a@example.com' }] as x509.JsonGeneralNames;
const uri = [{ type: 'url', value: 'https://example.com/a' }] as x509.JsonGeneralNames;
const ip = [{ type: 'ip', value: '10.0.0.1' }] as x509.JsonGeneralNames;
const client = ['digital signature', 'client auth'];
const serving = ['digital signature', 'key encipherment', 'server auth'];

describe('a signer does not sign', () => {
  test.each<[string, Asked, string]>([
    [
      'for servers',
      { signer: CLIENT, usages: serving, subject: [{ CN: ['a'] }] },
      'invalid usage for client certificate: server auth',
    ],
    [
      'for no client',
      { signer: CLIENT, usages: ['digital signature'], subject: [{ CN: ['a'] }] },
      'missing required usage for client certificate: client auth',
    ],
    [
      'of no node',
      { signer: KUBELET_CLIENT, usages: client, subject: [{ CN: ['system:node:n1'] }] },
      'subject organization is not system:nodes',
    ],
    [
      'of more than nodes',
      {
        signer: KUBELET_CLIENT,
        usages: client,
        subject: [{ O: ['system:nodes'] }, { O: ['system:masters'] }, { CN: ['system:node:n1'] }],
      },
      'subject organization is not system:nodes',
    ],
    [
      'of another name',
      { signer: KUBELET_CLIENT, usages: client, subject: [{ O: ['system:nodes'] }, { CN: ['admin'] }] },
      'subject common name does not begin with system:node:',
    ],
    [
      'of another name behind a good one',
      { signer: KUBELET_CLIENT, usages: client, subject: [...NODE, { CN: ['admin'] }] },
      'subject common name does not begin with system:node:',
    ],
    [
      'with DNS names',
      { signer: KUBELET_CLIENT, usages: client, subject: NODE, names: dns },
      'DNS subjectAltNames are not allowed',
    ],
    [
      'with addresses',
      { signer: KUBELET_CLIENT, usages: client, subject: NODE, names: ip },
      'IP subjectAltNames are not allowed',
    ],
    [
      'with mail',
      { signer: KUBELET_CLIENT, usages: client, subject: NODE, names: mail },
      'Email subjectAltNames are not allowed',
    ],
    [
      'with URIs',
      { signer: KUBELET_CLIENT, usages: client, subject: NODE, names: uri },
      'URI subjectAltNames are not allowed',
    ],
    [
      'a kubelet for servers',
      { signer: KUBELET_CLIENT, usages: serving, subject: NODE },
      'usages did not match [client auth digital signature key encipherment]',
    ],
    [
      'serving without names',
      { signer: SERVING, usages: serving, subject: NODE },
      'DNS or IP subjectAltName is required',
    ],
    [
      'serving with mail',
      { signer: SERVING, usages: serving, subject: NODE, names: [...dns, ...mail] },
      'Email subjectAltNames are not allowed',
    ],
    [
      'serving with URIs',
      { signer: SERVING, usages: serving, subject: NODE, names: [...ip, ...uri] },
      'URI subjectAltNames are not allowed',
    ],
    [
      'serving for clients',
      { signer: SERVING, usages: [...serving, 'client auth'], subject: NODE, names: dns },
      'usages did not match [digital signature key encipherment server auth]',
    ],
    [
      'serving of no node',
      { signer: SERVING, usages: serving, subject: [{ O: ['system:nodes'] }, { CN: ['kubernetes'] }], names: dns },
      'subject common name does not begin with system:node:',
    ],
  ])('%s', async (_, asked, message) => {
    expect(await outcome(asked)).toBe(`SignerValidationFailure: ${message}`);
  });
});

describe('what is signed', () => {
  test('has what was asked for, and nothing else', async () => {
    const signed = (await outcome({
      signer: SERVING,
      usages: serving,
      subject: NODE,
      names: [...dns, ...ip],
    })) as X509Certificate;
    expect(signed.subject).toBe('O=system:nodes\nCN=system:node:n1');
    expect(signed.subjectAltName).toBe('DNS:n1, IP Address:10.0.0.1');
    expect(signed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(signed.ca).toBe(false);
    expect(signed.checkIssued(new X509Certificate(authority.cert))).toBe(true);
    expect(signed.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
  });

  test.each([
    [undefined, 365 * 24 * HOUR],
    [600, 300 + 600],
    [HOUR, 300 + HOUR],
    [24 * HOUR, 24 * HOUR],
    [20 * 365 * 24 * HOUR, 365 * 24 * HOUR],
  ])('for %s seconds is good for %i', async (seconds, wanted) => {
    const asked = { signer: CLIENT, usages: client, subject: [{ CN: ['jane'] }], ...(seconds && { seconds }) };
    const { validFrom, validTo } = (await outcome(asked)) as X509Certificate;
    expect((Date.parse(validTo) - Date.parse(validFrom)) / 1000).toBe(wanted);
  });
});

/** DER of a string of a type, as the library takes bytes of any type: in hexadecimal behind a `#`. */
const typed = (tag: number, text: Buffer): string =>
  `#${Buffer.concat([Buffer.from([tag, text.length]), text]).toString('hex')}`;
const MASTERS = 'system:masters';
const utf16 = Buffer.from(MASTERS, 'utf16le').swap16();
const utf32 = Buffer.concat([...MASTERS].map((c) => Buffer.from([0, 0, 0, c.charCodeAt(0)])));

describe('system:masters', () => {
  test.each([
    ['in letters', [{ O: [MASTERS] }, { CN: ['eve'] }]],
    ['behind another', [{ O: ['a'] }, { O: [MASTERS] }, { CN: ['eve'] }]],
    ['in one set with another', [{ O: ['a', MASTERS] }, { CN: ['eve'] }]],
    ['as UTF8String', [{ O: [typed(12, Buffer.from(MASTERS))] }, { CN: ['eve'] }]],
    ['as IA5String', [{ O: [typed(22, Buffer.from(MASTERS))] }, { CN: ['eve'] }]],
    ['as T61String', [{ O: [typed(20, Buffer.from(MASTERS))] }, { CN: ['eve'] }]],
    ['as BMPString', [{ O: [typed(30, utf16)] }, { CN: ['eve'] }]],
  ])('%s is refused at creation', async (_, subject) => {
    const error = await refusal(t.create(REQUESTS, await request({ signer: CLIENT, usages: client, subject }), ''));
    expect(error.message).toContain(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    );
  });

  test.each([
    [
      'as VisibleString, which is no string to Go, is nothing',
      [{ O: [typed(26, Buffer.from(MASTERS))] }, { CN: ['eve'] }],
      'CN=eve',
    ],
    ['as UniversalString neither', [{ O: [typed(28, utf32)] }, { CN: ['eve'] }], 'CN=eve'],
    [
      'as bytes in a text is that text',
      [{ O: [typed(12, Buffer.from(typed(12, Buffer.from(MASTERS))))] }, { CN: ['eve'] }],
      `O=${typed(12, Buffer.from(MASTERS))}\nCN=eve`.replace('#', '\\#'),
    ],
  ])('%s', async (_, subject, signed) => {
    expect(((await outcome({ signer: CLIENT, usages: client, subject })) as X509Certificate).subject).toBe(signed);
  });
});
