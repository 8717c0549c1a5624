import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/meta/object.ts';
import refused from './manifests/refused.json';
import stored from './manifests/stored.json';
import { startCluster, type Cluster } from './support/cluster.ts';
import { constructsOf } from './support/constructs.ts';
import { succeeds } from './support/kubectl.ts';
import type { Ran } from './support/tools.ts';

const folder = (name: string): string => fileURLToPath(new URL(`manifests/${name}`, import.meta.url));
const [INSTALL, EXAMPLES, REFUSED] = [folder('install'), folder('examples'), folder('refused.yaml')];
const NS = 'somewhere';
const DEFINITION = 'CustomResourceDefinition';

const objectsIn = (at: string): KubeObject[] =>
  readdirSync(at)
    .flatMap((name) => parseAllDocuments(readFileSync(`${at}/${name}`, 'utf8'), { merge: true }))
    .map((document) => document.toJS() as KubeObject & { items?: KubeObject[] })
    .flatMap((object) => object.items ?? [object]);

/** What the definitions of argo-cd, cert-manager, CloudNativePG, crossplane, gateway-api, istio, knative, kyverno, prometheus-operator, strimzi and tekton are made of. */
const CONSTRUCTS = [
  ['scope', 'Cluster, Namespaced'],
  ['conversion', 'None, Webhook'],
  ['names', 'kind, plural, singular, listKind, shortNames, categories'],
  ['version', 'name, served, storage, schema, subresources, additionalPrinterColumns'],
  ['version', 'deprecated, deprecationWarning, selectableFields'],
  ['column', 'name, type, jsonPath, description, priority, of boolean, of date, of integer, of string'],
  ['path', '.x.x, .x.x.x, .x.x["x/x"], .x.x[*].x, .x.x[?(@.x=="x")].x'],
  ['subresource', 'status, scale labelSelectorPath specReplicasPath statusReplicasPath'],
  ['type', 'array, boolean, integer, number, object, string'],
  ['format', 'byte, date, date-time, double, duration, int32, int64'],
  ['default', 'array, boolean, number, object, string'],
  ['', 'additionalProperties, enum, items, nullable true, pattern, required, allOf, anyOf, not, oneOf'],
  ['', 'maxItems, maxLength, maxProperties, maximum, minItems, minLength, minProperties, minimum'],
  ['', 'x-kubernetes-list-type atomic, x-kubernetes-list-type map, x-kubernetes-list-type set'],
  ['', 'x-kubernetes-list-map-keys, x-kubernetes-map-type atomic, x-kubernetes-map-type granular'],
  ['', 'x-kubernetes-embedded-resource true, x-kubernetes-int-or-string true'],
  ['', 'x-kubernetes-preserve-unknown-fields true'],
  ['branch', 'anyOf, enum, format ipv4, format ipv6, not, oneOf, required, type integer, type string'],
  ['rule', 'rule, message, messageExpression, reason, fieldPath, optionalOldSelf'],
].flatMap(([where, names]) => names!.split(', ').map((name) => `${where} ${name}`.trim()));

