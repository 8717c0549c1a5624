import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeKubeconfig } from '../../src/start/kubeconfig.ts';

let directory: string;
beforeAll(() => void (directory = mkdtempSync(path.join(tmpdir(), 'ku7s-kubeconfig-'))));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('a kubeconfig names the server and has the credentials, for its owner alone', () => {
  const file = path.join(directory, 'deep', 'kubeconfig');
  writeKubeconfig(file, 'https://127.0.0.1:6443', 'the CA', { cert: 'a certificate', key: 'a key' });
  const text = readFileSync(file, 'utf8');
  const value = (name: string) => new RegExp(`^\\s*(?:- )?${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const decoded = (name: string) => Buffer.from(value(name), 'base64').toString();
  expect(value('server')).toBe('https://127.0.0.1:6443');
  expect(value('current-context')).toBe('ku7s');
  expect(decoded('certificate-authority-data')).toBe('the CA');
  expect(decoded('client-certificate-data')).toBe('a certificate');
  expect(decoded('client-key-data')).toBe('a key');
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
