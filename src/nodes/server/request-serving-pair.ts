import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Client } from '../../client/contract.ts';
import { KUBELET_SERVING, NODE_USER, NODES_GROUP } from '../../rules/certificates/kubelet-requests.ts';

const CSRS = 'certificatesigningrequests.certificates.k8s.io';
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** ms between looks at a request: half as long again each time, up to the last; after the whole it has failed. */
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 5_000;
const WAIT_MS = 15 * 60_000;

/** PEM of a certificate and its key (PKCS #8). */
export interface ServingPair {
  cert: string;
  key: string;
}

export interface ServingRequest {
  /** acts as the node */
  client: Client;
  now(): number;
  /** @returns whether to go on after so many ms */
  pause(ms: number): Promise<boolean>;
  /** name of the node */
  node: string;
  /** what the certificate is to be good for: addresses that the Node has */
  names: readonly { type: 'dns' | 'ip'; value: string }[];
}

/** A serving certificate of a kubelet, by a CertificateSigningRequest. Rejects where it is refused or not answered. */
export async function requestServingPair(request: ServingRequest): Promise<ServingPair> {
  const { client, node, names } = request;
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ O: [NODES_GROUP] }, { CN: [`${NODE_USER}${node}`] }],
    keys,
    signingAlgorithm: EC,
    extensions: [new x509.SubjectAlternativeNameExtension([...names])],
  });
  const { metadata } = await client.create(CSRS, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { generateName: 'csr-' },
    spec: {
      signerName: KUBELET_SERVING,
      usages: ['digital signature', 'server auth'],
      request: Buffer.from(csr.toString('pem')).toString('base64'),
    },
  });
  const cert = await issued(metadata.name, request);
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert, key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}

/** PEM, once it is signed. Rejects when it will not be. */
async function issued(name: string, { client, now, pause }: ServingRequest): Promise<string> {
  const end = now() + WAIT_MS;
  for (let wait = FIRST_LOOK_MS; now() < end; wait = Math.min(LAST_LOOK_MS, wait * 1.5)) {
    const goesOn = await pause(wait);
    const { status } = await client.get(CSRS, '', name);
    if (status?.certificate) return Buffer.from(status.certificate, 'base64').toString();
    const no = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
    if (no) throw new Error(`request ${name} was ${no.type.toLowerCase()}: ${no.message ?? ''}`);
    if (!goesOn) break;
  }
  throw new Error(`request ${name} was not answered`);
}
