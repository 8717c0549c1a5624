import { expect, test } from 'vitest';
import { changeRefusals, created, refusals } from './refusals.ts';

const GROUP = 'storage.k8s.io';
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test.each([
  [{ provisioner: 'p' }, []],
  [{}, ['provisioner: Required value']],
  [
    { provisioner: 'p', reclaimPolicy: 'Recycle', volumeBindingMode: 'Late' },
    [
      'reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"',
      'volumeBindingMode: Unsupported value: "Late": supported values: "Immediate", "WaitForFirstConsumer"',
    ],
  ],
  [{ provisioner: 'p', parameters: { '': 'x' } }, ['parameters: Invalid value: "": field can not be empty.']],
  [
    {
      provisioner: 'p',
      allowedTopologies: [
        {
          matchLabelExpressions: [
            { key: 'z', values: ['a', 'a'] },
            { key: 'z', values: [] },
          ],
        },
      ],
    },
    [
      'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "a"',
      'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "z"',
      'allowedTopologies[0].matchLabelExpressions[1].values: Required value',
    ],
  ],
  [
    {
      provisioner: 'p',
      allowedTopologies: [
        { matchLabelExpressions: [{ key: 'z', values: ['a'] }] },
        { matchLabelExpressions: [{ key: 'z', values: ['a'] }] },
      ],
    },
    ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'],
  ],
  [{ provisioner: 'p', allowedTopologies: [{}] }, ['allowedTopologies[0].matchLabelExpressions: Duplicate value: ""']],
])('a storage class %#', (fields, wanted) => {
  expect(refusals(`storageclasses.${GROUP}`, fields)).toEqual(wanted);
});

test('what a storage class says of volumes stays', () => {
  const before = { provisioner: 'p', parameters: { a: 'b' } };
  expect(
    changeRefusals(`storageclasses.${GROUP}`, before, {
      provisioner: 'q',
      reclaimPolicy: 'Retain',
      volumeBindingMode: 'WaitForFirstConsumer',
    }),
  ).toEqual([
    'parameters: Forbidden: updates to parameters are forbidden.',
    'provisioner: Forbidden: updates to provisioner are forbidden.',
    'reclaimPolicy: Forbidden: updates to reclaimPolicy are forbidden.',
    'volumeBindingMode: Invalid value: "WaitForFirstConsumer": field is immutable',
  ]);
  expect(changeRefusals(`storageclasses.${GROUP}`, before, { ...before, allowVolumeExpansion: true })).toEqual([]);
});

test.each([
  [{}, []],
  [
    { fsGroupPolicy: 'Some' },
    ['spec.fsGroupPolicy: Unsupported value: "Some": supported values: "File", "None", "ReadWriteOnceWithFSType"'],
  ],
  [
    { volumeLifecycleModes: ['Odd'] },
    ['spec.volumeLifecycleModes: Unsupported value: "Odd": supported values: "Persistent", "Ephemeral"'],
  ],
  [
    {
      tokenRequests: [
        { audience: 'a', expirationSeconds: 5 },
        { audience: 'a' },
        { audience: 'b', expirationSeconds: 2 ** 33 },
      ],
    },
    [
      'spec.tokenRequests[0].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
      'spec.tokenRequests[1].audience: Duplicate value: "a"',
      'spec.tokenRequests[2].expirationSeconds: Invalid value: 8589934592: may not specify a duration larger than 2^32 seconds',
    ],
  ],
  [
    { nodeAllocatableUpdatePeriodSeconds: 9, serviceAccountTokenInSecrets: true },
    [
      'spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds',
      'spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified',
    ],
  ],
])('a CSI driver %#', (spec, wanted) => {
  expect(refusals(`csidrivers.${GROUP}`, { spec })).toEqual(wanted);
});

