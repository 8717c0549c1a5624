import { expect, test } from 'vitest';
import type { KubeObject } from '../../../src/meta/object.ts';
import { changeRefusals, created, refusals, strategyOf } from './refusals.ts';
import { at } from '../../support/at.ts';

const PRIORITIES = 'priorityclasses.scheduling.k8s.io';
const RUNTIMES = 'runtimeclasses.node.k8s.io';
const SERVICES = 'apiservices.apiregistration.k8s.io';
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

test.each([
  [{ value: 1 }, []],
  [{ value: 1_000_000_001 }, ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']],
  [
    { value: 1, preemptionPolicy: 'Often' },
    ['preemptionPolicy: Unsupported value: "Often": supported values: "PreemptLowerPriority", "Never"'],
  ],
  [
    { metadata: { name: 'system-x' } },
    [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
    ],
  ],
  [
    { metadata: { name: 'system-node-critical' }, value: 1 },
    [
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: value of system-node-critical PriorityClass must be 2000001000",
    ],
  ],
])('a priority class %#', (fields, wanted) => {
  expect(refusals(PRIORITIES, fields)).toEqual(wanted);
});

test('labels of nodes that have newer names are told of', () => {
  const warnings = (key: string, fields: object) => strategyOf(key).warnings!(fields as KubeObject, undefined);
  const said = 'deprecated since v1.14; use "kubernetes.io/os" instead';
  const old = 'beta.kubernetes.io/os';
  expect(warnings(RUNTIMES, { scheduling: { nodeSelector: { [old]: 'linux', a: 'b' } } })).toEqual([
    `scheduling.nodeSelector: ${old} is ${said}`,
  ]);
  expect(
    warnings('storageclasses.storage.k8s.io', {
      allowedTopologies: [{ matchLabelExpressions: [{ key: old, values: ['a'] }] }],
    }),
  ).toEqual([`allowedTopologies[0].matchLabelExpressions[0].key: ${old} is ${said}`]);
});

test('a priority stays', () => {
  expect(changeRefusals(PRIORITIES, { value: 1 }, { value: 2, preemptionPolicy: 'Never' })).toEqual([
    'preemptionPolicy: Invalid value: "Never": field is immutable',
    'value: Forbidden: may not be changed in an update.',
  ]);
});

test.each([
  [{ handler: 'h' }, []],
  [{}, [`handler: Invalid value: "": ${LABEL}`]],
  [
    { handler: 'h', overhead: { podFixed: { cpu: '-1', tea: '1' } } },
    [
      'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      'overhead.limits[tea]: Invalid value: "tea": must be a standard resource for containers',
      'overhead.limits[tea]: Invalid value: "tea": must be a standard resource type or fully qualified',
    ],
  ],
  [
    {
      handler: 'h',
      scheduling: {
        tolerations: [
          { operator: 'Exists', value: 'v' },
          { key: 'k' },
          { key: 'k' },
          { key: 'k', operator: 'Near', effect: 'Odd' },
        ],
      },
    },
    [
      'scheduling.tolerations[0].operator: Invalid value: "v": value must be empty when `operator` is \'Exists\'',
      'scheduling.tolerations[2]: Duplicate value: {"Key":"k","Operator":"","Value":"","Effect":"","TolerationSeconds":null}',
      'scheduling.tolerations[3].effect: Unsupported value: "Odd": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
      'scheduling.tolerations[3].operator: Unsupported value: "Near": supported values: "Equal", "Exists"',
    ],
  ],
])('a runtime class %#', (fields, wanted) => {
  expect(refusals(RUNTIMES, fields)).toEqual(wanted);
});

const metadata = { name: 'v1.g.example.com' };
const spec = { group: 'g.example.com', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 };
test.each([
  [metadata, {}, []],
  [{ name: 'a' }, {}, ['metadata.name: Invalid value: "a": must be `spec.version+"."+spec.group`: "v1.g.example.com"']],
  [
    { name: 'v2.' },
    { group: '', version: 'v2' },
    ['spec.group: Required value: only v1 may have an empty group and it better be legacy kube'],
  ],
  [
    metadata,
    { groupPriorityMinimum: 20001, versionPriority: 0 },
    [
      'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000',
      'spec.versionPriority: Invalid value: 0: must be positive and less than 1000',
    ],
  ],
  [
    metadata,
    { insecureSkipTLSVerify: true, caBundle: 'AAAA' },
    [
      'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
      'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
    ],
  ],
  [
    metadata,
    { service: {}, insecureSkipTLSVerify: true, caBundle: 'AAAA' },
    [
      'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
      'spec.service.name: Required value',
      'spec.service.namespace: Required value',
    ],
  ],
  ...[0, 65536].map((port): [object, object, string[]] => [
    metadata,
    { service: { namespace: 'n', name: 's', port } },
    [`spec.service.port: Invalid value: ${port}: port is not valid: must be between 1 and 65535, inclusive`],
  ]),
])('an API service %#', (meta, change, wanted) => {
  expect(refusals(SERVICES, { metadata: meta, spec: { ...spec, ...change } })).toEqual(wanted);
});

test('what the server serves itself is there at once', () => {
  expect(at(created(SERVICES, { metadata, spec }), 'status.conditions')).toMatchObject([
    { type: 'Available', status: 'True', reason: 'Local' },
  ]);
  expect(created(SERVICES, { metadata, spec: { ...spec, service: {} } })).toMatchObject({
    spec: { service: { port: 443 } },
    status: {},
  });
  expect(strategyOf(SERVICES).name!('v1.', false)).toEqual([]);
});
