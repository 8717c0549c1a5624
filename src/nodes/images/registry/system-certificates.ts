import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/** Where distributions keep the certificates that their machines trust. */
const FILES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];

let found: string[] | undefined;

/** The certificate authorities of the machine, beside those that Node brings; PEM. */
export function systemCertificates(): string[] {
  found ??= [...rootCertificates, ...fromFiles()];
  return found;
}

function fromFiles(): string[] {
  for (const file of [process.env['SSL_CERT_FILE'] ?? '', ...FILES]) {
    try {
      if (file) return [readFileSync(file, 'utf8')];
    } catch {
      continue;
    }
  }
  return [];
}
