import { expect, test } from 'vitest';
import { causes, updateCauses } from './support.ts';

type Case = [resource: string, object: object, ...causes: string[]];
const volume = { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const annotated = (key: string, value: string): object => ({
  metadata: { annotations: { [`scheduler.alpha.kubernetes.io/${key}`]: value } },
});
const IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const QUALIFIED =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const cases: Case[] = [
  [
    'configmaps',
    { data: { a: '1' }, binaryData: { a: 'AA==' } },
    'data[a]: Invalid value: "a": duplicate of key present in binaryData',
  ],
  ['configmaps', { data: { '..': '' } }, `data[..]: Invalid value: "..": must not be '..'`],
  ['configmaps', { data: { a: 'x'.repeat(1024 * 1024 + 1) } }, '[]: Too long: may not be more than 1048576 bytes'],
  ['secrets', { type: 'kubernetes.io/tls' }, 'data[tls.crt]: Required value', 'data[tls.key]: Required value'],
  [
    'secrets',
    { type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': '' } },
    'data[ssh-privatekey]: Required value',
  ],
  ['secrets', { type: 'kubernetes.io/basic-auth' }, 'data[password]: Required value', 'data[username]: Required value'],
  ['secrets', { type: 'kubernetes.io/basic-auth', stringData: { username: '' } }],
  [
    'secrets',
    { type: 'kubernetes.io/service-account-token' },
    'metadata.annotations[kubernetes.io/service-account.name]: Required value',
  ],
  [
    'secrets',
    { type: 'kubernetes.io/dockercfg', stringData: { '.dockercfg': '[1]' } },
    'data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
  [
    'secrets',
    { type: 'kubernetes.io/dockercfg', stringData: { '.dockercfg': '{"a":1,}' } },
    `data[.dockercfg]: Invalid value: "<secret contents redacted>": invalid character '}' looking for beginning of object key string`,
  ],
  [
    'namespaces',
    { spec: { finalizers: ['x'] } },
    'spec.finalizers: Invalid value: "x": name is neither a standard finalizer name nor is it fully qualified',
  ],
  ['namespaces', { metadata: { name: 'a.b' } }, 'metadata.name: Invalid value: "a.b": must not contain dots'],
  [
    'nodes',
    { spec: { taints: [{ key: 'a', effect: 'No' }] } },
    'metadata.taints[0].effect: Unsupported value: "No": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    'nodes',
    {
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', effect: 'NoSchedule' },
        ],
      },
    },
    'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
  ],
  [
    'nodes',
    annotated('taints', '[{"key":"a"}]'),
    'metadata.annotations.scheduler.alpha.kubernetes.io/taints[0].effect: Required value',
  ],
  [
    'nodes',
    annotated('taints', '{}'),
    'metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/taints": json: cannot unmarshal object into Go value of type []v1.Taint',
  ],
  [
    'nodes',
    annotated('taints', '[{"effect":1}]'),
    'metadata.annotations: Invalid value: "scheduler.alpha.kubernetes.io/taints": json: cannot unmarshal number into Go struct field Taint.effect of type v1.TaintEffect',
  ],
  [
    'nodes',
    annotated('preferAvoidPods', '{'),
    'metadata.annotations.AvoidPods: Invalid value: "scheduler.alpha.kubernetes.io/preferAvoidPods": unexpected end of JSON input',
  ],
  [
    'nodes',
    annotated('preferAvoidPods', '{"preferAvoidPods":[{"podSignature":{"podController":{"controller":true}}},{}]}'),
    'metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[1].PodSignature: Required value',
  ],
  [
    'nodes',
    annotated('preferAvoidPods', '{"preferAvoidPods":[{"podSignature":{"podController":{"controller":false}}}]}'),
    'metadata.annotations.scheduler.alpha.kubernetes.io/preferAvoidPods[0].PodSignature.PodController.Controller: Invalid value: false: must point to a controller',
  ],
  [
    'nodes',
    { spec: { podCIDRs: ['10.0.0.0/24', '10.1.0.0/24'] } },
    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.1.0.0/24"]: may specify no more than one CIDR for each IP family',
  ],
  [
    'nodes',
    { status: { capacity: { pods: '1500m' } } },
    'status.allocatable.pods: Invalid value: "1500m": must be an integer',
    'status.capacity.pods: Invalid value: "1500m": must be an integer',
  ],
  [
    'endpoints',
    { subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 80 }, { port: 81 }] }] },
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'subsets[0].ports[0].name: Required value',
    'subsets[0].ports[1].name: Required value',
  ],
  [
    'endpoints',
    { subsets: [{ ports: [{ port: 80, protocol: 'X' }] }] },
    'subsets[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    'subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`',
  ],
  [
    'limitranges',
    { spec: { limits: [{ type: 'Pod', default: { cpu: '1' } }, { type: 'Pod' }] } },
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    'spec.limits[1].type: Duplicate value: "Pod"',
  ],
  [
    'limitranges',
    { spec: { limits: [{ type: 'PersistentVolumeClaim' }, { type: 'X' }] } },
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
    'spec.limits[1].type: Invalid value: "X": must be a standard limit type or fully qualified',
  ],
  [
    'limitranges',
    {
      spec: {
        limits: [{ type: 'Container', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } }],
      },
    },
    'spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3": ratio 3 is greater than max/min = 2.000000',
  ],
  [
    'limitranges',
    { spec: { limits: [{ type: 'Container', max: { x: '1' } }] } },
    ...['default', 'defaultRequest', 'max'].flatMap((f) => [
      `spec.limits[0].${f}[x]: Invalid value: "x": must be a standard resource for containers`,
      `spec.limits[0].${f}[x]: Invalid value: "x": must be a standard resource type or fully qualified`,
    ]),
  ],
  [
    'resourcequotas',
    { spec: { hard: { x: '1', pods: '1.5', cpu: '-1' } } },
    'spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    'spec.hard[pods]: Invalid value: "1500m": must be an integer',
    'spec.hard[x]: Invalid value: "x": must be a standard resource for quota',
    'spec.hard[x]: Invalid value: "x": must be a standard resource type or fully qualified',
  ],
  [
    'resourcequotas',
    { spec: { hard: { services: '1' }, scopes: ['BestEffort', 'NotBestEffort'] } },
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes',
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: unsupported scope applied to resource',
    'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: unsupported scope applied to resource',
  ],
  [
    'resourcequotas',
    { spec: { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } } },
    "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
  ],
  ['persistentvolumes', { spec: volume }, 'spec: Required value: must specify a volume type'],
  [
    'persistentvolumes',
    { spec: { ...volume, capacity: { storage: '0' }, hostPath: { path: '/a/../b' } } },
    `spec.capacity[storage]: Invalid value: "0": must be greater than zero`,
    `spec.hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
  ],
  [
    'persistentvolumes',
    { spec: { ...volume, local: { path: '/x' } } },
    'spec.nodeAffinity: Required value: Local volume requires node affinity',
  ],
  [
    'persistentvolumes',
    { spec: { ...volume, csi: { driver: '' } } },
    `spec.csi.driver: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
    'spec.csi.driver: Required value',
    'spec.csi.volumeHandle: Required value',
  ],
  [
    'persistentvolumes',
    { spec: { ...volume, iscsi: { targetPortal: 'a', iqn: 'iqn.x', lun: 300 } } },
    'spec.iscsi.iqn: Invalid value: "iqn.x": must be valid format',
    'spec.iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive',
  ],
  [
    'persistentvolumes',
    { spec: { ...volume, hostPath: { path: '/' }, persistentVolumeReclaimPolicy: 'Recycle' } },
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ],
  [
    'persistentvolumeclaims',
    { spec: { ...claim, accessModes: ['ReadWriteOncePod', 'ReadWriteOnce'] } },
    'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
  ],
  [
    'persistentvolumeclaims',
    { spec: { ...claim, dataSourceRef: { kind: 'X', name: 'x' } } },
    ...['dataSource', 'dataSourceRef'].map(
      (f) => `spec.${f}: Invalid value: "X": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
    ),
  ],
  [
    'persistentvolumeclaims',
    { spec: { ...claim, volumeMode: 'X' } },
    'spec.volumeMode: Unsupported value: "X": supported values: "Block", "Filesystem"',
  ],
  [
    'replicationcontrollers',
    { spec: { replicas: -1 } },
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    'spec.selector: Required value',
    'spec.template: Required value',
  ],
  [
    'serviceaccounts',
    { metadata: { finalizers: ['orphan', 'foregroundDeletion'] } },
    'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
  ],
  [
    'configmaps',
    { metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: '', uid: 'u' }] } },
    'metadata.ownerReferences.name: Invalid value: "": must not be empty',
    'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
  ],
  [
    'events',
    {
      metadata: { name: 'A_B' },
      involvedObject: { namespace: 'n' },
      eventTime: '2025-01-01T00:00:00.000000Z',
      reportingInstance: 'i',
      action: 'a',
      reason: 'r',
    },
    `reportingComponent: Invalid value: "": name part ${QUALIFIED}`,
    'reportingComponent: Invalid value: "": name part must be non-empty',
    'reportingComponent: Required value',
  ],
];

