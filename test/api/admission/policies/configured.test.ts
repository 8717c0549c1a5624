import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, TestApi } from '../../support.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `validatingadmissionpolicies.${GROUP}` as const;
const BINDINGS = `validatingadmissionpolicybindings.${GROUP}` as const;
let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t?.close());

const rule = (group: string, version: string, resource: string): object => ({
  resourceRules: [{ operations: ['*'], apiGroups: [group], apiVersions: [version], resources: [resource] }],
});
const CONFIG_MAPS = rule('', 'v1', 'configmaps');

/** Runs with a policy `p` and its binding `b`, which denies. */
async function under(policy: object, binding: object, run: () => Promise<unknown>): Promise<void> {
  const spec = { matchConstraints: CONFIG_MAPS, validations: [{ expression: 'false', message: 'asked' }], ...policy };
  await t.create(POLICIES, { metadata: { name: 'p' }, spec }, '');
  const bound = { policyName: 'p', validationActions: ['Deny'], ...binding };
  await t.create(BINDINGS, { metadata: { name: 'b' }, spec: bound }, '');
  try {
    await run();
  } finally {
    await t.delete(BINDINGS, 'b', {}, '');
    await t.delete(POLICIES, 'p', {}, '');
  }
}

let names = 0;
const create = () => t.create('configmaps', { metadata: { name: `c${++names}` } });
const BY_POLICY = "ValidatingAdmissionPolicy 'p' denied request: ";
const BY_BINDING = "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";

type Case = [what: string, policy: object, binding: object, run: () => Promise<unknown>, said: string];
const CASES: readonly Case[] = [
  [
    'parameters of an unknown kind',
    { paramKind: { apiVersion: 'v1', kind: 'Nope' } },
    { paramRef: { name: 'x', parameterNotFoundAction: 'Allow' } },
    create,
    `${BY_POLICY}failed to configure policy: failed to find resource referenced by paramKind: '/v1, Kind=Nope'`,
  ],
  [
    'parameters that are not there',
    { paramKind: { apiVersion: 'v1', kind: 'Secret' } },
    { paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } },
    create,
    `${BY_BINDING}failed to configure binding: no params found for policy binding with \`Deny\` parameterNotFoundAction`,
  ],
  [
    'parameters in no namespace',
    { paramKind: { apiVersion: 'v1', kind: 'Secret' }, matchConstraints: rule('', 'v1', 'nodes') },
    { paramRef: { name: 'x', parameterNotFoundAction: 'Allow' } },
    () => t.create('nodes', { metadata: { name: `n${++names}` } }, ''),
    `${BY_BINDING}failed to configure binding: cannot use namespaced paramRef in policy binding that matches cluster-scoped resources`,
  ],
  [
    'a namespace for parameters of the cluster',
    { paramKind: { apiVersion: 'v1', kind: 'Node' } },
    { paramRef: { name: 'x', namespace: 't', parameterNotFoundAction: 'Allow' } },
    create,
    `${BY_BINDING}failed to configure binding: paramRef.namespace must not be provided for a cluster-scoped \`paramKind\``,
  ],
];
test.each(CASES)('%s: refused, unless failures are no matter', async (_, policy, binding, run, said) => {
  await under({ failurePolicy: 'Fail', ...policy }, binding, async () => {
    const { code, message } = await refusal(run());
    expect([code, message?.replace(/^\w+ "\w+" is forbidden: /, '')]).toEqual([422, said]);
  });
  await under({ failurePolicy: 'Ignore', ...policy }, binding, run);
});

test('parameters that are not there leave a binding aside', async () => {
  const policy = { paramKind: { apiVersion: 'v1', kind: 'Secret' } };
  await under(policy, { paramRef: { name: 'x', parameterNotFoundAction: 'Allow' } }, create);
});

test('an object is seen in the version that the rule names', async () => {
  const object = {
    metadata: { name: 'h' },
    spec: {
      maxReplicas: 3,
      scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  };
  const told =
    'object.apiVersion + " " + request.kind.version + " " + request.requestKind.version + " " + string(object.spec.targetCPUUtilizationPercentage)';
  await under(
    {
      matchConstraints: rule('autoscaling', 'v1', 'horizontalpodautoscalers'),
      validations: [{ expression: 'false', messageExpression: told }],
    },
    {},
    async () => {
      const { message } = await refusal(t.create('horizontalpodautoscalers.autoscaling', object));
      expect(message).toContain(`${BY_BINDING}autoscaling/v1 v1 v2 80`);
    },
  );
});

test('what is opened is asked about', async () => {
  await under(
    {
      matchConstraints: rule('', 'v1', 'pods/exec'),
      validations: [{ expression: '!("sh" in object.command)', message: 'no shells' }],
    },
    {},
    async () => {
      const exec = (command: string) =>
        t.api.connect(t.ctx(), t.target('pods/exec', 't', 'none'), {
          verb: 'create',
          query: new URLSearchParams({ command, container: 'c' }),
        });
      expect((await refusal(exec('sh'))).message).toContain(`${BY_BINDING}no shells`);
      expect((await refusal(exec('ls'))).code).toBe(404);
    },
  );
});
