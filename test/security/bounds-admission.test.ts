import type { ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAuthority, makeCertificate } from '../../src/start/certificates.ts';
import { startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { administrator, type Admin, type Answer } from './support/admin.ts';
import type { Bystander } from './support/bystander.ts';

/** What admission looks at, by the hundreds and thousands, while somebody else asks for a small object. */
const MAX_GROWTH = 200_000_000;
const MAX_WAIT_MS = 1000;

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const NETWORKING = '/apis/networking.k8s.io/v1/namespaces/default';
const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const DEFAULT = '/api/v1/namespaces/default';

let cluster: Cluster;
let admin: Admin;
let other: Bystander;
let hooks: https.Server;

const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const create = (path: string, object: object): Promise<Answer> => admin.ask('POST', path, JSON.stringify(object));
const attempt = (path: string, object: () => object) => (): Promise<Answer> => create(`${path}?dryRun=All`, object());

const configMap = (namespace: string, data: Record<string, string> = { a: 'b' }) =>
  attempt(`/api/v1/namespaces/${namespace}/configmaps`, () => ({ metadata: { name: 'z' }, data }));
const policy = (name: string, resource: string, expression: string): object => ({
  metadata: { name },
  spec: {
    matchConstraints: {
      resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: [resource] }],
    },
    validations: [{ expression }],
  },
});
const binding = (name: string): object => ({
  metadata: { name },
  spec: { policyName: name, validationActions: ['Deny'] },
});
const pod = (spec: object) => attempt(`${DEFAULT}/pods`, () => ({ metadata: { name: 'p' }, spec }));
const containers = (count: number, more: object = {}): object[] =>
  many(count, (i) => ({ name: `c${i}`, image: 'i', ...more }));

/** What the webhook of a path answers to whom it is asked about; nothing where it never does. */
const HOOKS: Readonly<Record<string, (uid: string, response: ServerResponse) => string | undefined>> = {
  slow: () => undefined,
  large: (uid) => review(uid, { warnings: ['x'.repeat(4 << 20)] }),
  nested: () => '['.repeat(2 << 20),
  wide: () => `[${'[],'.repeat(900_000)}1]`,
  annotates: (uid) =>
    review(uid, { auditAnnotations: Object.fromEntries(many(40_000, (i) => [`k${99_999 - i}`, 'v'])) }),
  informs: (_, response) => void response.socket?.write('HTTP/1.1 100 Continue\r\n\r\n'.repeat(100_000)),
  crumbles: (uid, response) => {
    for (let i = 0; i < 100_000; i++) response.write(' ');
    return review(uid, {});
  },
  'patch-wide': (uid) => patched(uid, `[${'{},'.repeat(500_000)}{}]`),
  'patch-nested': (uid) => patched(uid, `${'['.repeat(500_000)}${']'.repeat(500_000)}`),
  'patch-doubles': (uid) =>
    patched(
      uid,
      JSON.stringify([
        { op: 'add', path: '/data', value: { a: 'x'.repeat(1000) } },
        ...many(40, (i) => ({ op: 'copy', from: '/data', path: `/data/k${i}` })),
      ]),
    ),
};
const review = (uid: string, more: object): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true, ...more },
  });
const patched = (uid: string, patch: string): string =>
  review(uid, { patchType: 'JSONPatch', patch: Buffer.from(patch).toString('base64') });

/** Each webhook is asked about the namespace of its name. */
async function registerWebhooks(): Promise<void> {
  const authority = await makeAuthority('hooks');
  const { cert, key } = await makeCertificate({ commonName: 'hook' }, authority, ['127.0.0.1']);
  hooks = https.createServer({ cert, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as { request: { uid: string } };
      const path = new URL(request.url ?? '/', 'https://hook').pathname.slice(1);
      const answer = HOOKS[path]?.(asked.request.uid, response);
      if (answer !== undefined) response.end(answer);
    });
  });
  await new Promise<void>((resolve) => hooks.listen(0, '127.0.0.1', resolve));
  const { port } = hooks.address() as AddressInfo;
  const webhook = (name: string, path: string): object => ({
    name: `${name}.example.com`,
    clientConfig: {
      url: `https://127.0.0.1:${port}/${path}`,
      caBundle: Buffer.from(authority.cert).toString('base64'),
    },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': path } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    timeoutSeconds: 3,
  });
  for (const path of [...Object.keys(HOOKS), 'crowded'])
    await create('/api/v1/namespaces', { metadata: { name: path } });
  const mutating = Object.keys(HOOKS).map((path) => webhook(path, path));
  await create(`${REGISTRATION}/mutatingwebhookconfigurations`, { metadata: { name: 'm' }, webhooks: mutating });
  const crowd = many(200, (i) => ({ ...webhook(`w${i}`, 'crowded'), failurePolicy: 'Ignore', timeoutSeconds: 2 }));
  await create(`${REGISTRATION}/validatingwebhookconfigurations`, { metadata: { name: 'v' }, webhooks: crowd });
}

type Attack = [what: string, status: number, run: () => Promise<Answer>];

