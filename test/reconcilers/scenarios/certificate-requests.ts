import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { Signer } from '../../../src/reconcilers/csrsigning.ts';
import type { Manifest } from '../../support/fake-api.ts';
import { clusterObject } from './manifests.ts';

x509.cryptoProvider.set(webcrypto as never);
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const keys = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);

const authority = await keys();
const certificate = await x509.X509CertificateGenerator.createSelfSigned({
  name: 'CN=ca',
  notBefore: new Date('2025-01-01'),
  notAfter: new Date('2040-01-01'),
  signingAlgorithm: EC,
  keys: authority,
});
/** a CA that is good at the time of the scenarios */
export const signer: Signer = {
  cert: certificate.toString('pem'),
  key: x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', authority.privateKey), 'PRIVATE KEY'),
};

const requestFor = async (name: string): Promise<string> => {
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys: await keys(), signingAlgorithm: EC });
  return Buffer.from(csr.toString('pem')).toString('base64');
};
const ofNode = await requestFor('O=system:nodes, CN=system:node:n1');
const ofUser = await requestFor('CN=somebody');

/** A request for a certificate: of a kubelet, or one that no node would make. */
export const certificateRequest = (name: string, of: 'node' | 'user'): Manifest =>
  clusterObject('certificates.k8s.io/v1', 'CertificateSigningRequest', name, {
    spec: {
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'],
      request: of === 'node' ? ofNode : ofUser,
    },
  });
