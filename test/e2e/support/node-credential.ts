import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import * as x509 from '@peculiar/x509';
import { eventually, type Cluster } from './cluster.ts';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * Asks for a certificate of a node as whoever sets up a kubelet does, approves it, and writes a kubeconfig that has
 * nothing else.
 */
export async function nodeKubeconfig(cluster: Cluster, node: string, file: string): Promise<string> {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ O: ['system:nodes'] }, { CN: [`system:node:${node}`] }],
    keys,
    signingAlgorithm: EC,
  });
  const spec = {
    request: Buffer.from(made.toString('pem')).toString('base64'),
    signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
    usages: ['digital signature', 'client auth'],
  };
  const name = `node-${node}`;
  const request = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', metadata: { name }, spec };
  await cluster.kubectl('create -f -', JSON.stringify(request));
  await cluster.kubectl(`certificate approve ${name}`);
  const { stdout } = await eventually(
    () => cluster.kubectl(`get csr ${name} -o jsonpath={.status.certificate}`),
    (ran) => ran.stdout.length > 0,
  );
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  const ca = /certificate-authority-data: (\S+)/.exec(readFileSync(cluster.kubeconfig, 'utf8'))?.[1] ?? '';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: cluster.url, 'certificate-authority-data': ca } }],
    users: [
      {
        name: 'u',
        user: { 'client-certificate-data': stdout, 'client-key-data': Buffer.from(key).toString('base64') },
      },
    ],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