const WEBHOOKS: Attack[] = [
  ['a slow one', 500, configMap('slow')],
  [
    'a slow one holds up no other namespace',
    201,
    async () => {
      const held = many(20, () => configMap('slow')());
      const free = await configMap('default')();
      const [first] = await Promise.all(held);
      expect(first?.status).toBe(500);
      return free;
    },
  ],
  ['an answer of megabytes', 500, configMap('large')],
  ['an answer of brackets', 500, configMap('nested')],
  ['an answer of empty lists', 500, configMap('wide')],
  ['40,000 annotations for the audit', 201, configMap('annotates')],
  ['answers without end that are not the last one', 500, configMap('informs')],
  ['an answer of single bytes', 201, configMap('crumbles')],
  ['a patch of operations', 500, configMap('patch-wide')],
  ['a patch of brackets', 500, configMap('patch-nested')],
  ['a patch that doubles', 500, configMap('patch-doubles')],
  ['200 about a large object', 201, configMap('crowded', { a: 'x'.repeat(900_000) })],
];

const POLICIES: Attack[] = [
  ['200 policies that look at it', 201, configMap('default', Object.fromEntries(many(200, (i) => [`k${i}`, 'v'])))],
  ['policies over a wide object', 422, configMap('default', Object.fromEntries(many(20_000, (i) => [`k${i}`, 'v'])))],
  ['200 policies that do not', 201, attempt(`${DEFAULT}/secrets`, () => ({ metadata: { name: 'z' } }))],
];

const OBJECTS: Attack[] = [
  ['containers', 201, pod({ containers: containers(5000) })],
  [
    'containers that the namespace forbids',
    403,
    attempt('/api/v1/namespaces/strict/pods', () => ({
      metadata: { name: 'p' },
      spec: { containers: containers(5000, { securityContext: { privileged: true } }) },
    })),
  ],
  [
    'containers under limits',
    422,
    attempt('/api/v1/namespaces/limited/pods', () => ({
      metadata: { name: 'p' },
      spec: { containers: containers(5000) },
    })),
  ],
  [
    'volumes and their mounts',
    201,
    pod({
      volumes: many(8000, (i) => ({ name: `v${i}`, emptyDir: {} })),
      containers: containers(1, { volumeMounts: many(8000, (i) => ({ name: `v${i}`, mountPath: `/m${i}` })) }),
    }),
  ],
  [
    'ports',
    201,
    pod({ containers: containers(1, { ports: many(15_000, (i) => ({ containerPort: i + 1, name: `p${i}` })) }) }),
  ],
  [
    'rules of a role',
    201,
    attempt(`${RBAC}/roles`, () => ({
      metadata: { name: 'r' },
      rules: many(8000, (i) => ({ apiGroups: [''], resources: [`a${i}`], verbs: ['get'] })),
    })),
  ],
  [
    'subjects of a binding',
    201,
    attempt(`${RBAC}/rolebindings`, () => ({
      metadata: { name: 'r' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: many(10_000, (i) => ({ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: `u${i}` })),
    })),
  ],
  [
    'ports of a network policy',
    201,
    attempt(`${NETWORKING}/networkpolicies`, () => ({
      metadata: { name: 'n' },
      spec: { podSelector: {}, ingress: [{ ports: many(15_000, (i) => ({ port: i + 1 })) }] },
    })),
  ],
  [
    'paths of an ingress',
    201,
    attempt(`${NETWORKING}/ingresses`, () => ({
      metadata: { name: 'n' },
      spec: {
        rules: [
          {
            http: {
              paths: many(4000, (i) => ({
                path: `/p${i}`,
                pathType: 'Prefix',
                backend: { service: { name: 's', port: { number: 80 } } },
              })),
            },
          },
        ],
      },
    })),
  ],
  [
    'ports of a service',
    201,
    attempt(`${DEFAULT}/services`, () => ({
      metadata: { name: 's' },
      spec: { ports: many(12_000, (i) => ({ name: `p${i}`, port: i + 1 })) },
    })),
  ],
];

describe('admission', () => {
  beforeAll(async () => {
    cluster = await startCluster(['--roles', 'api']);
    admin = administrator(cluster);
    await create(`${DEFAULT}/serviceaccounts`, { metadata: { name: 'default' } });
    for (const [name, labels] of [
      ['strict', { 'pod-security.kubernetes.io/enforce': 'restricted' }],
      ['limited', {}],
    ] as const) {
      await create('/api/v1/namespaces', { metadata: { name, labels } });
      await create(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
    }
    await create('/api/v1/namespaces/limited/limitranges', {
      metadata: { name: 'l' },
      spec: { limits: [{ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '1m' } }] },
    });
    await registerWebhooks();
    await Promise.all(
      many(200, async (i) => {
        const name = `p${i}`;
        const expression = `object.data.all(k, object.data.all(l, k != 'x${i}'))`;
        await create(`${REGISTRATION}/validatingadmissionpolicies`, policy(name, 'configmaps', expression));
        await create(`${REGISTRATION}/validatingadmissionpolicybindings`, binding(name));
      }),
    );
    other = admin.bystander(DEFAULT);
  });
  afterAll(async () => {
    await other.stop();
    admin.close();
    hooks.closeAllConnections();
    hooks.close();
    await cluster.remove();
  });

  describe.each([
    ['webhooks', WEBHOOKS],
    ['policies', POLICIES],
    ['large objects', OBJECTS],
  ])('by %s', (_, attacks) => {
    it.each(attacks)('%s: %i, and nobody waits', async (__, status, run) => {
      const { result, harm } = await other.during(run);
      expect([result.status, result.text]).toEqual([status, expect.anything()]);
      expect(harm.slowest).toBeLessThan(MAX_WAIT_MS);
      expect(harm.grown).toBeLessThan(MAX_GROWTH);
    });
  });
});
