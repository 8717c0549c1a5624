import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { KeyPair } from './certificates.ts';

/** Writes a kubeconfig with a client certificate, readable by its owner alone. `server` is the API's URL. */
export function writeKubeconfig(file: string, server: string, ca: string, client: KeyPair): void {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(
    file,
    `apiVersion: v1
kind: Config
clusters:
- name: ku7s
  cluster:
    server: ${server}
    certificate-authority-data: ${base64(ca)}
users:
- name: admin
  user:
    client-certificate-data: ${base64(client.cert)}
    client-key-data: ${base64(client.key)}
contexts:
- name: ku7s
  context:
    cluster: ku7s
    user: admin
current-context: ku7s
`,
    { mode: 0o600 },
  );
}
