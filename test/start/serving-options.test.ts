import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../../src/start/certificates.ts';
import { servingSettings } from '../../src/start/serving-options.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-serving-'));
const file = (name: string) => path.join(folder, name);
let cert: string, key: string;
beforeAll(async () => {
  ({ cert, key } = await makeAuthority('other'));
  writeFileSync(file('cert'), cert);
  writeFileSync(file('key'), key);
  writeFileSync(file('text'), 'no certificate');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('how the API is served', () => {
  test('without flags by what the cluster makes itself', () => {
    const nothing = { serving: undefined, clientCA: undefined, issuer: undefined };
    expect(servingSettings({})).toEqual({ ...nothing, rbac: true, durable: true, profiling: false });
  });

  test('with what others made', () => {
    const flags = {
      'tls-cert-file': file('cert'),
      'tls-private-key-file': file('key'),
      'client-ca-file': file('cert'),
    };
    expect(servingSettings(flags)).toMatchObject({ serving: { cert, key }, clientCA: cert });
  });

  test.each<[Parameters<typeof servingSettings>[0], RegExp]>([
    [{ 'tls-cert-file': file('cert') }, /must be given together/],
    [{ 'tls-cert-file': file('cert'), 'tls-private-key-file': file('gone') }, /^--tls-private-key-file: ENOENT/],
    [{ 'client-ca-file': file('text') }, /^--client-ca-file: .* holds no certificate in PEM$/],
    [{ 'authorization-mode': 'RBAC,Webhook' }, /^--authorization-mode: Webhook is none of/],
  ])('%j are refused', (flags, message) => {
    expect(() => servingSettings(flags)).toThrow(message);
  });

  test.each([
    ['RBAC', true],
    ['Node,RBAC', true],
    ['AlwaysAllow', false],
  ])('--authorization-mode=%s', (mode, rbac) => {
    expect(servingSettings({ 'authorization-mode': mode })).toMatchObject({ rbac });
  });
});
