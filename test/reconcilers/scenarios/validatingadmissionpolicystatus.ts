import { expect } from 'vitest';
import { validatingadmissionpolicystatus } from '../../../src/reconcilers/validatingadmissionpolicystatus.ts';
import { policyChecker } from '../../../src/start/policy-checker.ts';
import type { Scenario } from '../../support/scenario.ts';
import { clusterObject } from './manifests.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `validatingadmissionpolicies.${GROUP}` as const;
const spec = (expression: string) => ({
  failurePolicy: 'Fail',
  matchConstraints: {
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }],
  },
  validations: [{ expression }],
});
const policy = (name: string, expression: string) =>
  clusterObject(`${GROUP}/v1`, 'ValidatingAdmissionPolicy', name, { spec: spec(expression) });

const warning = (field: string): string =>
  `apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field '${field}'\n | object.${field} == 1\n | ......^\n`;

/** Each generation of a policy is checked once. */
export const validatingadmissionpolicystatusScenario: Scenario = {
  controllers: () => [validatingadmissionpolicystatus(policyChecker([]))],
  given: [policy('good', 'object.spec.replicas > 1'), policy('bad', 'object.nope == 1')],
  acts: [
    (cluster) => cluster.client.patch(POLICIES, '', 'good', { spec: spec('object.none == 1') }, { type: 'merge' }),
    (cluster) => cluster.client.patch(POLICIES, '', 'bad', { spec: spec('object.kind == ""') }, { type: 'merge' }),
  ],
  async end(cluster) {
    const statusOf = async (name: string) => (await cluster.client.get(POLICIES, '', name)).status;
    const fieldRef = 'spec.validations[0].expression';
    expect(await statusOf('good')).toEqual({
      observedGeneration: 2,
      typeChecking: { expressionWarnings: [{ fieldRef, warning: warning('none') }] },
    });
    // what it owned goes with the struct around it, as server-side apply has it
    expect(await statusOf('bad')).toEqual({ observedGeneration: 2 });
  },
};
