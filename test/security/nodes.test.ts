import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import os from 'node:os';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { ask, operate } from './support/ask.ts';
import { byGraphQL, byRest, type Try } from './support/node-attacks.ts';

const TOKENS = [
  'admin,admin,admin,system:masters',
  ...['n1', 'n2'].map((n) => `${n},system:node:${n},${n},system:nodes`),
];
const CSRS = 'certificatesigningrequests.certificates.k8s.io';
const LEASES = 'leases.coordination.k8s.io';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let cluster: Cluster;
const uids = new Map<string, string>();
const uid = (name: string): string => uids.get(name) ?? '';

async function made(one: Try, by = 'admin'): Promise<void> {
  const { code, text } = await byRest(cluster, by, one);
  if (code > 201) throw new Error(`${JSON.stringify(one)}: ${text}`);
  const { metadata } = JSON.parse(text) as { metadata: { name: string; uid: string } };
  uids.set(metadata.name, metadata.uid);
}
const create = (resource: string, name: string, rest: object = {}, namespace = 't'): Try => ({
  verb: 'create',
  resource,
  ...(namespace && { namespace }),
  object: { metadata: { name }, ...rest },
});
/** A pod of the node, with all that a pod may refer to, by names that begin with the node's. */
const podOf = (node: string): Try =>
  create('pods', `on-${node}`, {
    spec: {
      nodeName: node,
      serviceAccountName: `${node}-account`,
      containers: [{ name: 'c', image: 'i', envFrom: [{ configMapRef: { name: `${node}-map` } }] }],
      imagePullSecrets: [{ name: `${node}-pull` }],
      volumes: [
        { name: 's', secret: { secretName: `${node}-secret` } },
        { name: 'p', persistentVolumeClaim: { claimName: `${node}-claim` } },
        { name: 't', projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'vault' } }] } },
      ],
    },
  });
const volumeOf = (node: string): Try =>
  create(
    'persistentvolumes',
    `${node}-volume`,
    {
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        claimRef: { kind: 'PersistentVolumeClaim', namespace: 't', name: `${node}-claim` },
        csi: {
          driver: 'd.csi',
          volumeHandle: node,
          nodeStageSecretRef: { name: `${node}-stage`, namespace: 't' },
          controllerPublishSecretRef: { name: `${node}-attach`, namespace: 't' },
        },
      },
    },
    '',
  );

beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as never);
  const tokens = path.join(mkdtempSync(path.join(os.tmpdir(), 'ku7s-nodes-')), 'tokens');
  writeFileSync(tokens, TOKENS.join('\n'));
  cluster = await startCluster(['--roles', 'api', '--token-auth-file', tokens]);
  await made(create('namespaces', 't', {}, ''));
  for (const node of ['n1', 'n2']) {
    // it registers with its own credential
    await made(create('nodes', node, { metadata: { name: node, labels: { 'kubernetes.io/os': 'linux' } } }, ''), node);
    await made(create(LEASES, node, {}, 'kube-node-lease'), node);
    await made(create('serviceaccounts', `${node}-account`));
    await made(create('configmaps', `${node}-map`));
    for (const secret of ['pull', 'secret', 'stage', 'attach']) await made(create('secrets', `${node}-${secret}`));
    await made(volumeOf(node));
    await made(podOf(node));
    await made(
      create('pods', `spare-${node}`, {
        spec: { nodeName: node, serviceAccountName: `${node}-account`, containers: [{ name: 'c', image: 'i' }] },
      }),
    );
  }
});
afterAll(() => cluster?.remove());

type Row = [what: string, one: Try | (() => Try), code: number];
const get = (resource: string, name: string, namespace = 't'): Try => ({
  verb: 'get',
  resource,
  name,
  ...(namespace && { namespace }),
});
const list = (resource: string, fieldSelector = '', namespace = 't'): Try => ({
  verb: 'list',
  resource,
  ...(namespace && { namespace }),
  ...(fieldSelector && { fieldSelector }),
});
const patch = (resource: string, name: string, object: object, namespace = 't', subresource = ''): Try => ({
  verb: 'patch',
  resource,
  name,
  object,
  ...(namespace && { namespace }),
  ...(subresource && { subresource }),
});
const remove = (resource: string, name: string, namespace = 't'): Try => ({
  ...get(resource, name, namespace),
  verb: 'delete',
});

