import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MUTATING } from '../../../../src/api/admission/policies/bound.ts';
import { createRegistry } from '../../../../src/kinds/registry.ts';
import { admin, refusal, TestApi } from '../../support.ts';
import cases from './mutations.json' with { type: 'json' };

// What a kube-apiserver 1.35 with the feature MutatingAdmissionPolicy answers.

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open({ registry: createRegistry(['admissionregistration.k8s.io/v1beta1']) });
  for (const name of ['p1', 'p2']) {
    const metadata = { name, labels: { param: 'yes' } };
    await t.create('configmaps', { metadata, data: { p: `from ${name}` } }, 'default');
  }
});
afterAll(() => t?.close());

const rule = (group: string, version: string, resource: string) => ({
  resourceRules: [{ apiGroups: [group], apiVersions: [version], operations: ['CREATE'], resources: [resource] }],
});
const CONFIG_MAPS = rule('', 'v1', 'configmaps');
const DEPLOYMENTS = rule('apps', 'v1', 'deployments');

const writing = (resource: string, object: object) =>
  t.api.create(t.ctx(admin), t.target(resource, 'default'), { object: object as never }, { dryRun: ['All'] });

describe('a policy', () => {
  test.each(cases.definitions)('$name', async ({ mutations, ...expected }) => {
    const spec = { matchConstraints: CONFIG_MAPS, reinvocationPolicy: 'Never', mutations };
    const made = writing(MUTATING.policies, { metadata: { name: 'p' }, spec });
    if (!('refused' in expected)) return expect((await made).code).toBe(201);
    const { message = '' } = await refusal(made);
    expect(message.slice(message.indexOf('is invalid: ') + 12)).toBe(expected.refused);
  });
});

const configMap = { data: { a: '1' } };
const container = {
  name: 'c',
  image: 'i',
  args: ['a'],
  env: [{ name: 'E', value: '1' }],
  ports: [{ containerPort: 80 }],
};
const deployment = {
  spec: {
    selector: { matchLabels: { x: 'y' } },
    template: { metadata: { labels: { x: 'y' } }, spec: { containers: [container] } },
  },
};

/** What the API answers, as the cases have it. */
async function answer(name: string, isDeployment: boolean): Promise<unknown> {
  const object = { metadata: { name }, ...(isDeployment ? deployment : configMap) };
  const made = writing(isDeployment ? 'deployments.apps' : 'configmaps', object);
  const answered = await made.catch(() => undefined);
  if (!answered) {
    const { code, reason, message, details } = await refusal(made);
    const causes = details?.causes?.map((cause) => cause.message);
    return { code, reason, message, ...(causes && { causes }) };
  }
  const { metadata, status: _, kind: __, apiVersion: ___, ...rest } = answered.object as Record<string, unknown>;
  const { name: own, labels, finalizers } = metadata as Record<string, unknown>;
  const kept = { ...(own !== name && { name: own }), ...(labels !== undefined && { labels }) };
  return { metadata: { ...kept, ...(finalizers !== undefined && { finalizers }) }, ...rest };
}

describe('a create under policies', () => {
  test.each(cases.requests)('$name', async ({ name, policies, answer: expected, ...more }) => {
    const isDeployment = 'deployment' in more;
    const names = policies.map((_, i) => `${name}.${i}`);
    for (const [i, policy] of policies.entries()) {
      const matchConstraints = isDeployment ? DEPLOYMENTS : CONFIG_MAPS;
      const spec = { matchConstraints, reinvocationPolicy: 'Never', ...policy };
      await t.create(MUTATING.policies, { metadata: { name: names[i] }, spec }, '');
      const bound = { policyName: names[i], ...('paramRef' in more && { paramRef: more.paramRef }) };
      await t.create(MUTATING.bindings, { metadata: { name: `${names[i]}.b` }, spec: bound }, '');
    }
    try {
      expect(await answer(name, isDeployment)).toEqual(expected);
    } finally {
      for (const one of names) {
        await t.delete(MUTATING.bindings, `${one}.b`, {}, '');
        await t.delete(MUTATING.policies, one, {}, '');
      }
    }
  });
});