test('a CSI driver attaches and holds volumes unless it says otherwise, for good', () => {
  expect(created(`csidrivers.${GROUP}`, { spec: { volumeLifecycleModes: [] } })['spec']).toEqual({
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: ['Persistent'],
    requiresRepublish: false,
    seLinuxMount: false,
  });
  expect(
    changeRefusals(
      `csidrivers.${GROUP}`,
      { spec: {} },
      { spec: { attachRequired: false, volumeLifecycleModes: ['Ephemeral'] } },
    ),
  ).toEqual([
    'spec.attachedRequired: Invalid value: false: field is immutable',
    'spec.volumeLifecycleModes: Invalid value: ["Ephemeral"]: field is immutable',
  ]);
});

test('drivers of a node', () => {
  const driver = { name: 'd.example.com', nodeID: 'n' };
  expect(refusals(`csinodes.${GROUP}`, { spec: { drivers: [driver] } })).toEqual([]);
  expect(
    refusals(`csinodes.${GROUP}`, {
      spec: { drivers: [driver, { ...driver, nodeID: '', allocatable: { count: -1 }, topologyKeys: ['a', 'a'] }] },
    }),
  ).toEqual([
    'spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0',
    'spec.drivers[1].name: Duplicate value: "d.example.com"',
    'spec.drivers[1].nodeID: Required value',
    'spec.drivers[1]: Duplicate value: "a"',
  ]);
  const change = (after: object) =>
    changeRefusals(`csinodes.${GROUP}`, { spec: { drivers: [driver] } }, { spec: { drivers: [after] } });
  expect(change({ ...driver, allocatable: { count: 3 } })).toEqual([]);
  expect(change({ ...driver, nodeID: 'm' })).toEqual([
    'spec.drivers: Invalid value: {"Name":"d.example.com","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable',
  ]);
});

test('what a class gives its volumes is never nothing', () => {
  expect(refusals(`volumeattributesclasses.${GROUP}`, {})).toEqual([
    'driverName: Required value',
    'parameters: Required value: must contain at least one key/value pair',
  ]);
  const before = { driverName: 'd', parameters: { a: 'b' } };
  expect(
    changeRefusals(`volumeattributesclasses.${GROUP}`, before, { driverName: 'e', parameters: { a: 'c' } }),
  ).toEqual([
    'driverName: Forbidden: updates to driverName are forbidden.',
    'parameters: Forbidden: updates to parameters are forbidden.',
  ]);
});

test('capacity is of a class, and not less than nothing', () => {
  expect(refusals(`csistoragecapacities.${GROUP}`, { storageClassName: 'a', capacity: '1Gi' })).toEqual([]);
  expect(refusals(`csistoragecapacities.${GROUP}`, { capacity: '-1' })).toEqual([
    'capacity: Invalid value: "-1": must be greater than or equal to 0',
    `storageClassName: Invalid value: "": ${SUBDOMAIN}`,
  ]);
});

test.each([
  [{ attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v' } }, []],
  [
    {},
    [
      `spec.attacher: Invalid value: "": ${SUBDOMAIN}`,
      'spec.attacher: Required value',
      'spec.attacher: Required value',
      `spec.nodeName: Invalid value: "": ${SUBDOMAIN}`,
      'spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName',
    ],
  ],
  [
    { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v', inlineVolumeSpec: {} } },
    ['spec.source: Forbidden: must specify exactly one of inlineVolumeSpec and persistentVolumeName'],
  ],
])('an attachment %#', (spec, wanted) => {
  expect(refusals(`volumeattachments.${GROUP}`, { spec })).toEqual(wanted);
});

test('an attachment stays what it is', () => {
  const spec = { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v' } };
  expect(changeRefusals(`volumeattachments.${GROUP}`, { spec }, { spec: { ...spec, nodeName: 'm' } })).toEqual([
    'spec: Invalid value: {"Attacher":"d","Source":{"PersistentVolumeName":"v","InlineVolumeSpec":null},"NodeName":"m"}: field is immutable',
  ]);
});
