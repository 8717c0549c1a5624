import { expect, test } from 'vitest';
import type { StrategyContext } from '../../src/kinds/kind.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { internalValue } from '../../src/kinds/internal-value.ts';

const { strategy } = createRegistry().storage('pods')!;
const ctx: StrategyContext = {
  now: '2025-01-01T00:00:00Z',
  user: 'u',
  warn: () => {},
  subresource: '',
  apiVersion: 'v1',
};
type Loose = Record<string, unknown>;

const podOf = (spec: Loose, annotations?: Loose): KubeObject =>
  ({
    metadata: { name: 'p', namespace: 'n', ...(annotations && { annotations }) },
    spec: { containers: [{ name: 'c', image: 'i:1' }], serviceAccountName: 'default', ...structuredClone(spec) },
  }) as unknown as KubeObject;

/** `field: what`, of a create. */
function causes(spec: Loose, annotations?: Loose): string[] {
  const pod = podOf(spec, annotations);
  strategy.defaults!(pod);
  strategy.prepareForCreate!(pod, ctx);
  return [...strategy.validate!(pod, ctx), ...strategy.validateCreate!(pod, ctx)].map(
    ({ field, body }) => `${field.replace(/^spec\./, '')}: ${body}`,
  );
}
const container = (fields: Loose): Loose => ({ containers: [{ name: 'c', image: 'i:1', ...fields }] });
const volume = (source: Loose): Loose => ({ volumes: [{ name: 'v', ...source }] });

const table = (
  name: string,
  rows: readonly (readonly [Loose, ...string[]])[],
  of: (fields: Loose) => Loose = (fields) => fields,
): void =>
  test.each(rows.map(([fields, ...expected]) => ({ fields, expected })))(`${name}: $fields`, ({ fields, expected }) => {
    const found = causes(of(fields));
    expect(found).toEqual(expect.arrayContaining(expected));
    expect(found).toHaveLength(expected.length);
  });

table(
  'volumes',
  [
    [{ emptyDir: { sizeLimit: '1Gi' } }],
    [
      { emptyDir: { sizeLimit: '-1' } },
      'volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity',
    ],
    [{ hostPath: {} }, 'volumes[0].hostPath.path: Required value'],
    [{ hostPath: { path: '/a/../b' } }, `volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..'`],
    [
      { hostPath: { path: '/a', type: 'Dir' } },
      'volumes[0].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
    ],
    [
      { secret: { defaultMode: 512 } },
      'volumes[0].secret.secretName: Required value',
      'volumes[0].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive',
    ],
    [
      { configMap: { name: 'm', items: [{ key: 'k', path: '/x' }] } },
      'volumes[0].configMap.items[0].path: Invalid value: "/x": must be a relative path',
    ],
    [
      { configMap: { name: 'm', items: [{ key: '', path: '..x' }] } },
      'volumes[0].configMap.items[0].key: Required value',
      `volumes[0].configMap.items[0].path: Invalid value: "..x": must not start with '..'`,
    ],
    [{ nfs: { server: 's', path: 'x' } }, 'volumes[0].nfs.path: Invalid value: "x": must be an absolute path'],
    [
      { iscsi: { targetPortal: 'a', iqn: 'x', lun: 300 } },
      'volumes[0].iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa',
      'volumes[0].iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive',
    ],
    [
      { downwardAPI: { items: [{ path: 'p' }] } },
      'volumes[0].downwardAPI: Required value: one of fieldRef and resourceFieldRef is required',
    ],
    [
      { downwardAPI: { items: [{ path: 'p', fieldRef: { fieldPath: 'spec.nodeName' } }] } },
      'volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "spec.nodeName": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"',
    ],
    [
      { downwardAPI: { items: [{ path: 'p', resourceFieldRef: { resource: 'limits.cpu' } }] } },
      'volumes[0].downwardAPI.resourceFieldRef.containerName: Required value',
    ],
    [
      {
        projected: {
          sources: [
            { secret: { name: 's', items: [{ key: 'k', path: 'a' }] } },
            { configMap: { name: 'm', items: [{ key: 'k', path: 'a' }] } },
          ],
        },
      },
      'volumes[0].projected: Invalid value: "m": conflicting duplicate paths',
    ],
    [
      { projected: { sources: [{ serviceAccountToken: { path: 't', expirationSeconds: 5 } }] } },
      'volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes',
    ],
    [
      { projected: { sources: [{ secret: { name: 's' }, configMap: { name: 'm' } }] } },
      'volumes[0].projected.sources[0]: Forbidden: may not specify more than 1 volume type per source',
    ],
    [
      { cephfs: { monitors: ['m'] }, emptyDir: {} },
      'volumes[0].cephFS: Forbidden: may not specify more than 1 volume type',
    ],
    [
      { csi: {} },
      'volumes[0].csi.driver: Required value',
      expect.stringContaining('volumes[0].csi.driver: Invalid value: ""') as never,
    ],
    [{ ephemeral: {} }, 'volumes[0].ephemeral.volumeClaimTemplate: Required value'],
    [
      { ephemeral: { volumeClaimTemplate: { metadata: { name: 'x' }, spec: {} } } },
      'volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set',
      'volumes[0].ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required',
      'volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value',
    ],
    [{ image: {} }, 'volumes[0].image.reference: Required value'],
    [{ gcePersistentDisk: {} }, 'volumes[0].persistentDisk.pdName: Required value'],
  ],
  volume,
);

