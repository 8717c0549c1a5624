import { X509Certificate, webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { csrapproving } from '../../src/reconcilers/csrapproving.ts';
import { csrsigning } from '../../src/reconcilers/csrsigning.ts';
import { startCluster } from '../support/cluster.ts';

x509.cryptoProvider.set(webcrypto as never);
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const keys = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);

describe('certificate requests of nodes', () => {
  it('are approved and signed', async () => {
    const ca = await keys();
    const cert = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=ca',
      notBefore: new Date('2025-01-01'),
      notAfter: new Date('2040-01-01'),
      signingAlgorithm: EC,
      keys: ca,
    });
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', ca.privateKey), 'PRIVATE KEY');
    const cluster = await startCluster([csrapproving, csrsigning({ cert: cert.toString('pem'), key })], {
      untilIdle: true,
    });
    const csr = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'O=system:nodes, CN=system:node:n1',
      keys: await keys(),
      signingAlgorithm: EC,
    });
    await cluster.put('certificatesigningrequests.certificates.k8s.io', {
      metadata: { name: 'c' },
      spec: {
        signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
        username: 'system:bootstrap:x',
        usages: ['digital signature', 'client auth'],
        request: Buffer.from(csr.toString('pem')).toString('base64'),
      },
    });
    await cluster.advance(1_000);
    const { status } = (await cluster.list('certificatesigningrequests.certificates.k8s.io'))[0]!;
    expect(status.conditions).toMatchObject([
      {
        type: 'Approved',
        reason: 'AutoApproved',
        message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
      },
    ]);
    const signed = new X509Certificate(Buffer.from(status?.certificate ?? '', 'base64'));
    expect(signed.subject).toBe('O=system:nodes\nCN=system:node:n1');
    expect(signed.verify(new X509Certificate(cert.toString('pem')).publicKey)).toBe(true);
    await cluster.stop();
  });
});
