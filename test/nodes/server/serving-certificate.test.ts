import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ServingPair } from '../../../src/nodes/server/request-serving-pair.ts';
import { ServingCertificate } from '../../../src/nodes/server/serving-certificate.ts';
import { makeAuthority, type KeyPair } from '../../../src/start/certificates.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const CSRS = 'certificatesigningrequests.certificates.k8s.io';
const DAY = 24 * 3600_000;
let api: FakeApi;
let ca: KeyPair;
let folder: string;
let used: ServingPair[];
let logs: string[];
let running: ServingCertificate | undefined;

beforeEach(async () => {
  ca = await makeAuthority('kubernetes');
  // an authority is good from now on, and so is what it signs
  api = await FakeApi.open({ clock: new FakeClock(Date.now()), clientCA: ca.cert, clientCAKey: ca.key });
  folder = mkdtempSync(join(tmpdir(), 'ku7s-serving-'));
  used = [];
  logs = [];
});
afterEach(async () => {
  running?.stop();
  await api.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, 'pki', 'pair.json');
function start(address = '127.0.0.1', authority = ca.cert): void {
  running?.stop();
  running = new ServingCertificate({
    client: api.client.as('system:node:n1'),
    clock: api.clock,
    random: () => 0.5,
    log: (message, fields) => void logs.push(`${message} ${JSON.stringify(fields)}`),
    name: 'n1',
    address,
    ca: authority,
    file: file(),
    use: (pair) => void used.push(pair),
  });
  running.start();
}

const requests = () => api.list(CSRS);
/** Lets time pass in steps until so many requests are there; keys and signatures are made by other threads. */
async function until(good: () => Promise<boolean> | boolean, step = 1000): Promise<void> {
  for (let i = 0; !(await good()); i++) {
    if (i > 5000) throw new Error(`not reached; logged: ${logs.join('\n')}`);
    await new Promise((resolve) => setImmediate(resolve));
    await api.clock.advance(step);
  }
}
async function decide(type: 'Approved' | 'Denied'): Promise<void> {
  const waiting = (await requests()).find(({ status }) => !status?.conditions);
  const name = waiting!.metadata.name;
  const condition = { type, status: 'True', reason: 'Test', message: 'because' };
  await api.edit(CSRS, '', name, (csr) => (csr['status'] = { conditions: [condition] }), 'approval');
  // no time passes while it is signed
  const signed = async () =>
    !!(await requests()).find(({ metadata }) => metadata.name === name)?.['status']?.certificate;
  if (type === 'Approved') await until(signed, 0);
}
const count = async (n: number) => (await requests()).length === n;

test('a node asks once, keeps what it gets for itself, and uses it at the next start', async () => {
  start();
  await until(() => count(1), 0);
  const [asked] = await requests();
  expect(asked!['spec']).toMatchObject({
    signerName: 'kubernetes.io/kubelet-serving',
    username: 'system:node:n1',
    usages: ['digital signature', 'server auth'],
  });
  await decide('Approved');
  await until(() => used.length === 1);
  const cert = new X509Certificate(used[0]!.cert);
  expect([cert.subject, cert.subjectAltName]).toEqual([
    'O=system:nodes\nCN=system:node:n1',
    'DNS:n1, IP Address:127.0.0.1',
  ]);
  expect([statSync(file()).mode & 0o777, statSync(join(folder, 'pki')).mode & 0o777]).toEqual([0o600, 0o700]);
  start();
  expect(used[1]).toEqual(used[0]);
  await api.clock.advance(DAY);
  expect(await count(1)).toBe(true);
});

test('it is renewed before it is over, and the old one serves until then', async () => {
  start();
  await until(() => count(1), 0);
  await decide('Approved');
  await until(() => used.length === 1);
  const { validFrom, validTo } = new X509Certificate(used[0]!.cert);
  const life = Date.parse(validTo) - Date.parse(validFrom);
  const goTo = (part: number) => api.clock.advance(Date.parse(validFrom) + part * life - api.clock.now());
  await goTo(0.79);
  expect(await count(1)).toBe(true);
  await goTo(0.8);
  await api.clock.advance(1000);
  await until(() => count(2), 0);
  await decide('Approved');
  await until(() => used.length === 2);
  expect(used[1]!.key).not.toBe(used[0]!.key);
});

test('who is denied asks again, and says so', async () => {
  start();
  await until(() => count(1), 0);
  await decide('Denied');
  await until(() => count(2));
  expect(logs[0]).toMatch(/no serving certificate .*was denied: because/);
  expect([used, existsSync(file())]).toEqual([[], false]);
});

test.each<[string, () => Promise<[address?: string, authority?: string]> | [address?: string, authority?: string]]>([
  ['of another address', () => ['127.0.0.2']],
  ['of another authority', async () => ['127.0.0.1', (await makeAuthority('kubernetes')).cert]],
  ['that is none', () => (writeFileSync(file(), '{"cert":"x"}'), [])],
])('what is kept, but %s, is not used', async (_, make) => {
  start();
  await until(() => count(1), 0);
  await decide('Approved');
  await until(() => used.length === 1);
  start(...(await make()));
  await until(() => count(2), 0);
  expect(used).toHaveLength(1);
});