/** Manifests as projects publish them, in shapes of our own. */
describe('install manifests and examples', () => {
  let cluster: Cluster;
  let before: string[];
  beforeAll(async () => {
    cluster = await startCluster(['--roles', 'api,controllers', '--addons', 'none']);
    before = Object.keys(await everything());
    await ok(`create namespace ${NS}`);
  });
  afterAll(() => cluster?.remove());

  /** In the namespace of the examples; what is installed names its own. */
  const run = (line: string): Promise<Ran> => cluster.kubectl(line.includes(INSTALL) ? line : `-n ${NS} ${line}`);
  const ok = succeeds(run);
  /** All objects by kind, namespace and name, but for what the server and its controllers write by themselves. */
  const everything = async (): Promise<Record<string, KubeObject>> => {
    const resources = (await ok('api-resources --verbs=list,delete -o name')).trim().split('\n');
    const wanted = resources.filter((name) => !/^(events|leases|endpoints$|componentstatuses)/.test(name));
    const { items } = JSON.parse(await ok(`get ${wanted.join(',')} -A -o json`)) as { items: KubeObject[] };
    return Object.fromEntries(
      items.map((item) => [`${item.kind}/${item.metadata.namespace ?? ''}/${item.metadata.name}`, item]),
    );
  };
  /** Applies twice, and what the second time has changed. */
  const applied = async (at: string): Promise<string[]> => {
    const one = await ok(`apply --server-side -f ${at}`);
    await ok('wait crd --all --for=condition=Established --timeout=110s');
    const first = await everything();
    expect(await ok(`apply --server-side -f ${at}`)).toBe(one);
    const second = await everything();
    const named = new Set(objectsIn(at).map(({ kind, metadata }) => `${kind} ${metadata.name}`));
    return Object.entries(second)
      .filter(([id, { kind, metadata }]) => named.has(`${kind} ${metadata.name}`) && first[id])
      .filter(([id, { metadata }]) => first[id]!.metadata.generation !== metadata.generation)
      .map(([id]) => id);
  };

  it('use all that published definitions are made of', () => {
    const used = new Set<string>();
    for (const object of objectsIn(INSTALL))
      if (object.kind === DEFINITION) for (const construct of constructsOf(object)) used.add(construct);
    expect(CONSTRUCTS.filter((construct) => !used.has(construct))).toEqual([]);
  });

  it.each([
    ['what is installed', INSTALL],
    ['examples', EXAMPLES],
  ])('apply twice and differ in nothing: %s', async (_, at) => {
    expect(await applied(at)).toEqual([]);
    expect(await run(`diff --server-side -f ${at}`)).toMatchObject({ code: 0, stdout: '' });
    // on the client's side a null takes away, and what may be null is as it was given
    if (at === INSTALL) expect(await run(`diff -f ${at}`)).toMatchObject({ code: 0, stdout: '' });
  });

  it('are stored as Kubernetes stores them: pruned, and with their defaults', async () => {
    const objects = Object.values(await everything());
    const specs = Object.entries(stored).map(([id]) => {
      const [kind, name] = id.split('/');
      return [id, objects.find((object) => object.kind === kind && object.metadata.name === name)?.['spec']];
    });
    expect(Object.fromEntries(specs)).toEqual(stored);
  });

  it('are refused where they are wrong, for the reasons that Kubernetes gives', async () => {
    const { stderr } = await run(`create -f ${REFUSED}`);
    const told = new Map(
      [...stderr.matchAll(/"([^"]+)" is invalid: (.*)$/gm)].map(([, name, reasons]) => [name, reasons]),
    );
    // each of the reasons once, in any order, and none besides
    const others = Object.entries(refused).map(([name, reasons]) => {
      let rest = told.get(name) ?? 'not refused';
      for (const reason of reasons.toSorted((a, b) => b.length - a.length)) rest = rest.replace(reason, () => '');
      return [name, rest.replace(/^\[(?:, )*\]$/, '')];
    });
    expect(Object.fromEntries(others)).toEqual(Object.fromEntries(Object.keys(refused).map((name) => [name, ''])));
    expect(told.size).toBe(Object.keys(refused).length);
  });

  it('are shown by the columns of their definitions, and selected by their fields', async () => {
    const table = async (line: string) =>
      (await ok(line))
        .trim()
        .split('\n')
        .map((row) => row.trim().split(/\s{2,}/));
    expect(await table('get probers large')).toEqual([
      ['NAME', 'VERSION', 'DESIRED', 'RECONCILED', 'AGE'],
      ['large', 'v3.5.0', '2', expect.stringMatching(/^\d+s$/)],
    ]);
    expect(await table('get clusterrules labels -o wide')).toEqual([
      ['NAME', 'ADMISSION', 'CATEGORY', 'READY', 'RULES'],
      ['labels', 'true', 'Best practices'],
    ]);
    expect(await table('get streams')).toEqual([
      ['NAME', 'CLUSTER', 'DESIRED REPLICAS', 'READY'],
      ['events', '1'],
      ['orders', 'main', '3'],
    ]);
    expect(await ok('get certificates --field-selector spec.issuerRef.name=self -o name')).toBe(
      'certificate.pki.example.net/other\n',
    );
    await ok('scale prober large --replicas=5');
    expect(await ok('get prober large -o jsonpath={.spec.replicas}')).toBe('5');
  });

  it('keep what they say is kept', async () => {
    const definition = (await ok('get crd doors.routes.example.net -o json')).replace(
      /"routes.example.net\/channel": "standard"/,
      '"routes.example.net/channel": "experimental"',
    );
    const older = await cluster.kubectl('replace -f -', definition);
    expect(older.stderr).toContain('experimental definitions do not follow upon standard ones');
    const patch = (what: string, spec: object) => run(`patch ${what} --type=merge -p '${JSON.stringify({ spec })}'`);
    expect((await patch('database app', { name: 'other' })).stderr).toContain('the name other is taken or fixed');
    expect((await patch('database app', { storage: { size: '512Mi' } })).stderr).toContain('storage does not shrink');
    expect((await patch('database app', { storage: { size: '2Gi' } })).code).toBe(0);
    expect((await patch('composition bucket', { compositeTypeRef: { kind: 'Other' } })).stderr).toContain(
      'Value is immutable',
    );
    const unknown = await run(`patch task build --type=merge -p '{"spec":{"nothing":1}}'`);
    expect(unknown.stderr).toContain('Warning: unknown field "spec.nothing"');
  });

  it('are deleted, and nothing is left', async () => {
    await ok(`delete --ignore-not-found -f ${EXAMPLES}`);
    await ok(`delete --ignore-not-found -f ${INSTALL}`);
    await ok(`delete namespace ${NS}`);
    expect(Object.keys(await everything()).filter((id) => !before.includes(id))).toEqual([]);
  });
});