test('a volume with a fault cannot be mounted', () => {
  const spec = { ...container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }), ...volume({ secret: {} }) };
  expect(causes(spec)).toEqual([
    'volumes[0].secret.secretName: Required value',
    'containers[0].volumeMounts[0].name: Not found: "v"',
  ]);
});

table(
  'containers',
  [
    [
      { name: 'Bad_' },
      expect.stringContaining('containers[0].name: Invalid value: "Bad_": a lowercase RFC 1123 label') as never,
    ],
    [{ image: ' i' }, 'containers[0].image: Invalid value: " i": must not have leading or trailing whitespace'],
    [
      { imagePullPolicy: 'X' },
      'containers[0].imagePullPolicy: Unsupported value: "X": supported values: "Always", "IfNotPresent", "Never"',
    ],
    [
      { terminationMessagePolicy: 'X' },
      'containers[0].terminationMessagePolicy: Unsupported value: "X": supported values: "File", "FallbackToLogsOnError"',
    ],
    [
      {
        ports: [
          { name: 'a', containerPort: 1 },
          { name: 'a', containerPort: 2, protocol: 'X' },
        ],
      },
      'containers[0].ports[1].name: Duplicate value: "a"',
      'containers[0].ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
    ],
    [
      {
        ports: [
          { containerPort: 1, hostPort: 5 },
          { containerPort: 2, hostPort: 5 },
        ],
      },
      'containers[0].ports[1].hostPort: Duplicate value: "TCP//5"',
    ],
    [
      { env: [{ name: 'a=b' }] },
      `containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name must consist only of printable ASCII characters other than '='`,
    ],
    [
      { env: [{ name: 'A', valueFrom: {} }] },
      'containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    ],
    [
      { env: [{ name: 'A', value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] },
      'containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
    ],
    [
      { env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.foo' } } }] },
      'containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.foo": error converting fieldPath: field label not supported: metadata.foo',
    ],
    [
      { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.gpu' } } }] },
      'containers[0].env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"',
    ],
    [
      { env: [{ name: 'A', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } } }] },
      `containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
    ],
    [
      { env: [{ name: 'A', valueFrom: { fileKeyRef: { key: 'k', path: 'p', volumeName: 'none' } } }] },
      'containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "none"',
    ],
    [{ envFrom: [{}] }, 'containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`'],
    [
      { volumeMounts: [{ name: 'v' }] },
      'containers[0].volumeMounts[0].name: Not found: "v"',
      'containers[0].volumeMounts[0].mountPath: Required value',
    ],
    [
      { resources: { limits: { foo: '1' } } },
      ...['limits', 'requests'].flatMap((kind) => [
        `containers[0].resources.${kind}[foo]: Invalid value: "foo": must be a standard resource for containers`,
        `containers[0].resources.${kind}[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`,
      ]),
    ],
    [
      { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } },
      'containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      { resources: { requests: { 'example.com/gpu': '1' } } },
      'containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
    ],
    [
      { resources: { limits: { 'example.com/gpu': '1500m' } } },
      'containers[0].resources.limits[example.com/gpu]: Invalid value: "1500m": must be an integer',
      'containers[0].resources.requests[example.com/gpu]: Invalid value: "1500m": must be an integer',
    ],
    [
      { resources: { limits: { 'hugepages-2Mi': '2Mi' } } },
      'containers[0].resources: Forbidden: HugePages require cpu or memory',
    ],
    [
      { resources: { limits: { memory: '-1' } } },
      ...['limits', 'requests'].map(
        (kind) => `containers[0].resources.${kind}[memory]: Invalid value: "-1": must be greater than or equal to 0`,
      ),
    ],
    [
      { resources: { claims: [{ name: 'x' }] } },
      'containers[0].resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty',
    ],
    [{ livenessProbe: {} }, 'containers[0].livenessProbe: Required value: must specify a handler type'],
    [
      { livenessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 }, successThreshold: 2 } },
      'containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type',
      'containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1',
    ],
    [
      { readinessProbe: { grpc: { port: 0 }, terminationGracePeriodSeconds: 5 } },
      'containers[0].readinessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes',
    ],
    [
      { livenessProbe: { httpGet: { port: 80, scheme: 'ftp', httpHeaders: [{ name: 'a b' }] }, periodSeconds: -1 } },
      'containers[0].livenessProbe.httpGet.scheme: Unsupported value: "ftp": supported values: "HTTP", "HTTPS"',
      `containers[0].livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
      'containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      { lifecycle: { preStop: { sleep: { seconds: 31 } } } },
      'containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
    ],
    [
      { restartPolicyRules: [{ action: 'X' }] },
      'containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used',
      'containers[0].restartPolicyRules[0].action: Unsupported value: "X": supported values: "Restart"',
      'containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified',
    ],
    [
      { resizePolicy: [{ resourceName: 'x', restartPolicy: 'y' }] },
      'containers[0].resizePolicy: Unsupported value: "x": supported values: "cpu", "memory"',
      'containers[0].resizePolicy: Unsupported value: "y": supported values: "NotRequired", "RestartContainer"',
    ],
    [
      { securityContext: { procMount: 'Unmasked', runAsUser: -1 } },
      'containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
      'containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ],
    [
      { securityContext: { seccompProfile: { type: 'RuntimeDefault', localhostProfile: 'x' } } },
      'containers[0].securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"x"}: can only be set when seccomp type is Localhost',
    ],
    [
      { securityContext: { privileged: true, allowPrivilegeEscalation: false } },
      expect.stringMatching(
        /^containers\[0\].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,.*}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true$/,
      ) as never,
    ],
    [
      { securityContext: { windowsOptions: { runAsUserName: 'a\\b\\c' } } },
      'containers[0].securityContext.windowsOptions.runAsUserName: Invalid value: "a\\\\b\\\\c": runAsUserName cannot contain more than one backslash',
    ],
  ],
  container,
);

table(
  'init containers',
  [
    [
      { livenessProbe: { exec: { command: ['x'] } } },
      'initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
    ],
    [{ restartPolicy: 'Always', livenessProbe: { exec: { command: ['x'] } } }],
    [{ name: 'c' }, 'initContainers[0].name: Duplicate value: "c"'],
    [
      { restartPolicy: 'X' },
      'initContainers[0].restartPolicy: Unsupported value: "X": supported values: "Always", "Never", "OnFailure"',
    ],
  ],
  (fields) => ({ initContainers: [{ name: 'i', image: 'i:1', ...fields }] }),
);

table(
  'mounts',
  [
    [
      { mountPath: '/a', subPath: '/x' },
      'containers[0].volumeMounts.subPath: Invalid value: "/x": must be a relative path',
    ],
    [
      { mountPath: '/a', mountPropagation: 'Bidirectional' },
      'containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
    ],
    [
      { mountPath: '/a', recursiveReadOnly: 'Enabled' },
      'containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true',
    ],
    [
      { mountPath: '/a', subPath: 'a', subPathExpr: 'b' },
      'containers[0].volumeMounts[0].subPathExpr: Invalid value: "b": subPathExpr and subPath are mutually exclusive',
    ],
  ],
  (fields) => ({ ...container({ volumeMounts: [{ name: 'v', ...fields }] }), ...volume({ emptyDir: {} }) }),
);

table('specs', [
  [{ restartPolicy: 'X' }, 'restartPolicy: Unsupported value: "X": supported values: "Always", "OnFailure", "Never"'],
  [
    { dnsPolicy: 'X' },
    'dnsPolicy: Unsupported value: "X": supported values: "ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
  ],
  [
    { dnsConfig: { nameservers: ['x'], searches: ['a_b', '.'], options: [{}] } },
    'dnsConfig.nameservers[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    'dnsConfig.options[0]: Required value: must not be empty',
  ],
  [
    { activeDeadlineSeconds: 0 },
    'activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive',
  ],
  [{ terminationGracePeriodSeconds: -5 }],
  [
    { preemptionPolicy: 'X' },
    'preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"',
  ],
  [{ os: { name: 'beos' } }, 'os: Unsupported value: "beos": supported values: "linux", "windows"'],
  [
    { os: { name: 'windows' }, securityContext: { fsGroup: 1 }, hostPID: true },
    'securityContext.fsGroup: Forbidden: cannot be set for a windows pod',
    'hostPID: Forbidden: cannot be set for a windows pod',
  ],
  [
    { hostUsers: false, hostNetwork: true, hostPID: true },
    'hostNetwork: Forbidden: when `hostUsers` is false',
    'HostPID: Forbidden: when `hostUsers` is false',
  ],
  [
    { hostnameOverride: 'A', setHostnameAsFQDN: true },
    'hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true',
    expect.stringContaining('hostnameOverride: Invalid value: "A"') as never,
  ],
  [
    { tolerations: [{ operator: 'Equal' }] },
    'tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
  ],
  [
    { tolerations: [{ key: 'k', operator: 'Exists', value: 'v', effect: 'X' }] },
    `tolerations[0].operator: Invalid value: "v": value must be empty when \`operator\` is 'Exists'`,
    'tolerations[0].effect: Unsupported value: "X": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    {
      topologySpreadConstraints: [
        { maxSkew: 0, topologyKey: 'k', whenUnsatisfiable: 'DoNotSchedule', minDomains: 0, labelSelector: {} },
      ],
    },
    'topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
    'topologySpreadConstraints[0].minDomains: Invalid value: 0: must be greater than zero',
  ],
  [
    {
      topologySpreadConstraints: [1, 2].map(() => ({
        maxSkew: 1,
        topologyKey: 'k',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: {},
      })),
    },
    'topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{k, ScheduleAnyway}"',
  ],
  [
    {
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: 'k', whenUnsatisfiable: 'ScheduleAnyway', matchLabelKeys: ['a'] },
      ],
    },
    'topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set',
  ],
  [
    { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } },
    'affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
  ],
  [
    {
      affinity: {
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            { weight: 0, podAffinityTerm: { topologyKey: 'k', namespaces: ['N'] } },
          ],
        },
      },
    },
    'affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100',
    expect.stringContaining(
      'preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.namespace: Invalid value: "N"',
    ) as never,
  ],
  [
    {
      securityContext: { sysctls: [{ name: 'net.a' }], fsGroupChangePolicy: 'X', seLinuxChangePolicy: 'MountOption' },
      hostNetwork: true,
    },
    `securityContext.sysctls[0].name: Invalid value: "net.a": may not be specified when 'hostNetwork' is true`,
    'securityContext.fsGroupChangePolicy: Unsupported value: "X": supported values: "Always", "OnRootMismatch"',
    'securityContext.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"',
  ],
  [
    { resourceClaims: [{ name: 'a' }] },
    'resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
  ],
  [
    { overhead: { foo: '1' } },
    'overhead.limits[foo]: Invalid value: "foo": must be a standard resource for containers',
    'overhead.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified',
  ],
  [
    { nodeName: 'n', schedulingGates: [{ name: 'g' }] },
    'nodeName: Forbidden: cannot be set until all schedulingGates have been cleared',
  ],
  [{ ephemeralContainers: [{ name: 'e', image: 'i' }] }, 'ephemeralContainers: Forbidden: cannot be set on create'],
  [
    { resources: { limits: { cpu: '1' } }, ...container({ resources: { limits: { cpu: '2' } } }) },
    'resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    'resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1',
  ],
  [{ imagePullSecrets: [{}] }],
  [{ workloadRef: { name: 'w', podGroup: 'g' } }],
]);

