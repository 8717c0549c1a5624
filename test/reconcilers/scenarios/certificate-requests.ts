import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { Manifest } from '../../support/fake-api.ts';
import { clusterObject } from './manifests.ts';

x509.cryptoProvider.set(webcrypto as never);
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);

/** Base64 of a request in PEM. */
export async function requestFor(name: string, names: x509.JsonGeneralNames = []): Promise<string> {
  const extensions = names.length ? [new x509.SubjectAlternativeNameExtension(names)] : [];
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name, keys, signingAlgorithm: EC, extensions });
  return Buffer.from(csr.toString('pem')).toString('base64');
}

/** A request for a client's certificate, as the signer of kubelets' ones would have it or not. */
export const certificateRequest = (name: string, request: string): Manifest =>
  clusterObject('certificates.k8s.io/v1', 'CertificateSigningRequest', name, {
    spec: {
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usages: ['digital signature', 'client auth'],
      request,
    },
  });
