import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, example, startCluster, type Cluster } from './support/cluster.ts';
import { succeeds } from './support/kubectl.ts';
import { operatorInGo, operatorInTypeScript, startOperator, type Program, type Running } from './support/operators.ts';

interface Object_ {
  apiVersion: string;
  metadata: { name: string; annotations?: Record<string, string>; ownerReferences?: object[] };
  spec: Record<string, unknown>;
  status?: { readyReplicas?: number; observedGeneration?: number; conditions?: object[] };
  data?: Record<string, string>;
}

const MANIFESTS = ['rights', 'definition', 'webhooks'].map((name) => example(`site/${name}.yaml`)).join('\n---\n');
const V1 = 'sites.v1.web.example.com';
const V2 = 'sites.v2.web.example.com';

const site = (version: 'v1' | 'v2', name: string, spec: object): string =>
  JSON.stringify({ apiVersion: `web.example.com/${version}`, kind: 'Site', metadata: { name }, spec });
const page = (name: string) => ({ name: `${name}.html`, html: `<h1>${name}</h1>` });

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(['--nodes', 'simulated:1', '--addons', 'none']);
});
afterAll(() => cluster?.remove());

const ok = succeeds((line, input) => cluster.kubectl(line, input));
const fails = async (line: string, input: string): Promise<string> => {
  const { code, stderr } = await cluster.kubectl(line, input);
  expect(code, line).toBe(1);
  return stderr;
};
const get = async (what: string): Promise<Object_> => JSON.parse(await ok(`get ${what} -o json`));
const hosts = async (): Promise<Record<string, string>> => (await get('configmap hosts -n web-system')).data ?? {};
const ready = (name: string, replicas: number) =>
  eventually(
    () => get(`${V2} ${name}`),
    ({ status }) => status?.readyReplicas === replicas,
  );

