import { X509Certificate } from 'node:crypto';

const BLOCKS = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Why nobody can be trusted by a bundle, in base64; undefined for a good one, and for none. Source: TLSConfigFor. */
export function bundleProblem(bundle: string | undefined): string | undefined {
  if (!bundle) return undefined;
  const text = Buffer.from(bundle, 'base64').toString('latin1');
  let problem = text.includes('-----BEGIN ')
    ? 'no valid certificate authority data seen'
    : 'unable to parse bytes as PEM block';
  for (const [block] of text.matchAll(BLOCKS)) {
    try {
      new X509Certificate(block);
      return undefined;
    } catch (error) {
      problem = `failed to parse certificate: ${(error as Error).message}`;
    }
  }
  return `unable to load root certificates: ${problem}`;
}
