import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { User } from '../../src/api/contract.ts';
import { makeAuthority } from '../../src/start/certificates.ts';
import { admin, refusal, TestApi } from './support.ts';
import { objectAs } from '../../src/api/object-as.ts';

const REQUESTS = 'certificatesigningrequests.certificates.k8s.io';
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
let t: TestApi;
let authority: Awaited<ReturnType<typeof makeAuthority>>;
beforeAll(async () => {
  authority = await makeAuthority('test');
  t = await TestApi.open({ clientCA: authority.cert, clientCAKey: authority.key });
});
afterAll(() => t.close());

async function request(name: string, organisation = 'o') {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ O: [organisation] }, { CN: ['jane'] }],
    keys,
    signingAlgorithm: EC,
  });
  const spec = {
    request: Buffer.from(csr.toString('pem')).toString('base64'),
    signerName: 'kubernetes.io/kube-apiserver-client',
    usages: ['client auth'],
    username: 'liar',
  };
  return { metadata: { name }, spec };
}
const approval = { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'Ok', message: 'm' }] } };

test("an approved request is signed by the cluster's authority", async () => {
  const { object } = await t.create(REQUESTS, await request('jane'), '');
  expect(object['spec']).toMatchObject({ username: 'admin', groups: admin.groups });
  const signed = new Promise<string>((resolve) => {
    const stop = t.api.store.watch({ resource: REQUESTS }, t.api.store.revision, {
      onEvents(events) {
        const certificate = events.map((e) => objectAs(REQUESTS, e.stored).status?.certificate).find(Boolean);
        if (!certificate) return;
        stop();
        resolve(Buffer.from(certificate, 'base64').toString('utf8'));
      },
      onEnd() {},
    });
  });
  await t.merge(`${REQUESTS}/approval`, 'jane', approval, '');
  const certificate = new X509Certificate(await signed);
  expect(certificate.subject).toBe('O=o\nCN=jane');
  expect(certificate.verify(new X509Certificate(authority.cert).publicKey)).toBe(true);
});

test('who may not approve for a signer cannot, and nobody becomes a master', async () => {
  const rules = [
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests', 'certificatesigningrequests/approval'],
      verbs: ['*'],
    },
  ];
  const GROUP = 'rbac.authorization.k8s.io';
  await t.create(`clusterroles.${GROUP}`, { metadata: { name: 'approver' }, rules }, '');
  await t.create(
    `clusterrolebindings.${GROUP}`,
    {
      metadata: { name: 'a' },
      roleRef: { apiGroup: GROUP, kind: 'ClusterRole', name: 'approver' },
      subjects: [{ kind: 'User', name: 'eve', apiGroup: GROUP }],
    },
    '',
  );
  const eve: User = { name: 'eve', groups: ['system:authenticated'] };
  await t.create(REQUESTS, await request('eves'), '', eve);
  expect((await refusal(t.merge(`${REQUESTS}/approval`, 'eves', approval, '', eve))).message).toBe(
    'certificatesigningrequests.certificates.k8s.io "eves" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
  );
  expect((await refusal(t.create(REQUESTS, await request('root', 'system:masters'), ''))).message).toContain(
    'with system:masters group is not allowed',
  );
});