const READS: Row[] = [
  ...(['secret', 'pull', 'stage'] as const).map((s): Row => [
    `a Secret of its pod (${s})`,
    get('secrets', `n1-${s}`),
    200,
  ]),
  ['a Secret of its pod, by a list of one', list('secrets', 'metadata.name=n1-secret'), 200],
  ['its ConfigMap', get('configmaps', 'n1-map'), 200],
  ['its volume', get('persistentvolumes', 'n1-volume', ''), 200],
  ['its ServiceAccount', get('serviceaccounts', 'n1-account'), 200],
  ['itself', get('nodes', 'n1', ''), 200],
  ['itself, by a list of one', list('nodes', 'metadata.name=n1', ''), 200],
  ['its pod', get('pods', 'on-n1'), 200],
  ['its pods', list('pods', 'spec.nodeName=n1', ''), 200],
  ['services', list('services', '', ''), 200],
  ...['secret', 'pull', 'stage'].map((s): Row => [`a Secret of another's pod (${s})`, get('secrets', `n2-${s}`), 403]),
  ['a Secret by which a controller attaches its volume', get('secrets', 'n1-attach'), 403],
  ['a Secret that is not there', get('secrets', 'none'), 403],
  ['all Secrets', list('secrets'), 403],
  ['all Secrets of all namespaces', list('secrets', '', ''), 403],
  ["another's Secret, by a list of one", list('secrets', 'metadata.name=n2-secret'), 403],
  ['all Secrets but one', list('secrets', 'metadata.name!=n2-secret'), 403],
  ["another's ConfigMap", get('configmaps', 'n2-map'), 403],
  ["another's volume", get('persistentvolumes', 'n2-volume', ''), 403],
  ["another's ServiceAccount", get('serviceaccounts', 'n2-account'), 403],
  ['another node', get('nodes', 'n2', ''), 403],
  ['all nodes', list('nodes', '', ''), 403],
  ["another's pod", get('pods', 'on-n2'), 403],
  ['all pods', list('pods', '', ''), 403],
  ["another's pods", list('pods', 'spec.nodeName=n2', ''), 403],
  ['pods that are not its own', list('pods', 'spec.nodeName!=n1', ''), 403],
  ['pods by the old name of the field', list('pods', 'spec.host=n1', ''), 403],
  ["another's lease", get(LEASES, 'n2', 'kube-node-lease'), 403],
  ['roles', list('clusterroles.rbac.authorization.k8s.io', '', ''), 403],
  ['deployments', list('deployments.apps'), 403],
];

const owner = (more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Node',
  name: 'n1',
  uid: uid('n1'),
  controller: true,
  ...more,
});
const mirror = (spec: object, metadata: object = {}): Try =>
  create('pods', 'mirror', {
    metadata: {
      name: 'mirror',
      annotations: { 'kubernetes.io/config.mirror': 'x' },
      ownerReferences: [owner()],
      ...metadata,
    },
    spec: { nodeName: 'n1', containers: [{ name: 'c', image: 'i' }], ...spec },
  });
const volume = (source: object): object => ({ volumes: [{ name: 'v', ...source }] });
const container = (more: object): object => ({ containers: [{ name: 'c', image: 'i', ...more }] });
const projected = (source: object): object => volume({ projected: { sources: [source] } });

