import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { PolicyAuditor } from '../../../src/api/audit/auditor.ts';
import { Evaluator } from '../../../src/api/audit/evaluator.ts';
import { makeAuthority, makeCertificate } from '../../../src/start/certificates.ts';
import { pod, refusal, TestApi } from '../support.ts';

const GROUP = 'admissionregistration.k8s.io';
const PATCH = [{ op: 'add', path: '/metadata/labels', value: { by: 'hook' } }];
const RULES = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], scope: '*' }];

let texts: string[] = [];
let test: TestApi;
let server: Server;
/** What is recorded of the configmaps of one namespace, by the level that it is recorded at. */
beforeAll(async () => {
  const sink = { push: (text: string) => void texts.push(text), close: () => Promise.resolve() };
  const rules = (['Metadata', 'Request'] as const).map((level) => ({
    level,
    namespaces: [level.toLowerCase()],
    omitStages: ['RequestReceived' as const],
  }));
  test = await TestApi.open({ auditor: new PolicyAuditor({ policy: new Evaluator({ rules }), sinks: [sink] }) });
  for (const { namespaces } of rules) await test.create('namespaces', { metadata: { name: namespaces[0] } }, '');
  const ca = await makeAuthority('hooks');
  const tls = await makeCertificate({ commonName: 'hook' }, ca, ['127.0.0.1']);
  server = createServer({ key: tls.key, cert: tls.cert }, (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const { request } = JSON.parse(Buffer.concat(chunks).toString()) as { request: { uid: string } };
      const mutates = req.url?.startsWith('/mutate');
      const response = {
        uid: request.uid,
        allowed: true,
        auditAnnotations: { seen: 'yes', 'not/a key': 'no' },
        ...(mutates && { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(PATCH)).toString('base64') }),
      };
      res.end(JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const hook = (name: string, failurePolicy = 'Fail', at = port): object => ({
    name: `${name}.example.com`,
    clientConfig: { url: `https://127.0.0.1:${at}/${name}`, caBundle: Buffer.from(ca.cert).toString('base64') },
    rules: RULES,
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    failurePolicy,
  });
  await test.create(
    `mutatingwebhookconfigurations.${GROUP}`,
    { metadata: { name: 'm' }, webhooks: [hook('mutate'), hook('away', 'Ignore', 1)] },
    '',
  );
  await test.create(
    `validatingwebhookconfigurations.${GROUP}`,
    { metadata: { name: 'v' }, webhooks: [hook('check'), hook('gone', 'Ignore', 1)] },
    '',
  );
});
afterAll(async () => {
  server.close();
  await test.close();
});
beforeEach(() => {
  texts = [];
});
const annotations = (): Record<string, string> => {
  expect(texts).toHaveLength(1);
  const event = JSON.parse(texts[0] ?? '') as { annotations: Record<string, string> };
  return Object.fromEntries(Object.entries(event.annotations).filter(([key]) => !key.startsWith('authorization.')));
};

const WEBHOOKS = {
  'mutate.example.com/seen': 'yes',
  'check.example.com/seen': 'yes',
  'mutation.webhook.admission.k8s.io/round_0_index_0':
    '{"configuration":"m","webhook":"mutate.example.com","mutated":true}',
  'mutation.webhook.admission.k8s.io/round_0_index_1':
    '{"configuration":"m","webhook":"away.example.com","mutated":false}',
  'failed-open.mutation.webhook.admission.k8s.io/round_0_index_1': 'away.example.com',
  'failed-open.validating.webhook.admission.k8s.io/round_0_index_1': 'gone.example.com',
};

it('an event says what webhooks changed, what they said, and which were not there', async () => {
  await test.create('configmaps', { metadata: { name: 'a' } }, 'metadata');
  expect(annotations()).toEqual(WEBHOOKS);
});

it('an event with bodies says how they changed them', async () => {
  await test.create('configmaps', { metadata: { name: 'a' } }, 'request');
  expect(annotations()).toEqual({
    ...WEBHOOKS,
    'patch.webhook.admission.k8s.io/round_0_index_0': JSON.stringify({
      configuration: 'm',
      webhook: 'mutate.example.com',
      patch: PATCH,
      patchType: 'JSONPatch',
    }),
  });
});

it('an event says what policies found and annotate', async () => {
  const constraints = {
    resourceRules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
  };
  await test.create(
    `validatingadmissionpolicies.${GROUP}`,
    {
      metadata: { name: 'rule' },
      spec: {
        matchConstraints: constraints,
        validations: [{ expression: 'true' }, { expression: "object.metadata.name != 'bad'", message: 'not so' }],
        auditAnnotations: [
          { key: 'name', valueExpression: "'it is ' + object.metadata.name" },
          { key: 'nothing', valueExpression: 'null' },
        ],
      },
    },
    '',
  );
  await test.create(
    `validatingadmissionpolicybindings.${GROUP}`,
    { metadata: { name: 'bound' }, spec: { policyName: 'rule', validationActions: ['Audit'] } },
    '',
  );
  await test.create('serviceaccounts', { metadata: { name: 'default' } }, 'metadata');
  texts = [];
  await test.create('pods', pod('bad'), 'metadata');
  expect(annotations()).toEqual({
    'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
    'rule/name': 'it is bad',
    'validation.policy.admission.k8s.io/validation_failure': JSON.stringify([
      { message: 'not so', policy: 'rule', binding: 'bound', expressionIndex: 1, validationActions: ['Audit'] },
    ]),
  });
});

it('an event of a write that pod security refuses says what was enforced', async () => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' };
  await test.merge('namespaces', 'metadata', { metadata: { labels } }, '');
  texts = [];
  await refusal(test.create('pods', pod('p', { hostNetwork: true }), 'metadata'));
  expect(annotations()).toMatchObject({ 'pod-security.kubernetes.io/enforce-policy': 'baseline:latest' });
});
