import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeAuthority, makeCertificate } from '../../src/start/certificates.ts';
import { pod, refusal, TestApi } from './support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const container = (resources: object) => ({ containers: [{ name: 'c', image: 'i', resources }] });
const inNamespace = async (name: string, labels = {}) => {
  await t.create('namespaces', { metadata: { name, labels } }, '');
  await t.create('serviceaccounts', { metadata: { name: 'default' } }, name);
};

test('ServiceAccount.mounts its token, and wants the account to be there', async () => {
  const { object } = await t.create('pods', pod('sa'));
  expect(object['spec'].serviceAccountName).toBe('default');
  expect(object['spec'].volumes?.[0]?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
  expect(object['spec'].containers[0]?.volumeMounts?.[0]?.mountPath).toBe(
    '/var/run/secrets/kubernetes.io/serviceaccount',
  );
  expect((await refusal(t.create('pods', pod('no', { serviceAccountName: 'none' })))).message).toBe(
    'pods "no" is forbidden: error looking up service account t/none: serviceaccount "none" not found',
  );
});

test('Priority.is that of the class (PodSpec.priorityClassName)', async () => {
  expect(
    (await t.create('pods', pod('critical', { priorityClassName: 'system-node-critical' }))).object['spec'].priority,
  ).toBe(2000001000);
  expect((await refusal(t.create('pods', pod('p', { priorityClassName: 'none' })))).message).toBe(
    'pods "p" is forbidden: no PriorityClass with name none was found',
  );
});

test('LimitRanger.fills in and bounds', async () => {
  await inNamespace('limits');
  const limits = [{ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' } }];
  await t.create('limitranges', { metadata: { name: 'l' }, spec: { limits } }, 'limits');
  const { object } = await t.create('pods', pod('a'), 'limits');
  expect(object['spec'].containers[0]?.resources).toEqual({ requests: { cpu: '100m' }, limits: { cpu: '500m' } });
  expect(object.metadata.annotations?.['kubernetes.io/limit-ranger']).toBe(
    'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
  );
  expect((await refusal(t.create('pods', pod('b', container({ limits: { cpu: '2' } })), 'limits'))).message).toBe(
    'pods "b" is forbidden: [maximum cpu usage per Container is 1, but limit is 2]'.replace('[', '').replace(']', ''),
  );
});

test('ResourceQuota.counts what is made and refuses what is too much', async () => {
  await inNamespace('quota');
  await t.create(
    'resourcequotas',
    { metadata: { name: 'q' }, spec: { hard: { pods: '2', 'requests.cpu': '1' } } },
    'quota',
  );
  await t.merge(
    'resourcequotas/status',
    'q',
    { status: { hard: { pods: '2', 'requests.cpu': '1' }, used: { pods: '0', 'requests.cpu': '0' } } },
    'quota',
  );
  expect((await refusal(t.create('pods', pod('a'), 'quota'))).message).toBe(
    'pods "a" is forbidden: failed quota: q: must specify requests.cpu for: c',
  );
  await t.create('pods', pod('b', container({ requests: { cpu: '600m' } })), 'quota');
  expect((await refusal(t.create('pods', pod('c', container({ requests: { cpu: '600m' } })), 'quota'))).message).toBe(
    'pods "c" is forbidden: exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1',
  );
  expect((await t.get('resourcequotas', 'q', 'quota')).object['status'].used).toEqual({
    pods: '1',
    'requests.cpu': '600m',
  });
});

test('PodSecurity.says what a pod violates', async () => {
  await inNamespace('strict', {
    'pod-security.kubernetes.io/enforce': 'baseline',
    'pod-security.kubernetes.io/warn': 'restricted',
  });
  expect(
    (
      await refusal(
        t.create('pods', pod('e', { hostPID: true, volumes: [{ name: 'h', hostPath: { path: '/' } }] }), 'strict'),
      )
    ).message,
  ).toBe(
    'pods "e" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true), hostPath volumes (volume "h")',
  );
  t.warnings.length = 0;
  await t.create('pods', pod('f'), 'strict');
  expect(t.warnings[0]).toMatch(
    /^would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "c" must set/,
  );
  expect(
    (
      await refusal(
        t.merge('namespaces', 'strict', { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'bogus' } } }),
      )
    ).code,
  ).toBe(422);
});

test('ValidatingAdmissionPolicy.refuses what its expression does not hold for', async () => {
  await inNamespace('vap', { vap: 'yes' });
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
  const spec = {
    matchConstraints: { namespaceSelector: { matchLabels: { vap: 'yes' } }, resourceRules: [rule] },
    variables: [{ name: 'n', expression: 'has(object.data) ? size(object.data) : 0' }],
    validations: [{ expression: 'variables.n <= 1', messageExpression: "'too many: ' + string(variables.n)" }],
  };
  await t.create('validatingadmissionpolicies.admissionregistration.k8s.io', { metadata: { name: 'p' }, spec }, '');
  await t.create(
    'validatingadmissionpolicybindings.admissionregistration.k8s.io',
    { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'] } },
    '',
  );
  await t.create('configmaps', { metadata: { name: 'a' }, data: { a: '1' } }, 'vap');
  const status = await refusal(t.create('configmaps', { metadata: { name: 'b' }, data: { a: '1', b: '2' } }, 'vap'));
  expect(status).toMatchObject({
    code: 422,
    message:
      "configmaps \"b\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: too many: 2",
  });
  await t.create('configmaps', { metadata: { name: 'b' }, data: { a: '1', b: '2' } });
});

test('ValidatingAdmissionPolicy.warns of all that fails, asks the authorizer, and wants its parameters', async () => {
  await inNamespace('vap2', { vap: 'two' });
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
  const matchConstraints = { namespaceSelector: { matchLabels: { vap: 'two' } }, resourceRules: [rule] };
  const bind = (name: string, policyName: string, more: object) =>
    t.create(
      'validatingadmissionpolicybindings.admissionregistration.k8s.io',
      { metadata: { name }, spec: { policyName, ...more } },
      '',
    );
  const policy = (name: string, spec: object) =>
    t.create(
      'validatingadmissionpolicies.admissionregistration.k8s.io',
      { metadata: { name }, spec: { matchConstraints, ...spec } },
      '',
    );
  await policy('warner', {
    validations: [{ expression: "object.data.a == 'x'", message: 'not x' }, { expression: "object.data.b == 'y'" }],
  });
  await bind('warner', 'warner', { validationActions: ['Warn'] });
  t.warnings.length = 0;
  await t.create('configmaps', { metadata: { name: 'a' }, data: { a: '1' } }, 'vap2');
  expect(t.warnings).toEqual([
    "Validation failed for ValidatingAdmissionPolicy 'warner' with binding 'warner': not x",
    "Validation failed for ValidatingAdmissionPolicy 'warner' with binding 'warner': expression 'object.data.b == 'y'' resulted in error: no such key: b",
  ]);
  await policy('asks', {
    validations: [
      {
        expression: "!authorizer.group('').resource('secrets').namespace('vap2').check('get').allowed()",
        message: 'may read secrets',
      },
    ],
  });
  await bind('asks', 'asks', { validationActions: ['Deny'] });
  const first = await refusal(t.create('configmaps', { metadata: { name: 'b' }, data: { a: 'x', b: 'y' } }, 'vap2'));
  expect(first).toMatchObject({
    code: 422,
    message:
      "configmaps \"b\" is forbidden: ValidatingAdmissionPolicy 'asks' with binding 'asks' denied request: may read secrets",
  });
  await t.delete('validatingadmissionpolicybindings.admissionregistration.k8s.io', 'asks', {}, '');
  await policy('params', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'true' }] });
  await bind('params', 'params', {
    validationActions: ['Warn'],
    paramRef: { name: 'none', parameterNotFoundAction: 'Deny' },
  });
  expect(
    (await refusal(t.create('configmaps', { metadata: { name: 'b' }, data: { a: 'x', b: 'y' } }, 'vap2'))).message,
  ).toMatch(
    /denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction$/,
  );
  await t.delete('validatingadmissionpolicybindings.admissionregistration.k8s.io', 'params', {}, '');
});

