import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STAGES } from '../../../src/api/audit/contract.ts';
import { defaultPolicy } from '../../../src/api/audit/default-policy.ts';
import { Evaluator, type Verdict } from '../../../src/api/audit/evaluator.ts';
import { readPolicy, type Policy } from '../../../src/api/audit/policy.ts';
import type { Attributes, User } from '../../../src/api/contract.ts';

interface Request {
  user?: string;
  groups?: string[];
  verb: string;
  path?: string;
  group: string;
  resource?: string;
  subresource: string;
  namespace: string;
  name: string;
}
/** What k8s.io/apiserver's evaluator says of policies and requests that were drawn at random. */
const recorded = JSON.parse(readFileSync(new URL('policies.json', import.meta.url), 'utf8')) as {
  requests: Request[];
  cases: { policy: Policy; answers: string }[];
};

const userOf = ({ user, groups = [] }: Request): User | undefined =>
  user === undefined ? undefined : { name: user, groups };
function attributesOf({ verb, path = '', resource, ...rest }: Request): Attributes {
  if (resource === undefined) return { verb, path };
  return {
    verb,
    resource,
    group: rest.group,
    subresource: rest.subresource,
    namespace: rest.namespace,
    name: rest.name,
  };
}

/** Level, stages that are left out, and whether managed fields are. */
const LETTERS = { RequestReceived: 'R', ResponseStarted: 'S', ResponseComplete: 'C', Panic: 'P' } as const;
const short = ({ level, omit, omitManagedFields }: Verdict): string =>
  ['None', 'Metadata', 'Request', 'RequestResponse'].indexOf(level) +
  STAGES.filter((stage) => omit.has(stage))
    .map((stage) => LETTERS[stage])
    .sort()
    .join('') +
  (omitManagedFields ? 'm' : '');

describe('a policy', () => {
  it.each(recorded.cases.map(({ policy, answers }, i) => ({ i, policy, answers })))(
    'says of requests what kube-apiserver says: $i',
    ({ policy, answers }) => {
      const evaluator = new Evaluator(policy);
      const ask = (): string =>
        recorded.requests.map((r) => short(evaluator.evaluate(userOf(r), attributesOf(r)))).join(' ');
      expect(ask()).toBe(answers);
      // what it remembers of the first time
      expect(ask()).toBe(answers);
    },
  );

  it('answers as before for more kinds of request than it remembers', () => {
    const evaluator = new Evaluator({ rules: [{ level: 'Metadata', resources: [{ group: 'g', resources: ['r7'] }] }] });
    const level = (i: number): string =>
      evaluator.evaluate(undefined, {
        verb: 'get',
        group: 'g',
        resource: `r${i}`,
        subresource: '',
        namespace: '',
        name: '',
      }).level;
    for (let i = 0; i < 10_000; i++) expect(level(i)).toBe(i === 7 ? 'Metadata' : 'None');
    expect(level(7)).toBe('Metadata');
  });
});

const HEAD = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

