import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Client } from '../../client/contract.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { NODE_USER } from '../../rules/certificates/kubelet-requests.ts';
import type { Clock } from '../../rules/clock.ts';
import { requestServingPair, type ServingPair } from './request-serving-pair.ts';

/** ms before a request that has failed is followed by another */
const RETRY_MS = 10_000;

const DAY_MS = 24 * 3600_000;

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

  private request(): Promise<ServingPair> {
    const { client, clock, name, address } = this.options;
    const names = [
      { type: 'dns', value: name },
      { type: 'ip', value: address },
    ] as const;
    const pause = async (ms: number): Promise<boolean> => {
      await this.sleep(ms);
      return !this.stopped;
    };
    return requestServingPair({ client, now: () => clock.now(), pause, node: name, names });
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

/** When a pair is to be renewed, ms since the epoch. @param random 0 ≤ n < 1 */
export function renewalOf({ cert }: ServingPair, random: number): number {
  const { validFrom, validTo } = new X509Certificate(cert);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  return from + (to - from) * (0.7 + 0.2 * random);
}