test.each(cases)('%s %j is refused with its causes', (resource, object, ...expected) => {
  expect(causes(resource, object)).toEqual([...expected].sort());
});

const ports = [{ port: 80 }];
const services: [spec: object, ...causes: string[]][] = [
  [{ ports }],
  [{}, 'spec.ports: Required value'],
  [
    { ports: [{ port: 80 }, { port: 80 }] },
    'spec.ports[0].name: Required value',
    'spec.ports[1].name: Required value',
    'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
  ],
  [
    {
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    },
    'spec.ports[1].name: Duplicate value: "a"',
  ],
  [
    { ports: [{ port: 80, nodePort: 30000 }] },
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    { ports, type: 'NodePort', clusterIP: 'None', clusterIPs: ['None'] },
    `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
  ],
  [{ type: 'ExternalName' }, 'spec.externalName: Required value'],
  [
    { type: 'ExternalName', externalName: 'a.example.com.', clusterIPs: ['10.96.0.1'] },
    'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
  ],
  [
    { ports, sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 90000 } } },
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400',
  ],
  [
    { ports, externalIPs: ['x', '169.254.1.1'] },
    `spec.externalIPs[0]: Invalid value: "x": ${IP}`,
    'spec.externalIPs[1]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
  ],
  [
    { ports, loadBalancerSourceRanges: ['1.2.3.4'] },
    "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
    'spec.LoadBalancerSourceRanges[0]: Invalid value: "1.2.3.4": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    { ports, loadBalancerClass: 'a', allocateLoadBalancerNodePorts: true },
    "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    { ports, externalTrafficPolicy: 'Local' },
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    { ports, healthCheckNodePort: 31000 },
    "spec.healthCheckNodePort: Invalid value: 31000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
  ],
  [
    { ports, internalTrafficPolicy: 'X', trafficDistribution: 'Y' },
    'spec.internalTrafficPolicy: Unsupported value: "X": supported values: "Cluster", "Local"',
    'spec.trafficDistribution: Unsupported value: "Y": supported values: "PreferClose", "PreferSameNode", "PreferSameZone"',
  ],
];

test.each(services)('a Service with %j is refused with its causes', (spec, ...expected) => {
  expect(causes('services', { spec })).toEqual([...expected].sort());
});

test('a claim stays but for its size, its class and, once, its volume', () => {
  const update = (old: object, spec: object, status = {}) =>
    updateCauses('persistentvolumeclaims', { spec: { ...claim, ...old }, status }, { spec: { ...claim, ...spec } });
  expect(update({}, { volumeName: 'v' })).toEqual([]);
  expect(update({}, { storageClassName: 'c' })).toEqual([]);
  const bigger = { resources: { requests: { storage: '2Gi' } } };
  expect(update({}, bigger, { phase: 'Bound' })).toEqual([]);
  expect(update({}, bigger)[0]).toMatch(
    /^spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n@@ -\d+,\d+ \+\d+,\d+ @@\n/,
  );
  expect(update(bigger, {}, { phase: 'Bound', capacity: { storage: '2Gi' } })).toEqual([
    'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
  ]);
  expect(update({ volumeAttributesClassName: 'a' }, {}, { phase: 'Bound' })).toContain(
    'spec.volumeAttributesClassName: Forbidden: update from non-nil value to nil is forbidden',
  );
});

test('a volume keeps its source, a node its ranges, a namespace its phase', () => {
  const source = updateCauses(
    'persistentvolumes',
    { spec: { ...volume, hostPath: { path: '/a' } } },
    { spec: { ...volume, hostPath: { path: '/b' } } },
  );
  expect(source).toHaveLength(1);
  expect(source[0]).toContain('spec.persistentvolumesource is immutable after creation\n@@');
  expect(source[0]).toContain('-  "Path": "/a",\n+  "Path": "/b",\n');
  expect(
    updateCauses(
      'nodes',
      { spec: { podCIDR: '10.0.0.0/24', providerID: 'a' } },
      { spec: { podCIDR: '10.1.0.0/24', providerID: 'b' } },
    ),
  ).toEqual([
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ]);
  expect(updateCauses('namespaces', {}, { status: { phase: 'Terminating' } }, 'status')).toEqual([
    'status.Phase: Invalid value: "Terminating": may only be \'Active\' if `deletionTimestamp` is empty',
  ]);
});

test('what is immutable says so', () => {
  expect(updateCauses('secrets', { immutable: true, data: { a: 'AA==' } }, { data: {} })).toEqual([
    'data: Forbidden: field is immutable when `immutable` is set',
    'immutable: Forbidden: field is immutable when `immutable` is set',
  ]);
  expect(updateCauses('secrets', { type: 'a' }, { type: 'b' })).toEqual([
    'type: Invalid value: "b": field is immutable',
  ]);
  expect(updateCauses('resourcequotas', { spec: { scopes: ['BestEffort'] } }, { spec: {} })).toEqual([
    'spec.scopes: Invalid value: null: field is immutable',
  ]);
});

test('a status is checked on its own', () => {
  const rc = { spec: { selector: { a: 'b' } }, status: { replicas: 1, readyReplicas: 2 } };
  expect(updateCauses('replicationcontrollers', rc, rc, 'status')).toEqual([
    'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
  ]);
  const ingress = [{ ip: '1.2.3.4', ipMode: 'X' }, { hostname: '1.2.3.4' }];
  const balancer = { spec: { type: 'LoadBalancer', ports }, status: { loadBalancer: { ingress } } };
  expect(updateCauses('services', balancer, balancer, 'status')).toEqual([
    'status.loadBalancer.ingress[0].ipMode: Unsupported value: "X": supported values: "Proxy", "VIP"',
    'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
  ]);
  expect(
    updateCauses('services', { spec: { ports } }, { spec: { ports }, status: { loadBalancer: { ingress } } }, 'status'),
  ).toEqual(["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"]);
});