describe('a policy file', () => {
  it.each([
    ['', 'unknown group version field audit.k8s.io/__internal, Kind=Policy in policy'],
    ['kind: Policy\nrules: []', 'unknown group version field audit.k8s.io/__internal, Kind=Policy in policy'],
    ['a: [', 'failed decoding: yaml: line 1: did not find expected node content'],
    ['apiVersion: audit.k8s.io/v1\nrules: []', 'loaded illegal policy with 0 rules'],
    [
      'apiVersion: audit.k8s.io/v1beta1\nkind: Policy\nrules: [{level: None}]',
      'failed decoding: no kind "Policy" is registered for version "audit.k8s.io/v1beta1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [
      'apiVersion: v1\nkind: Pod',
      'failed decoding: no kind "Pod" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [HEAD, 'loaded illegal policy with 0 rules'],
    [`${HEAD}rules: []`, 'loaded illegal policy with 0 rules'],
    [`${HEAD}rules: [{}]`, 'rules[0].level: Required value'],
    [
      `${HEAD}rules: [{level: metadata}]`,
      'rules[0].level: Unsupported value: "metadata": supported values: "None", "Metadata", "Request", "RequestResponse"',
    ],
    [
      `${HEAD}rules: [{level: None, omitStages: [X]}]`,
      'rules[0].omitStages[0]: Invalid value: "X": allowed stages are RequestReceived,ResponseStarted,ResponseComplete,Panic',
    ],
    [
      `${HEAD}rules: [{level: None, nonResourceURLs: [healthz]}]`,
      `rules[0].nonResourceURLs[0]: Invalid value: "healthz": non-resource URL rules must begin with a '/' character`,
    ],
    [
      `${HEAD}rules: [{level: None, nonResourceURLs: ['a*b']}]`,
      `[rules[0].nonResourceURLs[0]: Invalid value: "a*b": non-resource URL rules must begin with a '/' character, rules[0].nonResourceURLs[0]: Invalid value: "a*b": non-resource URL wildcards '*' must be the final character of the rule]`,
    ],
    [
      `${HEAD}rules: [{level: None, nonResourceURLs: ['/a'], resources: [{group: ''}]}]`,
      'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
    [
      `${HEAD}rules: [{level: None, nonResourceURLs: ['/a'], namespaces: [x]}]`,
      'rules[0].nonResourceURLs: Invalid value: ["/a"]: rules cannot apply to both regular resources and non-resource URLs',
    ],
    [
      `${HEAD}rules: [{level: None, resources: [{group: 'rbac.authorization.k8s.io/v1'}]}]`,
      `rules[0].resources.group: Invalid value: "rbac.authorization.k8s.io/v1": ${SUBDOMAIN}`,
    ],
    [
      `${HEAD}rules: [{level: None, resources: [{group: '', resourceNames: [a, b]}]}]`,
      'rules[0].resources.resourceNames: Invalid value: ["a","b"]: using resourceNames requires at least one resource',
    ],
    [
      `${HEAD}rules: [{level: None, verbs: get}]`,
      'failed decoding: json: cannot unmarshal string into Go struct field PolicyRule.rules.verbs of type []string',
    ],
    [
      `${HEAD}rules: [{level: None, omitStages: [Y]}]`,
      'failed decoding: json: cannot unmarshal bool into Go struct field PolicyRule.rules.omitStages of type v1.Stage',
    ],
    [
      `${HEAD}rules: [{level: 3}]`,
      'failed decoding: json: cannot unmarshal number into Go struct field PolicyRule.rules.level of type v1.Level',
    ],
    [
      `${HEAD}rules: {level: None}`,
      'failed decoding: json: cannot unmarshal object into Go struct field Policy.rules of type []v1.PolicyRule',
    ],
    [
      `${HEAD}omitManagedFields: 1\nrules: [{level: None}]`,
      'failed decoding: json: cannot unmarshal number into Go struct field Policy.omitManagedFields of type bool',
    ],
  ])('%j is refused', (text, message) => {
    expect(() => readPolicy(text, () => undefined)).toThrow(new Error(message));
  });

  it('may have fields that nobody knows, of which it is warned', () => {
    const warnings: string[] = [];
    const policy = readPolicy(`${HEAD}rules: [{level: None, foo: bar}]`, (text) => warnings.push(text));
    expect(policy).toEqual({ rules: [{ level: 'None' }] });
    expect(warnings).toEqual(['audit policy: strict decoding error: unknown field "rules[0].foo"']);
  });
});

describe('the policy by default', () => {
  const evaluator = new Evaluator(defaultPolicy);
  const jane = { user: 'jane', groups: ['system:authenticated'] };
  const node = { user: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };
  const controller = {
    user: 'system:serviceaccount:kube-system:job-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  };
  const nobody = {};
  const at = (verb: string, resource: string, group = '', subresource = ''): Partial<Request> => ({
    verb,
    resource,
    group,
    subresource,
    namespace: 'default',
    name: 'x',
  });
  it.each<[string, object, Partial<Request>, string]>([
    ['a write by a person', jane, at('create', 'pods'), 'Metadata'],
    ['a write of a status by a person', jane, at('patch', 'pods', '', 'status'), 'Metadata'],
    ['events that a person removes', jane, at('delete', 'events'), 'Metadata'],
    ['a read by a person', jane, at('get', 'pods'), 'None'],
    ['a Secret that a person reads', jane, at('get', 'secrets'), 'Metadata'],
    ['Secrets that a person watches', jane, at('watch', 'secrets'), 'Metadata'],
    ['a container that a person enters', jane, at('get', 'pods', '', 'exec'), 'Metadata'],
    ['a token that a person makes', jane, at('create', 'serviceaccounts', '', 'token'), 'Metadata'],
    ['a write by a controller', controller, at('create', 'pods'), 'Metadata'],
    ['a Secret that a controller reads', controller, at('get', 'secrets'), 'None'],
    ['a Secret that a node reads', node, at('get', 'secrets'), 'None'],
    ['a lease that a node renews', node, at('update', 'leases', 'coordination.k8s.io'), 'None'],
    ['the status of a node, from itself', node, at('patch', 'nodes', '', 'status'), 'None'],
    ['a status by a controller', controller, at('update', 'deployments', 'apps', 'status'), 'None'],
    ['who was not let in', nobody, at('list', 'pods'), 'Metadata'],
    ['who was not let in to a path', nobody, { verb: 'get', path: '/version' }, 'Metadata'],
    ['a path that is read', jane, { verb: 'get', path: '/version' }, 'None'],
    ['an operation', jane, { verb: 'post', path: '/graphql' }, 'None'],
    ['an operation of nobody known', nobody, { verb: 'post', path: '/graphql' }, 'Metadata'],
  ])('%s', (_, who, what, level) => {
    const request = { group: '', subresource: '', namespace: '', name: '', verb: '', ...who, ...what };
    const verdict = evaluator.evaluate(userOf(request), attributesOf(request));
    expect(verdict.level).toBe(level);
    expect(verdict.omit.has('RequestReceived')).toBe(true);
  });

  it('never records a body', () => {
    expect(defaultPolicy.rules.filter(({ level }) => level !== 'None' && level !== 'Metadata')).toEqual([]);
  });

  it('is one that a file could hold', () => {
    const file = JSON.stringify({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', ...defaultPolicy });
    expect(readPolicy(file, (text) => expect.unreachable(text))).toEqual(defaultPolicy);
  });
});