const MIRRORS: Row[] = (
  [
    ['that is none', {}, { annotations: {} }],
    ['on another node', { nodeName: 'n2' }, {}],
    ['of nobody', {}, { ownerReferences: [] }],
    [
      "of another node's",
      {},
      { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n2', uid: 'x', controller: true }] },
    ],
    ['with a Secret in a volume', volume({ secret: { secretName: 'n2-secret' } }), {}],
    ['with a Secret in a projected volume', projected({ secret: { name: 'n2-secret' } }), {}],
    ['with a Secret in its environment', container({ envFrom: [{ secretRef: { name: 'n2-secret' } }] }), {}],
    [
      'with a Secret in a variable',
      container({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'n2-secret', key: 'k' } } }] }),
      {},
    ],
    ['with a Secret to pull by', { imagePullSecrets: [{ name: 'n2-pull' }] }, {}],
    ['with a ConfigMap', volume({ configMap: { name: 'n2-map' } }), {}],
    ['with a ConfigMap in its environment', container({ envFrom: [{ configMapRef: { name: 'n2-map' } }] }), {}],
    ['with a ServiceAccount', { serviceAccountName: 'n2-account' }, {}],
    ['with a ServiceAccount by its old name', { serviceAccount: 'n2-account' }, {}],
    ['with a token', projected({ serviceAccountToken: { path: 't' } }), {}],
    ['with a claim', volume({ persistentVolumeClaim: { claimName: 'n2-claim' } }), {}],
    [
      'with a claim of its own',
      volume({
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        },
      }),
      {},
    ],
    ['with a CSI volume', volume({ csi: { driver: 'd.csi' } }), {}],
    ['with a ResourceClaim', { resourceClaims: [{ name: 'r', resourceClaimName: 'n2' }] }, {}],
  ] as const
).map(([what, spec, metadata]): Row => [`a mirror pod ${what}`, () => mirror(spec, metadata), 403]);

const label = (key: string): object => ({ metadata: { labels: { [key]: 'x' } } });
const tokenOf = (account: string, spec: object): Try => ({
  verb: 'create',
  resource: 'serviceaccounts',
  namespace: 't',
  name: account,
  subresource: 'token',
  object: { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec },
});
const boundTo = (pod: string, more: object = {}): object => ({
  boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod, uid: uid(pod), ...more },
});
const eviction = (name: string): Try => ({
  verb: 'create',
  resource: 'pods',
  namespace: 't',
  name,
  subresource: 'eviction',
  object: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 't' } },
});

const WRITES: Row[] = [
  ...MIRRORS,
  ['its status', patch('nodes', 'n1', { status: { phase: 'Running' } }, '', 'status'), 200],
  ['a label of its own', patch('nodes', 'n1', label('example.com/a'), ''), 200],
  ['an annotation', patch('nodes', 'n1', { metadata: { annotations: { a: 'b' } } }, ''), 200],
  ...['node-restriction.kubernetes.io/a', 'node-role.kubernetes.io/control-plane', 'a.k8s.io/b'].flatMap(
    (key): Row[] => [
      [`the label ${key}`, patch('nodes', 'n1', label(key), ''), 403],
      [`the label ${key} by its status`, patch('nodes', 'n1', label(key), '', 'status'), 403],
    ],
  ),
  ['its taints', patch('nodes', 'n1', { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }, ''), 403],
  [
    'its owner',
    () => patch('nodes', 'n1', { metadata: { ownerReferences: [owner({ name: 'n2', uid: uid('n2') })] } }, ''),
    403,
  ],
  [
    'its owner by its status',
    () =>
      patch('nodes', 'n1', { metadata: { ownerReferences: [owner({ name: 'n2', uid: uid('n2') })] } }, '', 'status'),
    403,
  ],
  ['another node', patch('nodes', 'n2', label('example.com/a'), ''), 403],
  ["another node's status", patch('nodes', 'n2', { status: { phase: 'Running' } }, '', 'status'), 403],
  ['a node of another name', create('nodes', 'n9', {}, ''), 403],
  ['the end of itself', remove('nodes', 'n1', ''), 403],
  ['the status of its pod', patch('pods', 'on-n1', { status: { phase: 'Running' } }, 't', 'status'), 200],
  ['the labels of its pod by its status', patch('pods', 'on-n1', label('a'), 't', 'status'), 403],
  ['the labels of its pod', patch('pods', 'on-n1', label('a')), 403],
  [
    'the claims of its pod',
    patch(
      'pods',
      'on-n1',
      { status: { resourceClaimStatuses: [{ name: 'r', resourceClaimName: 'n2' }] } },
      't',
      'status',
    ),
    403,
  ],
  ['the size of its pod', patch('pods', 'on-n1', {}, 't', 'resize'), 403],
  ['a container in its pod', patch('pods', 'on-n1', {}, 't', 'ephemeralcontainers'), 403],
  ["the status of another's pod", patch('pods', 'on-n2', { status: { phase: 'Failed' } }, 't', 'status'), 403],
  ["the end of another's pod", remove('pods', 'on-n2'), 403],
  ["the eviction of another's pod", eviction('on-n2'), 403],
  [
    'a pod onto itself',
    () => ({
      ...eviction('on-n2'),
      subresource: 'binding',
      object: { metadata: { name: 'on-n2' }, target: { kind: 'Node', name: 'n1' } },
    }),
    403,
  ],
  ["another's lease", patch(LEASES, 'n2', { spec: { holderIdentity: 'n1' } }, 'kube-node-lease'), 403],
  ['a lease elsewhere', create(LEASES, 'n1'), 403],
  ["another's CSINode", create('csinodes.storage.k8s.io', 'n2', { spec: { drivers: [] } }, ''), 403],
  [
    "another's ResourceSlice",
    create(
      'resourceslices.resource.k8s.io',
      's',
      { spec: { driver: 'd', nodeName: 'n2', pool: { name: 'n2', resourceSliceCount: 1 } } },
      '',
    ),
    403,
  ],
  ['a Secret', create('secrets', 'mine'), 403],
  ['a token of its pod', () => tokenOf('n1-account', { ...boundTo('on-n1'), audiences: ['vault'] }), 201],
  ['a token for the API', () => tokenOf('n1-account', boundTo('on-n1')), 201],
  [
    'a token for nobody that its pod knows',
    () => tokenOf('n1-account', { ...boundTo('on-n1'), audiences: ['bank'] }),
    403,
  ],
  ['a token for many', () => tokenOf('n1-account', { ...boundTo('on-n1'), audiences: ['vault', 'bank'] }), 403],
  ['a token that is bound to nothing', tokenOf('n1-account', {}), 403],
  ['a token that is bound to itself', () => tokenOf('n1-account', boundTo('n1', { kind: 'Node' })), 403],
  ['a token that is bound to a name', () => tokenOf('n1-account', boundTo('on-n1', { uid: undefined })), 403],
  ["a token that is bound to another's pod", () => tokenOf('n1-account', boundTo('on-n2')), 403],
  ["another's token", () => tokenOf('n2-account', boundTo('on-n2')), 403],
  ["another's token, bound to its own pod", () => tokenOf('n2-account', boundTo('on-n1')), 403],
  [
    'a token that lasts a minute',
    () => tokenOf('n1-account', { ...boundTo('on-n1'), audiences: ['vault'], expirationSeconds: 60 }),
    422,
  ],
];

