import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { pod, refusal, TestApi } from './support.ts';

let t: TestApi;
let name = '';
let count = 0;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());
beforeEach(() => {
  name = `p${++count}`;
  t.warnings.length = 0;
});

const made = async (spec: object = {}, metadata: object = {}) =>
  (await t.create('pods', pod(name, spec, metadata))).object;
/** `field: what` of each cause. */
const causes = async (call: Promise<unknown>): Promise<string[]> =>
  ((await refusal(call)).details?.causes ?? []).map(
    ({ field, message }) => `${field ?? ''}: ${(message ?? '').split('\n')[0]}`,
  );
const ONLY = expect.stringMatching(
  /^spec: Forbidden: pod updates may not change fields other than `spec.containers/,
) as string;

test('an update changes an image, adds tolerations and shortens the deadline', async () => {
  await made({ activeDeadlineSeconds: 60 });
  const { tolerations = [], containers } = (await t.get('pods', name)).object['spec'];
  const { object } = await t.merge('pods', name, {
    spec: {
      containers: [{ ...containers[0], image: 'i:2' }],
      activeDeadlineSeconds: 30,
      tolerations: [...tolerations, { key: 'k', operator: 'Exists' }],
    },
  });
  expect(object.metadata.generation).toBe(2);
});

test.each([
  [
    { activeDeadlineSeconds: 90 },
    ['spec.activeDeadlineSeconds: Invalid value: 90: must be less than or equal to previous value'],
  ],
  [
    { activeDeadlineSeconds: null },
    ['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value'],
  ],
  [{ hostname: 'x' }, [ONLY]],
  [
    { tolerations: [{ key: 'k', operator: 'Equal' }] },
    ['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds'],
  ],
  [
    { schedulingGates: [{ name: 'g' }] },
    ["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"],
  ],
  [
    {
      containers: [
        { name: 'c', image: 'a' },
        { name: 'd', image: 'a' },
      ],
    },
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  ],
])('an update does not make it %j', async (spec, expected) => {
  await made({ activeDeadlineSeconds: 60, tolerations: [{ key: 'k', operator: 'Exists' }] });
  expect(await causes(t.merge('pods', name, { spec }))).toEqual(expected);
});

test('a gated pod may be steered, but not loosened', async () => {
  const affinity = (values: string[], more: object[] = []) => ({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'k', operator: 'In', values }, ...more] }],
      },
    },
  });
  await made({ schedulingGates: [{ name: 'g' }], nodeSelector: { a: 'b' }, affinity: affinity(['x']) });
  await t.merge('pods', name, {
    spec: { nodeSelector: { c: 'd' }, affinity: affinity(['x'], [{ key: 'l', operator: 'Exists' }]) },
  });
  expect(
    await causes(t.merge('pods', name, { spec: { nodeSelector: { a: null }, affinity: affinity(['y']) } })),
  ).toEqual([
    'spec.nodeSelector: Invalid value: {"c":"d"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    expect.stringMatching(
      /nodeSelectorTerms\[0\]: Invalid value: {"MatchExpressions":\[{"Key":"k".*: only additions are allowed \(no mutations or deletions\)$/,
    ) as string,
  ]);
  await t.merge('pods', name, { spec: { schedulingGates: null } });
  expect(await causes(t.merge('pods', name, { spec: { nodeSelector: { e: 'f' } } }))).toEqual([ONLY]);
});

test('a status keeps what was observed, and what has ended does not run again', async () => {
  await made({ nodeName: 'n', restartPolicy: 'Never' });
  const container = (state: object) => [{ name: 'c', image: 'i', imageID: 'x', ready: false, restartCount: 0, state }];
  const status = {
    observedGeneration: 1,
    podIP: '10.0.0.1',
    qosClass: '',
    conditions: [{ type: 'Ready', status: 'True', observedGeneration: 1 }],
    containerStatuses: container({ terminated: { exitCode: 0 } }),
  };
  await t.merge('pods/status', name, { status });
  const { object } = await t.merge('pods/status', name, {
    status: { observedGeneration: null, conditions: [{ type: 'Ready', status: 'False' }] },
  });
  expect(object['status']).toMatchObject({
    observedGeneration: 1,
    podIPs: [{ ip: '10.0.0.1' }],
    qosClass: 'BestEffort',
    conditions: [{ status: 'False', observedGeneration: 1 }],
  });
  const bad = {
    qosClass: 'Guaranteed',
    nominatedNodeName: 'm',
    observedGeneration: -1,
    containerStatuses: container({ running: {} }),
    conditions: [{ type: 'Bad type', status: 'True' }],
    hostIP: '1.1.1.1',
    hostIPs: [{ ip: '1.1.1.2' }],
  };
  expect(
    (await causes(t.merge('pods/status', name, { status: bad }))).map((cause) => cause.split(': a ')[0]!.slice(0, 110)),
  ).toEqual([
    expect.stringContaining('status.conditions[0].Type: Invalid value: "Bad type"'),
    'status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node',
    'status.observedGeneration: Invalid value: -1: must be a non-negative integer',
    'status.qosClass: Invalid value: "Guaranteed": field is immutable',
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
    'status.hostIPs[0].ip: Invalid value: "1.1.1.2": must be equal to `hostIP`',
  ]);
});

test('a resize changes cpu and memory only', async () => {
  const resources = { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2' } };
  await made({ containers: [{ name: 'c', image: 'i', resources }] });
  const resize = (container: object) =>
    t.merge('pods/resize', name, { spec: { containers: [{ name: 'c', image: 'i', ...container }] } });
  expect((await resize({ resources: { ...resources, limits: { cpu: '3' } } })).object.metadata.generation).toBe(2);
  expect(await causes(resize({ resources: { requests: { cpu: '1' }, limits: { cpu: '3' } } }))).toEqual([
    'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
  ]);
  expect(
    await causes(
      resize({ resources: { requests: { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1' }, limits: { cpu: '3' } } }),
    ),
  ).toEqual(['spec: Forbidden: only cpu and memory resources are mutable']);
  const both = { cpu: '1', memory: '1Gi' };
  expect(await causes(resize({ resources: { requests: both, limits: both } }))).toEqual([
    'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
  ]);
  expect(await causes(resize({ name: 'd', resources }))).toEqual([
    'spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize',
  ]);
  expect(
    await causes(t.merge('pods', name, { spec: { containers: [{ name: 'c', image: 'i', resources: {} }] } })),
  ).toEqual([ONLY]);
});

test('containers for debugging come and stay', async () => {
  await made();
  const write = (ephemeralContainers: object[]) =>
    t.merge('pods/ephemeralcontainers', name, { spec: { ephemeralContainers } });
  expect(
    await causes(write([{ name: 'e', image: 'i', targetContainerName: 'x', lifecycle: {}, volumeMounts: [] }])),
  ).toEqual([
    'spec.ephemeralContainers[0].targetContainerName: Not found: "x"',
    'spec.ephemeralContainers[0].lifecycle: Forbidden: cannot be set for an Ephemeral Container',
  ]);
  expect((await write([{ name: 'e', image: 'i' }])).object.metadata.generation).toBe(2);
  expect(await causes(write([]))).toEqual([
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "e" may not be removed',
  ]);
});

test('what a pod says about its labels is written into its selectors', async () => {
  const term = { topologyKey: 'k', labelSelector: {}, matchLabelKeys: ['a'], mismatchLabelKeys: ['b'] };
  const { spec } = (await made(
    { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } },
    { labels: { a: '1', b: '2' } },
  )) as unknown as {
    spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: (typeof term)[] } } };
  };
  expect(spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]!.labelSelector).toEqual({
    matchExpressions: [
      { key: 'a', operator: 'In', values: ['1'] },
      { key: 'b', operator: 'NotIn', values: ['2'] },
    ],
  });
});

test('resources of a pod are made of those of its containers', async () => {
  const { spec, status } = await made({
    resources: { limits: { cpu: '2', memory: '1Gi' } },
    containers: [
      { name: 'c', image: 'i', resources: { requests: { cpu: '500m' } } },
      { name: 'd', image: 'i@sha256:1', resources: { requests: { cpu: '1500u' } } },
    ],
  });
  expect(spec.resources?.requests).toEqual({ cpu: '502m', memory: '1Gi' });
  expect(spec.containers[1]).toMatchObject({ imagePullPolicy: 'IfNotPresent', resources: { requests: { cpu: '2m' } } });
  expect(status.qosClass).toBe('Burstable');
});

test('whoever makes an odd pod is told', async () => {
  await made({
    containers: [
      {
        name: 'c',
        image: 'i',
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
        resources: { requests: { memory: '1500m' } },
        ports: [
          { name: 'x', containerPort: 1 },
          { name: 'x2', containerPort: 1, hostIP: '1.1.1.1' },
        ],
      },
    ],
    nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
    terminationGracePeriodSeconds: -1,
    imagePullSecrets: [{ name: 's' }, { name: 's' }],
    volumes: [
      {
        name: 'v',
        configMap: {
          name: 'm',
          items: [
            { key: 'a', path: 'a' },
            { key: 'b', path: 'a/b' },
          ],
        },
      },
      { name: 'g', gitRepo: { repository: 'r' } },
    ],
    hostAliases: [{ ip: '010.0.0.1' }],
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'k', whenUnsatisfiable: 'ScheduleAnyway' }],
  });
  expect(t.warnings).toEqual([
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
    'spec.volumes[1].gitRepo: deprecated in v1.11, and disabled by default in v1.33+',
    'volume "v" (ConfigMap "m"): overlapping paths: "a/b" with "a"',
    'spec.imagePullSecrets[1].name: duplicate name "s"',
    'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer',
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.containers[0].ports[1]: hostIP set without hostPort: {Name:x2 HostPort:0 ContainerPort:1 Protocol:TCP HostIP:1.1.1.1}',
    'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
    'spec.hostAliases[0].ip: non-standard IP address "010.0.0.1" will be considered invalid in a future Kubernetes release: use "10.0.0.1"',
  ]);
});

test('an older AppArmor annotation becomes the field', async () => {
  const key = 'container.apparmor.security.beta.kubernetes.io/c';
  const { spec } = await made({}, { annotations: { [key]: 'localhost/x' } });
  expect(spec.containers[0]?.securityContext).toEqual({
    appArmorProfile: { type: 'Localhost', localhostProfile: 'x' },
  });
  expect(t.warnings).toEqual([
    `metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`,
  ]);
  expect(await causes(t.merge('pods', name, { metadata: { annotations: { [key]: null } } }))).toEqual([
    `metadata.annotations[${key}]: Forbidden: may not remove or update AppArmor annotations`,
  ]);
});

test('one that is deleted is answered at the revision of its end', async () => {
  const { metadata } = await made();
  const { object } = await t.delete('pods', name);
  const [last] = await t.api.store.changes({ places: [{ resource: 'pods', namespace: 't', name }], limit: 1 });
  expect(last).toMatchObject({ type: 'DELETED', revision: Number(object.metadata.resourceVersion) });
  expect(object.metadata).toMatchObject({ uid: metadata.uid, deletionGracePeriodSeconds: 0 });
});