test('annotations that mean something are looked at', () => {
  expect(causes({}, { 'controller.kubernetes.io/pod-deletion-cost': '007' })).toEqual([
    'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "007": must be a 32bit integer',
  ]);
  expect(causes({}, { 'container.apparmor.security.beta.kubernetes.io/x': 'bad' })).toHaveLength(2);
  expect(causes({}, { 'seccomp.security.alpha.kubernetes.io/pod': 'bad' })).toEqual([
    'metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "bad": must be a valid seccomp profile',
  ]);
});

test('what messages print of a volume has the names and the order of the internal types', () => {
  const rbd = { monitors: ['m'], image: 'i', pool: 'rbd', user: 'admin', keyring: '/k' };
  const claim = { volumeClaimTemplate: { metadata: { labels: { a: 'b' } }, spec: {} } };
  const form = internalValue('Volume', {
    name: 'v',
    rbd,
    iscsi: { chapAuthSession: true },
    glusterfs: { endpoints: 'e' },
    ephemeral: claim,
  });
  expect(Object.keys(form).slice(10, 15)).toEqual(['PersistentVolumeClaim', 'RBD', 'Quobyte', 'FlexVolume', 'Cinder']);
  expect(Object.keys(form.RBD as Loose)).toEqual([
    'CephMonitors',
    'RBDImage',
    'FSType',
    'RBDPool',
    'RadosUser',
    'Keyring',
    'SecretRef',
    'ReadOnly',
  ]);
  expect(form.ISCSI).toMatchObject({ IQN: '', ISCSIInterface: '', DiscoveryCHAPAuth: false, SessionCHAPAuth: true });
  expect(form.Glusterfs).toMatchObject({ EndpointsName: 'e' });
  expect(Object.keys((form.Ephemeral as Loose).VolumeClaimTemplate as Loose)).toEqual(['labels', 'Spec']);
});