describe('a node', () => {
  it.each([
    ...READS.map(([what, ...rest]) => [`reads ${what}`, ...rest]),
    ...WRITES.map(([what, ...rest]) => [`writes ${what}`, ...rest]),
  ] as Row[])('%s', async (_, one, code) => {
    const asked = typeof one === 'function' ? one() : one;
    const [rest, graphql] = [await byRest(cluster, 'n1', asked), await byGraphQL(cluster, 'n1', asked)];
    // a create over GraphQL says no more than that it went well
    expect([rest.code, graphql.code], `${rest.text}\n${graphql.text}`).toEqual([code, code === 201 ? 200 : code]);
  });

  it('follows from itself to its pods, and from others to none', async () => {
    const query = `{ own: node(name: "n1") { pods { items { metadata { name } } } } }`;
    const { result } = await operate(cluster, { query }, bearer('n1'));
    const pods = ['on-n1', 'spare-n1'].map((name) => ({ metadata: { name } }));
    expect(result.data).toEqual({ own: { pods: { items: pods } } });
    const other = `{ node(name: "n2") { pods { items { metadata { name } } } } }`;
    expect((await operate(cluster, { query: other }, bearer('n1'))).code).toBe(403);
  });

  it('gets no more by filters that only GraphQL has', async () => {
    const query = `{ pods(where: { spec: { nodeName: { eq: "n1" } } }) { items { metadata { name } } } }`;
    expect((await operate(cluster, { query }, bearer('n1'))).code).toBe(403);
  });

  it('of no name may nothing', async () => {
    const review = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const answers = [
      { verb: 'list', resource: 'services' },
      { verb: 'create', resource: 'nodes' },
    ].map(async (resourceAttributes) => {
      const body = { metadata: {}, spec: { user: 'system:node:', groups: ['system:nodes'], resourceAttributes } };
      const { text } = await ask(cluster, review, { method: 'POST', headers: bearer('admin'), body });
      return (JSON.parse(text) as { status: { allowed: boolean } }).status.allowed;
    });
    expect(await Promise.all(answers)).toEqual([false, false]);
  });

  it('is told when its right to a Secret ends with the pod', async () => {
    const pod = create('pods', 'leaves', {
      spec: {
        nodeName: 'n1',
        serviceAccountName: 'n1-account',
        containers: [{ name: 'c', image: 'i', envFrom: [{ secretRef: { name: 'kept' } }] }],
      },
    });
    await made(create('secrets', 'kept'));
    await made(pod);
    const at = '/api/v1/namespaces/t/secrets?watch=true&timeoutSeconds=20&fieldSelector=metadata.name%3Dkept';
    const watching = ask(cluster, at, { headers: bearer('n1') });
    await eventually(
      () => byRest(cluster, 'n1', get('secrets', 'kept')),
      ({ code }) => code === 200,
    );
    const gone = await ask(cluster, '/api/v1/namespaces/t/pods/leaves?gracePeriodSeconds=0', {
      method: 'DELETE',
      headers: bearer('admin'),
    });
    expect(gone.code, gone.text).toBe(200);
    const { code, text } = await watching;
    const last = JSON.parse(text.trim().split('\n').at(-1) ?? '') as { type: string; object: { code: number } };
    expect([code, last.type, last.object.code]).toEqual([200, 'ERROR', 403]);
    expect((await byRest(cluster, 'n1', get('secrets', 'kept'))).code).toBe(403);
  });
});

