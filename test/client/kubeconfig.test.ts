import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseKubeconfig, readKubeconfig } from '../../src/client/kubeconfig.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('reads the current context, data before files, files beside the config', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
  writeFileSync(path.join(folder, 'client.key'), 'KEY');
  const file = path.join(folder, 'config');
  writeFileSync(
    file,
    `apiVersion: v1
kind: Config
current-context: here
contexts: [{ name: here, context: { cluster: c, user: u, namespace: n } }, { name: there, context: { cluster: c } }]
clusters: [{ name: c, cluster: { server: 'https://host:6443/', certificate-authority-data: ${base64('CA')} } }]
users: [{ name: u, user: { client-certificate-data: ${base64('CERT')}, client-key: client.key } }]
`,
  );
  expect(readKubeconfig(file)).toEqual({
    server: 'https://host:6443',
    ca: 'CA',
    insecure: false,
    serverName: undefined,
    certificate: 'CERT',
    key: 'KEY',
    token: undefined,
    namespace: 'n',
  });
  expect(readKubeconfig(file, 'there')).toMatchObject({ namespace: '', certificate: undefined });
});

test('names what is missing', () => {
  expect(() => parseKubeconfig('{}', '/')).toThrow('kubeconfig: no current-context');
  expect(() => parseKubeconfig('{"current-context":"a"}', '/')).toThrow('kubeconfig: context "a" does not exist');
});