/** The same story with each of them: they are one operator in two languages (examples/site). */
describe.each<[string, (folder: string) => Promise<Program>]>([
  ['TypeScript', operatorInTypeScript],
  ['Go', operatorInGo],
])('an operator in %s', (_, prepare) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-operator-'));
  let program: Program;
  let operator: Running | undefined;

  beforeAll(async () => {
    program = await prepare(folder);
    if ('missing' in program) return;
    await ok('apply --server-side -f -', MANIFESTS);
    const token = await ok('create token operator -n web-system');
    operator = await startOperator(program, cluster.kubeconfig, token);
  }, 900_000);
  beforeEach(({ skip }) => {
    if ('missing' in program) skip(program.missing);
  });
  afterAll(async () => {
    await operator?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('converts what is created in one version and read in the other, and the webhook fills in what is missing', async () => {
    const { code, stderr } = await cluster.kubectl('create -f -', site('v1', 'old', { html: '<h1>Old</h1>' }));
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: 'Warning: web.example.com/v1 Site has one page; use v2\n',
    });
    await ok('create -f -', example('site/site.yaml'));
    expect((await get(`${V1} old`)).spec).toEqual({
      host: 'old.default.example.com',
      html: '<h1>Old</h1>',
      replicas: 1,
    });
    expect((await get(`${V2} old`)).spec).toEqual({
      host: 'old.default.example.com',
      pages: [{ name: 'index.html', html: '<h1>Old</h1>' }],
      replicas: 1,
    });
    const garden = await get(`${V1} garden`);
    expect(garden).toMatchObject({
      apiVersion: 'web.example.com/v1',
      spec: { host: 'garden.default.example.com', replicas: 2, html: expect.stringContaining('The garden') },
    });
    expect(JSON.parse(garden.metadata.annotations?.['web.example.com/other-pages'] ?? '')).toEqual([
      { name: 'plants.html', html: '<h1>Plants</h1>' },
    ]);
    // and back, by who knows nothing of the other pages
    await ok(`patch ${V1} garden --type=merge -p '{"spec":{"html":"<h1>Anew</h1>"}}'`);
    const { metadata, spec } = await get(`${V2} garden`);
    expect(metadata.annotations).toBeUndefined();
    expect(spec['pages']).toEqual([
      { name: 'index.html', html: '<h1>Anew</h1>' },
      { name: 'plants.html', html: '<h1>Plants</h1>' },
    ]);
    expect(await ok(`get ${V1} -o name`)).toBe('site.web.example.com/garden\nsite.web.example.com/old\n');
  });

  it('makes what a Site owns, and writes its status', async () => {
    const { metadata, spec, status } = await ready('garden', 2);
    expect(status).toMatchObject({
      observedGeneration: 2,
      conditions: [{ type: 'Ready', status: 'True', reason: 'ServersReady', message: '2 of 2 servers are ready' }],
    });
    expect(spec['replicas']).toBe(2);
    expect(metadata).toMatchObject({ finalizers: ['web.example.com/host'] });
    for (const what of ['configmap', 'deployment'])
      expect((await get(`${what} garden`)).metadata.ownerReferences).toMatchObject([
        { apiVersion: 'web.example.com/v2', kind: 'Site', name: 'garden', controller: true, blockOwnerDeletion: true },
      ]);
    expect((await get('configmap garden')).data).toEqual({
      'index.html': '<h1>Anew</h1>',
      'plants.html': '<h1>Plants</h1>',
    });
    expect(await hosts()).toMatchObject({ 'garden.default.example.com': 'default/garden' });
  });

  it('scales by the subresource, and mends what others take away', async () => {
    await ok('scale site garden --replicas=3');
    await ready('garden', 3);
    const { uid } = (await get('configmap garden')).metadata as { uid?: string };
    await ok('delete configmap garden');
    await eventually(
      () => cluster.kubectl('get configmap garden -o jsonpath={.metadata.uid}'),
      ({ code, stdout }) => code === 0 && stdout !== uid,
    );
  });

  it('refuses by the rules of the definition, and by the webhook what only the operator knows', async () => {
    await ready('old', 1);
    const index = { pages: [page('index')] };
    const taken = 'denied the request: the host old.default.example.com is that of default/old';
    const host = 'old.default.example.com';
    expect(await fails('create -f -', site('v2', 'other', { ...index, host }))).toContain(taken);
    expect(await fails('create -f -', site('v1', 'other', { html: '', host }))).toContain(taken);
    expect(await fails('create -f -', site('v2', 'other', { pages: [page('a'), page('b')] }))).toContain(
      'spec.pages: Invalid value: there is no index.html among 2 pages',
    );
    expect(await fails('create -f -', site('v2', 'other', { ...index, host: 'No Host' }))).toContain(
      'spec.host: Invalid value: "No Host": a host is a DNS name',
    );
    expect(
      await fails('apply --server-side -f -', site('v2', 'garden', { ...index, host: 'another.example.com' })),
    ).toContain('a site keeps its host');
    const { stderr } = await cluster.kubectl(`patch ${V2} old --type=merge -p '{"spec":{"replicas":0}}'`);
    expect(stderr).toBe('Warning: a site without replicas answers nobody\n');
    await ready('old', 0);
  });

  it('ends a Site by its finalizer, and what it owned is collected', async () => {
    await ok('delete site garden old');
    expect(await hosts()).toEqual({});
    await eventually(
      () => ok('get configmaps,deployments,replicasets,pods -o name'),
      (text) => text.trim() === 'configmap/kube-root-ca.crt',
    );
  });

  it('goes, and nothing is left', async () => {
    expect(await operator?.stop()).toBe(0);
    await ok('delete --ignore-not-found -f -', MANIFESTS);
    expect(await ok('get crd,mutatingwebhookconfigurations,validatingwebhookconfigurations -o name')).toBe('');
    expect(await ok('get namespaces -o name')).not.toContain('web-system');
  });
});