describe('a certificate of a node', () => {
  const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  async function csr(name: string, node: string, use: 'client auth' | 'server auth') {
    const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
    const made = await x509.Pkcs10CertificateRequestGenerator.create({
      name: [{ O: ['system:nodes'] }, { CN: [`system:node:${node}`] }],
      keys,
      signingAlgorithm: EC,
    });
    const signerName = `kubernetes.io/${use === 'client auth' ? 'kube-apiserver-client-kubelet' : 'kubelet-serving'}`;
    const spec = {
      request: Buffer.from(made.toString('pem')).toString('base64'),
      signerName,
      usages: ['digital signature', use],
    };
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
    return { key, object: create(CSRS, name, { spec }, '') };
  }
  const approval = (name: string): Try =>
    patch(
      CSRS,
      name,
      { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'a', message: 'b' }] } },
      '',
      'approval',
    );

  it.each(['client auth', 'server auth'] as const)('for another is not asked for (%s)', async (use) => {
    const { object } = await csr('other', 'n2', use);
    expect((await byRest(cluster, 'n1', object)).code).toBe(403);
    expect((await byGraphQL(cluster, 'n1', object)).code).toBe(403);
  });

  it('is approved by no node, and has the rights of its node', async () => {
    const { key, object } = await csr('own', 'n1', 'client auth');
    await made(object, 'n1');
    for (const by of ['n1', 'n2']) {
      expect((await byRest(cluster, by, approval('own'))).code).toBe(403);
      expect((await byGraphQL(cluster, by, approval('own'))).code).toBe(403);
    }
    await made(approval('own'));
    const { text } = await eventually(
      () => byRest(cluster, 'admin', get(CSRS, 'own', '')),
      (reply) => reply.text.includes('"certificate"'),
    );
    const { status } = JSON.parse(text) as { status: { certificate: string } };
    const cert = Buffer.from(status.certificate, 'base64').toString();
    const codeOf = (at: string) =>
      new Promise<number>((resolve, reject) => {
        const { hostname, port } = new URL(cluster.url);
        const to = { hostname, port, path: at, cert, key, rejectUnauthorized: false, agent: false };
        request(to, (answer) => resolve(answer.resume().statusCode ?? 0))
          .on('error', reject)
          .end();
      });
    expect(await codeOf('/api/v1/namespaces/t/secrets/n1-secret')).toBe(200);
    expect(await codeOf('/api/v1/namespaces/t/secrets/n2-secret')).toBe(403);
    expect(await codeOf('/api/v1/nodes')).toBe(403);
  });
});
