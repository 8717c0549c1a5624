import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Client } from '../../client/contract.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { KUBELET_SERVING, NODE_USER, NODES_GROUP } from '../../rules/certificates/kubelet-requests.ts';
import type { Clock } from '../../rules/clock.ts';

const CSRS = 'certificatesigningrequests.certificates.k8s.io';
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** ms between looks at a request: half as long again each time, up to the last; after the whole it is made anew. */
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 5_000;
const WAIT_MS = 15 * 60_000;
/** ms before a request that has failed is followed by another */
const RETRY_MS = 10_000;

const DAY_MS = 24 * 3600_000;

/** PEM of a certificate and its key (PKCS #8). */
export interface ServingPair {
  cert: string;
  key: string;
}

export interface ServingCertificateOptions {
  /** acts as the node */
  client: Client;
  clock: Clock;
  /** 0 ≤ n < 1 */
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  /** of the node */
  name: string;
  address: string;
  /** PEM of the authority that signs */
  ca: string;
  /** where the pair is kept for the next start */
  file: string;
  /** told of the pair that is kept, and of each new one */
  use(pair: ServingPair): void;
}

/**
 * The kubelet's serving certificate: asked for at the API by a CertificateSigningRequest, kept, and renewed when between
 * 70% and 90% of its time are over, as kubelets do (https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/).
 */
export class ServingCertificate {
  private stopped = false;
  private wake: () => void = () => undefined;

  constructor(private readonly options: ServingCertificateOptions) {}

  /** Returns at once; what fails is logged and tried again. */
  start(): void {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async run(): Promise<void> {
    let pair = this.kept();
    if (pair) this.options.use(pair);
    while (!this.stopped) {
      if (pair) await this.until(renewalOf(pair, this.options.random()));
      if (this.stopped) return;
      try {
        pair = await this.request();
        this.keep(pair);
        this.options.use(pair);
      } catch (error) {
        if (this.stopped) return;
        this.options.log('no serving certificate', { node: this.options.name, error: errorMessage(error) });
        await this.sleep(RETRY_MS);
        pair = undefined;
      }
    }
  }

  /** What an earlier run has kept, where it is still good for this node. */
  private kept(): ServingPair | undefined {
    const { file, name, address, ca, clock } = this.options;
    try {
      const pair = JSON.parse(readFileSync(file, 'utf8')) as ServingPair;
      const cert = new X509Certificate(pair.cert);
      const good =
        cert.verify(new X509Certificate(ca).publicKey) &&
        cert.checkPrivateKey(createPrivateKey(pair.key)) &&
        cert.checkIP(address) !== undefined &&
        cert.subject.split('\n').includes(`CN=${NODE_USER}${name}`) &&
        Date.parse(cert.validTo) > clock.now();
      return good ? pair : undefined;
    } catch {
      return undefined;
    }
  }

  private keep(pair: ServingPair): void {
    const { file } = this.options;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, JSON.stringify(pair), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  private async request(): Promise<ServingPair> {
    const { client, name, address } = this.options;
    x509.cryptoProvider.set(webcrypto as never);
    const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
    const csr = await x509.Pkcs10CertificateRequestGenerator.create({
      name: [{ O: [NODES_GROUP] }, { CN: [`${NODE_USER}${name}`] }],
      keys,
      signingAlgorithm: EC,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: name },
          { type: 'ip', value: address },
        ]),
      ],
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
    const cert = await this.issued(metadata.name);
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { cert, key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
  }

  /** PEM, once it is signed. Rejects when it will not be. */
  private async issued(name: string): Promise<string> {
    const { client, clock } = this.options;
    const end = clock.now() + WAIT_MS;
    for (let wait = FIRST_LOOK_MS; clock.now() < end && !this.stopped; wait = Math.min(LAST_LOOK_MS, wait * 1.5)) {
      await this.sleep(wait);
      const { status } = await client.get(CSRS, '', name);
      if (status?.certificate) return Buffer.from(status.certificate, 'base64').toString();
      const no = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
      if (no) throw new Error(`request ${name} was ${no.type.toLowerCase()}: ${no.message ?? ''}`);
    }
    throw new Error(`request ${name} was not answered`);
  }

  private async until(time: number): Promise<void> {
    const { clock } = this.options;
    // a clock's longest wait is shorter than a certificate's time
    while (!this.stopped && clock.now() < time) await this.sleep(Math.min(DAY_MS, time - clock.now()));
  }

  private sleep(ms: number): Promise<void> {
    const { clock } = this.options;
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, ms);
      this.wake = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** When a pair is to be renewed, ms since the epoch. */
function renewalOf({ cert }: ServingPair, random: number): number {
  const { validFrom, validTo } = new X509Certificate(cert);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return from + (to - from) * (0.7 + 0.2 * random);
}