test('PodSecurity.has the rules of the version that the namespace names', async () => {
  await inNamespace('old-rules', {
    'pod-security.kubernetes.io/enforce': 'restricted',
    'pod-security.kubernetes.io/enforce-version': 'v1.20',
  });
  const securityContext = { allowPrivilegeEscalation: false, runAsNonRoot: true };
  const seccomp = { seccompProfile: { type: 'RuntimeDefault' } };
  // capabilities had to be dropped from 1.22 on
  await t.create(
    'pods',
    pod('a', { securityContext: seccomp, containers: [{ name: 'c', image: 'i', securityContext }] }),
    'old-rules',
  );
  expect((await refusal(t.create('pods', pod('b', { securityContext: seccomp }), 'old-rules'))).message).toMatch(
    /violates PodSecurity "restricted:v1.20": allowPrivilegeEscalation != false/,
  );
});

test('webhooks.change and refuse', async () => {
  const authority = await makeAuthority('test');
  const { cert, key } = await makeCertificate({ commonName: 'hook' }, authority, ['127.0.0.1']);
  const server = https.createServer({ cert, key }, (request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { request: asked } = JSON.parse(body) as {
        request: { uid: string; object: { metadata: { name: string } } };
      };
      const refused = asked.object.metadata.name === 'bad';
      const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/data', value: { hooked: 'yes' } }])).toString(
        'base64',
      );
      const answer = request.url!.startsWith('/mutate')
        ? { allowed: true, patch, patchType: 'JSONPatch', warnings: ['mind'] }
        : { allowed: !refused, status: { message: 'no bad ones' } };
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid: asked.uid, ...answer },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const hook = (path: string) => ({
    name: `${path}.example.com`,
    clientConfig: {
      url: `https://127.0.0.1:${port}/${path}`,
      caBundle: Buffer.from(authority.cert).toString('base64'),
    },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
    namespaceSelector: { matchLabels: { hooks: 'yes' } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
  });
  await inNamespace('hooks', { hooks: 'yes' });
  await t.create(
    'mutatingwebhookconfigurations.admissionregistration.k8s.io',
    { metadata: { name: 'm' }, webhooks: [hook('mutate')] },
    '',
  );
  await t.create(
    'validatingwebhookconfigurations.admissionregistration.k8s.io',
    { metadata: { name: 'v' }, webhooks: [hook('check')] },
    '',
  );
  t.warnings.length = 0;
  expect((await t.create('configmaps', { metadata: { name: 'good' } }, 'hooks')).object['data']).toEqual({
    hooked: 'yes',
  });
  expect(t.warnings).toEqual(['mind']);
  expect((await refusal(t.create('configmaps', { metadata: { name: 'bad' } }, 'hooks'))).message).toBe(
    'admission webhook "check.example.com" denied the request: no bad ones',
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect((await refusal(t.create('configmaps', { metadata: { name: 'late' } }, 'hooks'))).message).toMatch(
    /^Internal error occurred: failed calling webhook "mutate.example.com": failed to call webhook: Post/,
  );
});
