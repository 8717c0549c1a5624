import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { ask } from './support/ask.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(['--roles', 'api']);
  expect((await cluster.kubectl('create serviceaccount short')).stderr).toBe('');
});
afterAll(() => cluster?.remove());

/** Whether somebody listens there. */
const listens = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 2000 });
    const done = (connected: boolean): void => {
      socket.destroy();
      resolve(connected);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });

/** Of the embedded database. */
function database(): number {
  const lines = readFileSync(path.join(cluster.data, 'postgres/pgdata/postmaster.pid'), 'utf8').split('\n');
  return Number(lines[3]);
}

describe('a server without flags', () => {
  // an address of this machine's that only who listens on all addresses has
  it.each([
    ['the API', () => Number(new URL(cluster.url).port)],
    ['the database', database],
  ])('has %s on the loopback address alone', async (_, port) => {
    expect(await listens(port(), '127.0.0.1')).toBe(true);
    expect(await listens(port(), '127.0.0.2')).toBe(false);
  });

  it('has a database that wants a password', async () => {
    for (const user of ['ku7s', 'postgres'])
      for (const password of ['', 'ku7s', 'postgres']) {
        const client = new pg.Client({ host: '127.0.0.1', port: database(), user, password, database: 'ku7s' });
        await expect(client.connect()).rejects.toThrow(/password/);
      }
  });

  it.each([
    ['/version', 200],
    ['/healthz', 200],
    ['/livez', 200],
    ['/readyz', 200],
    ['/', 403],
    ['/api', 403],
    ['/apis', 403],
    ['/openapi/v2', 403],
    ['/openapi/v3', 403],
    ['/metrics', 403],
    ['/api/v1/namespaces', 403],
    ['/api/v1/namespaces/kube-system/secrets', 403],
    ['/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', 403],
  ])('answers %s to nobody in particular with %i', async (url, code) => {
    expect((await ask(cluster, url)).code).toBe(code);
  });

  it.each(['/debug/pprof/', '/debug/pprof/profile', '/debug/flags/v', '/logs/'])('has no %s', async (url) => {
    expect((await cluster.kubectl(`get --raw ${url}`)).stderr).toContain('NotFound');
  });

  it('writes an audit log, for its owner alone', async () => {
    expect((await cluster.kubectl('create configmap audited')).stderr).toBe('');
    const log = path.join(cluster.data, 'audit/audit.log');
    await eventually(
      async () => readFileSync(log, 'utf8'),
      (text) => text.includes('"name":"audited"'),
    );
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  it.each([600, 3607, 86_400])('makes a token of %i seconds end then', async (seconds) => {
    const { stdout, stderr } = await cluster.kubectl(`create token short --duration=${seconds}s`);
    expect(stderr).toBe('');
    const claims = JSON.parse(Buffer.from(stdout.split('.')[1]!, 'base64url').toString()) as Record<string, number>;
    expect(claims['exp']! - claims['iat']!).toBe(seconds);
  });

  it('lets nobody use an address that is not his, where a policy says so', async () => {
    const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-external-ips}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [services]}]
  validations:
  - expression: "!has(object.spec.externalIPs) || object.spec.externalIPs.size() == 0"
    message: external IPs are not allowed
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-external-ips}
spec: {policyName: no-external-ips, validationActions: [Deny]}
`;
    expect((await cluster.kubectl('apply -f -', policy)).stderr).toBe('');
    const service = (more: string): string =>
      `{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"},"spec":{"ports":[{"port":80}]${more}}}`;
    const taking = service(',"externalIPs":["192.0.2.1"]');
    const refused = (text: string): boolean => text.includes('external IPs are not allowed');
    await eventually(async () => (await cluster.kubectl('create --dry-run=server -f -', taking)).stderr, refused);
    expect((await cluster.kubectl('create -f -', service(''))).stderr).toBe('');
  });
});
