import { expect, test } from 'vitest';
import { created, refusals, strategyOf } from './refusals.ts';
import { at } from '../../support/at.ts';

const SCHEMAS = 'flowschemas.flowcontrol.apiserver.k8s.io';
const LEVELS = 'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io';
const rules = [
  {
    subjects: [{ kind: 'User', user: { name: 'u' } }],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/a'] }],
  },
];
const schema = { priorityLevelConfiguration: { name: 'l' }, rules };

test.each([
  [{}, []],
  [
    { priorityLevelConfiguration: {} },
    ['priorityLevelConfiguration.name: Required value: must reference a priority level'],
  ],
  [{ matchingPrecedence: 10001 }, ['matchingPrecedence: Invalid value: 10001: must not be greater than 10000']],
  [{ matchingPrecedence: -1 }, ['matchingPrecedence: Invalid value: -1: must be a positive value']],
  [
    { matchingPrecedence: 1 },
    ["matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
  ],
  [
    { distinguisherMethod: { type: 'ByMood' } },
    ['distinguisherMethod.type: Unsupported value: {"Type":"ByMood"}: supported values: "ByNamespace", "ByUser"'],
  ],
  [
    { rules: [{}] },
    [
      'rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
      'rules[0].subjects: Required value: subjects must contain at least one value',
    ],
  ],
  [
    {
      rules: [
        {
          ...rules[0],
          subjects: [
            { kind: 'User', group: { name: 'g' } },
            { kind: 'X' },
            { kind: 'ServiceAccount', serviceAccount: { name: '*' } },
          ],
        },
      ],
    },
    [
      "rules[0].subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'",
      "rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'",
      'rules[0].subjects[1].kind: Unsupported value: "X": supported values: "Group", "ServiceAccount", "User"',
      'rules[0].subjects[2].serviceAccount.namespace: Required value: must specify namespace for service account',
    ],
  ],
  [
    {
      rules: [
        { ...rules[0], nonResourceRules: [{ verbs: ['read'], nonResourceURLs: ['a', '/a*b', '/a//b', '/a/*'] }] },
      ],
    },
    [
      'rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "a": must start with slash',
      'rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a*b": wildcard can only do suffix matching',
      'rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/a//b": must not contain double slash',
      'rules[0].nonResourceRules[0].verbs: Unsupported value: ["read"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
    ],
  ],
  [
    {
      rules: [
        {
          subjects: rules[0]!.subjects,
          resourceRules: [{ verbs: ['*', 'get'], apiGroups: [], resources: ['*', 'a'] }],
        },
      ],
    },
    [
      'rules[0].resourceRules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
      `rules[0].resourceRules[0].resources: Invalid value: ["*","a"]: if '*' is present, must not specify other resources`,
      `rules[0].resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
    ],
  ],
])('a flow schema %#', (change, wanted) => {
  expect(refusals(SCHEMAS, { spec: { ...schema, ...change } })).toEqual(wanted.map((line) => `spec.${line}`).sort());
});

const queue = (queuing: object) => ({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing } } });
test.each([
  [{ type: 'Limited', limited: { limitResponse: { type: 'Reject' } } }, []],
  [
    { type: 'Exempt' },
    [
      'exempt: Required value: must not be empty when type is Exempt',
      `type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`,
    ],
  ],
  [{ type: 'Free' }, ['type: Unsupported value: "Free": supported values: "Exempt", "Limited"']],
  [{ type: 'Limited' }, ['limited: Required value: must not be empty when type is Limited']],
  [
    { type: 'Limited', limited: {} },
    ['limited.limitResponse.type: Unsupported value: "": supported values: "Queue", "Reject"'],
  ],
  [
    {
      type: 'Limited',
      limited: {
        nominalConcurrencyShares: -1,
        lendablePercent: 101,
        borrowingLimitPercent: -1,
        limitResponse: { type: 'Queue' },
      },
    },
    [
      'limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
      'limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
      'limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited',
      'limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
    ],
  ],
  [
    queue({ queues: 4, handSize: 5 }),
    ['limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)'],
  ],
  [
    queue({ queues: 1024, handSize: 7 }),
    [
      'limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should not be greater than 60',
    ],
  ],
  [queue({ queues: 1024, handSize: 6 }), []],
])('a priority level %#', (spec, wanted) => {
  expect(refusals(LEVELS, { spec })).toEqual(wanted.map((line) => `spec.${line}`).sort());
});

test('a level that says little gets the usual shares and queues', () => {
  expect(at(created(LEVELS, { spec: queue({}) }), 'spec.limited')).toEqual({
    nominalConcurrencyShares: 30,
    lendablePercent: 0,
    limitResponse: { type: 'Queue', queuing: { handSize: 8, queues: 64, queueLengthLimit: 50 } },
  });
  expect(created(SCHEMAS, { spec: {} })['spec']).toEqual({ matchingPrecedence: 1000 });
});

test('flow control keeps what it needs', () => {
  const level = { type: 'Limited', limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } } };
  const named = (limited: object) =>
    refusals(LEVELS, {
      metadata: { name: 'catch-all' },
      spec: { ...level, limited: { ...level.limited, ...limited } },
    });
  expect(named({})).toEqual([]);
  expect(named({ nominalConcurrencyShares: 6 })).toEqual([
    'spec: Invalid value: {"Type":"Limited","Limited":{"NominalConcurrencyShares":6,"LimitResponse":{"Type":"Reject","Queuing":null},"LendablePercent":0,"BorrowingLimitPercent":null},"Exempt":null}: spec of \'catch-all\' must equal the fixed value',
  ]);
  const exempt = { type: 'Exempt', exempt: { nominalConcurrencyShares: 9 } };
  expect(refusals(LEVELS, { metadata: { name: 'exempt' }, spec: exempt })).toEqual([]);
});

test.each([SCHEMAS, LEVELS])('an update of %s need not say which version it changes', (resource) => {
  expect(strategyOf(resource).unconditionalUpdate).not.toBe(false);
});
