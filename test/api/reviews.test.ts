import { afterAll, beforeAll, expect, test } from 'vitest';
import type { User } from '../../src/api/contract.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { refusal, TestApi, type Answered } from './support.ts';
import { at } from '../support/at.ts';

let api: TestApi;
beforeAll(async () => (api = await TestApi.open()));
afterAll(() => api.close());

const ACCESS = 'subjectaccessreviews.authorization.k8s.io';
const SELF = 'selfsubjectaccessreviews.authorization.k8s.io';
const LOCAL = 'localsubjectaccessreviews.authorization.k8s.io';
const TOKENS = 'tokenreviews.authentication.k8s.io';
const user: User = { name: 'u', groups: ['system:authenticated'] };
const objectOf = (answer: Answered): KubeObject => answer.object;
const causes = async (kind: string, spec: object, metadata: object = {}) => {
  const { message, details } = await refusal(api.create(kind, { metadata, spec }));
  return { message, details: details?.kind, causes: details?.causes?.map((c) => `${c.field}: ${c.message}`) };
};

test('a question is about a resource or a path, and of somebody', async () => {
  const one = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
  expect(await causes(SELF, {})).toEqual({
    message: `.authorization.k8s.io "" is invalid: spec.resourceAttributes: ${one}`,
    details: undefined,
    causes: [`spec.resourceAttributes: ${one}`],
  });
  expect(
    (await causes(ACCESS, { resourceAttributes: { verb: 'get' }, nonResourceAttributes: { path: '/a', verb: 'get' } }))
      .causes,
  ).toEqual([
    'spec.nonResourceAttributes: Invalid value: {"Path":"/a","Verb":"get"}: cannot be specified in combination with resourceAttributes',
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  ]);
});

test('a question has no name', async () => {
  const { causes: told } = await causes(SELF, { resourceAttributes: { verb: 'get' } }, { name: 'a' });
  expect(told).toEqual([expect.stringMatching(/^metadata: Invalid value: \{"name":"a",.*\}: must be empty$/)]);
});

test('selectors of a question have requirements', async () => {
  const resourceAttributes = {
    verb: 'list',
    resource: 'pods',
    fieldSelector: {},
    labelSelector: {
      requirements: [
        { key: 'a', operator: 'In' },
        { key: 'b', operator: 'New' },
      ],
    },
  };
  expect((await causes(SELF, { resourceAttributes })).causes).toEqual([
    'spec.resourceAttributes.fieldSelector.requirements: Required value: when spec.resourceAttributes.fieldSelector is specified, requirements or rawSelector is required',
    "spec.resourceAttributes.labelSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
  ]);
});

test.each<[string, object, string | undefined]>([
  ['all of it', { labelSelector: { requirements: [{ key: 'a', operator: 'Exists' }] } }, undefined],
  [
    'an operator that is none',
    { labelSelector: { requirements: [{ key: 'a', operator: 'New' }] } },
    'spec.resourceAttributes.labelSelector ignored due to parse error',
  ],
  [
    'some of it, and a text that is none',
    {
      fieldSelector: {
        requirements: [
          { key: 'a', operator: 'In', values: ['b'] },
          { key: 'a', operator: 'In', values: ['b', 'c'] },
        ],
      },
      labelSelector: { rawSelector: 'a in (' },
    },
    'spec.resourceAttributes.fieldSelector partially ignored due to parse error; spec.resourceAttributes.labelSelector ignored due to parse error',
  ],
])('what is not understood of a selector is told: %s', async (_, selectors, evaluationError) => {
  const spec = { resourceAttributes: { verb: 'list', resource: 'pods', ...selectors } };
  const { object } = await api.create(SELF, { spec }, '');
  expect((object['status'] as { evaluationError?: string }).evaluationError).toBe(evaluationError);
});

test('a local question stays in its namespace', async () => {
  expect((await causes(LOCAL, { user: 'u', resourceAttributes: { namespace: 'other', verb: 'get' } })).causes).toEqual([
    'spec.resourceAttributes.namespace: Invalid value: "other": must match metadata.namespace',
  ]);
  expect((await causes(LOCAL, { user: 'u', nonResourceAttributes: { path: '/a' } })).causes).toEqual([
    'spec.nonResourceAttributes: Invalid value: {"Path":"/a","Verb":""}: disallowed on this kind of request',
  ]);
  const answer = objectOf(
    await api.create(LOCAL, {
      metadata: {},
      spec: { user: 'u', resourceAttributes: { namespace: 't', verb: 'get', resource: 'pods' } },
    }),
  );
  expect(answer['status']).toEqual({ allowed: false });
});

test('rules are those of roles, and the answer repeats nothing', async () => {
  const kind = 'selfsubjectrulesreviews.authorization.k8s.io';
  expect((await refusal(api.create(kind, { metadata: {}, spec: {} }))).message).toBe('no namespace on request');
  const masters = objectOf(await api.create(kind, { metadata: {}, spec: { namespace: 't' } }));
  expect(masters['spec']).toEqual({});
  const nobody = objectOf(
    await api.create(kind, { metadata: {}, spec: { namespace: 't' } }, 't', {
      name: 'system:node:n',
      groups: ['system:nodes', 'system:masters'],
    }),
  );
  expect(nobody['status']).toMatchObject({
    incomplete: true,
    evaluationError: 'node authorizer does not support user rule resolution',
  });
});

test('a token is needed to be reviewed', async () => {
  expect((await refusal(api.create(TOKENS, { metadata: {}, spec: {} }))).message).toBe(
    'token is required for TokenReview in authentication',
  );
  expect(objectOf(await api.create(TOKENS, { metadata: {}, spec: { token: 'x' } }))['status']).toEqual({
    user: {},
    error: 'invalid bearer token',
  });
});

test('a token for others is no token here', async () => {
  const made = objectOf(
    await api.create(
      'serviceaccounts/token',
      { metadata: {}, spec: { audiences: ['other'] } },
      't',
      undefined,
      'default',
    ),
  );
  const review = async (audiences: string[]) =>
    objectOf(await api.create(TOKENS, { metadata: {}, spec: { token: at(made, 'status.token'), audiences } }))[
      'status'
    ];
  expect(await review(['other'])).toMatchObject({ authenticated: true, audiences: ['other'] });
  expect(await review([])).toEqual({
    user: {},
    error:
      '[invalid bearer token, token audiences ["other"] is invalid for the target audiences ["https://kubernetes.default.svc"]]',
  });
});

test('who may not ask is told so', async () => {
  expect((await refusal(api.create(ACCESS, { metadata: {}, spec: {} }, 't', user))).reason).toBe('Forbidden');
});
