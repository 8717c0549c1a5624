import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../src/kinds/registry.ts';

const registry = createRegistry();
const NOW = Date.parse('2025-01-02T00:00:00Z');
const created = '2025-01-01T00:00:00Z';

function cells(key: string, object: object, meta: object = {}) {
  const kind = registry.preferred(key)!;
  const whole = { ...object, metadata: { name: 'a', creationTimestamp: created, ...meta } };
  const row = kind.storage.strategy.cells!(whole as never, NOW);
  return Object.fromEntries(kind.columns.map((c, i) => [c.name, row[i]]));
}
const pod = (status: object, spec: object = {}, meta: object = {}) =>
  cells('pods', { spec: { containers: [{ name: 'c' }], ...spec }, status }, meta);
const state = (kind: string, more: object = {}) => ({ [kind]: more });

describe('pods', () => {
  it('counts what is ready and when it last restarted', () => {
    const status = {
      phase: 'Running',
      podIPs: [{ ip: '10.0.0.1' }],
      containerStatuses: [
        {
          name: 'c',
          ready: true,
          restartCount: 3,
          state: state('running'),
          lastState: { terminated: { finishedAt: '2025-01-01T23:55:00Z' } },
        },
      ],
    };
    expect(pod(status, { nodeName: 'n' })).toMatchObject({
      Ready: '1/1',
      Status: 'Running',
      Restarts: '3 (5m ago)',
      Age: '24h',
      IP: '10.0.0.1',
      Node: 'n',
    });
  });
  it.each([
    ['CrashLoopBackOff', [{ state: state('waiting', { reason: 'CrashLoopBackOff' }) }]],
    ['Completed', [{ state: state('terminated', { exitCode: 0, reason: 'Completed' }) }]],
    ['Error', [{ state: state('terminated', { exitCode: 1, reason: 'Error' }) }]],
    ['ExitCode:2', [{ state: state('terminated', { exitCode: 2 }) }]],
    ['Signal:9', [{ state: state('terminated', { exitCode: 137, signal: 9 }) }]],
    [
      'NotReady',
      [{ state: state('terminated', { exitCode: 0, reason: 'Completed' }) }, { ready: true, state: state('running') }],
    ],
  ])('are %s by their containers', (expected, containerStatuses) => {
    expect(pod({ phase: 'Running', containerStatuses }).Status).toBe(expected);
  });
  it.each([
    ['Init:0/2', [{ name: 'i', state: state('running') }]],
    [
      'Init:1/2',
      [
        { name: 'i', state: state('terminated', { exitCode: 0 }) },
        { name: 'j', state: state('waiting', { reason: 'PodInitializing' }) },
      ],
    ],
    ['Init:CrashLoopBackOff', [{ name: 'i', state: state('waiting', { reason: 'CrashLoopBackOff' }) }]],
    ['Init:ExitCode:1', [{ name: 'i', state: state('terminated', { exitCode: 1 }) }]],
  ])('are %s while init containers run', (expected, initContainerStatuses) => {
    expect(
      pod({ phase: 'Pending', initContainerStatuses }, { initContainers: [{ name: 'i' }, { name: 'j' }] }).Status,
    ).toBe(expected);
  });
  it('count sidecars among their containers', () => {
    const initContainers = [{ name: 's', restartPolicy: 'Always' }];
    const status = {
      phase: 'Running',
      initContainerStatuses: [{ name: 's', started: true, ready: true, state: state('running') }],
      containerStatuses: [{ name: 'c', ready: true, state: state('running') }],
    };
    expect(pod(status, { initContainers }).Ready).toBe('2/2');
  });
  it('are terminating, lost, gated or evicted', () => {
    const gone = { deletionTimestamp: created };
    expect(pod({ phase: 'Running' }, {}, gone).Status).toBe('Terminating');
    expect(pod({ phase: 'Succeeded' }, {}, gone).Status).toBe('Succeeded');
    expect(pod({ phase: 'Running', reason: 'NodeLost' }, {}, gone).Status).toBe('Unknown');
    expect(
      pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] })
        .Status,
    ).toBe('SchedulingGated');
    expect(pod({ phase: 'Failed', reason: 'Evicted' }).Status).toBe('Evicted');
  });
  it('show their readiness gates', () => {
    const status = { phase: 'Running', conditions: [{ type: 'x', status: 'True' }] };
    expect(pod(status, { readinessGates: [{ conditionType: 'x' }, { conditionType: 'y' }] })['Readiness Gates']).toBe(
      '1/2',
    );
  });
});

describe('others', () => {
  it('services tell addresses and ports by type', () => {
    const ports = [
      { port: 80, nodePort: 30080, protocol: 'TCP' },
      { port: 53, protocol: 'UDP' },
    ];
    const of = (spec: object, status: object = {}) => cells('services', { spec: { ports, ...spec }, status });
    expect(of({ type: 'NodePort', clusterIPs: ['10.0.0.1'], selector: { b: '2', a: '1' } })).toMatchObject({
      'Cluster-IP': '10.0.0.1',
      'External-IP': '<none>',
      'Port(s)': '80:30080/TCP,53/UDP',
      Selector: 'a=1,b=2',
    });
    expect(of({ type: 'LoadBalancer' })['External-IP']).toBe('<pending>');
    expect(
      of(
        { type: 'LoadBalancer', externalIPs: ['3.3.3.3'] },
        { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { hostname: 'h' }] } },
      )['External-IP'],
    ).toBe('2.2.2.2,h,3.3.3.3');
    expect(of({ type: 'ExternalName', externalName: 'x.example.com', ports: [] })).toMatchObject({
      'External-IP': 'x.example.com',
      'Port(s)': '<none>',
    });
  });
  it('jobs tell status, completions and duration', () => {
    const of = (spec: object, status: object, meta: object = {}) => cells('jobs.batch', { spec, status }, meta);
    expect(of({ completions: 3 }, { succeeded: 1, startTime: '2025-01-01T23:59:00Z' })).toMatchObject({
      Status: 'Running',
      Completions: '1/3',
      Duration: '60s',
    });
    const done = {
      succeeded: 1,
      startTime: created,
      completionTime: '2025-01-01T00:00:05Z',
      conditions: [{ type: 'Complete', status: 'True' }],
    };
    expect(of({ parallelism: 2 }, done)).toMatchObject({ Status: 'Complete', Completions: '1/1 of 2', Duration: '5s' });
    expect(of({}, { conditions: [{ type: 'Suspended', status: 'True' }] })).toMatchObject({
      Status: 'Suspended',
      Duration: '',
    });
  });
  it('nodes tell status and roles', () => {
    const status = {
      conditions: [{ type: 'Ready', status: 'True' }],
      nodeInfo: { kubeletVersion: 'v1' },
      addresses: [{ type: 'InternalIP', address: '1.1.1.1' }],
    };
    const labels = { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/control-plane': '' };
    expect(cells('nodes', { spec: { unschedulable: true }, status }, { labels })).toMatchObject({
      Status: 'Ready,SchedulingDisabled',
      Roles: 'control-plane,worker',
      Version: 'v1',
      'Internal-IP': '1.1.1.1',
      'External-IP': '<none>',
    });
    expect(cells('nodes', { status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } }).Status).toBe('NotReady');
  });
  it('autoscalers tell two targets and how many more', () => {
    const cpu = {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
    };
    const queue = {
      type: 'External',
      external: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '10' } },
    };
    const pods = {
      type: 'Pods',
      pods: { metric: { name: 'p' }, target: { type: 'AverageValue', averageValue: '1k' } },
    };
    const status = {
      currentReplicas: 2,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 50 } } }],
    };
    const spec = {
      scaleTargetRef: { kind: 'Deployment', name: 'd' },
      minReplicas: 1,
      maxReplicas: 5,
      metrics: [cpu, queue, pods],
    };
    expect(cells('horizontalpodautoscalers.autoscaling', { spec, status })).toMatchObject({
      Targets: 'cpu: 50%/80%, <unknown>/10 (avg) + 1 more...',
      MinPods: '1',
      MaxPods: 5,
      Replicas: 2,
    });
  });
  it('events tell the last of a series', () => {
    const involvedObject = { kind: 'Pod', name: 'p', fieldPath: 'spec' };
    expect(
      cells('events', {
        involvedObject,
        count: 4,
        firstTimestamp: created,
        lastTimestamp: '2025-01-01T23:59:50Z',
        source: { component: 'kubelet', host: 'n' },
        message: ' m\n',
        type: 'Normal',
        reason: 'R',
      }),
    ).toMatchObject({
      'Last Seen': '10s',
      'First Seen': '24h',
      Object: 'pod/p',
      Subobject: 'spec',
      Source: 'kubelet, n',
      Message: 'm',
      Count: 4,
    });
    expect(
      cells('events', {
        involvedObject,
        eventTime: created,
        series: { count: 9, lastObservedTime: '2025-01-01T23:59:00.000000Z' },
        reportingComponent: 'c',
      }),
    ).toMatchObject({ 'Last Seen': '60s', Count: 9, Source: 'c' });
  });
  it('volumes and claims tell modes, classes and who holds them', () => {
    const spec = {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteMany', 'ReadWriteOnce'],
      claimRef: { namespace: 'n', name: 'c' },
      storageClassName: 's',
      persistentVolumeReclaimPolicy: 'Retain',
    };
    expect(cells('persistentvolumes', { spec, status: { phase: 'Bound' } })).toMatchObject({
      Capacity: '1Gi',
      'Access Modes': 'RWO,RWX',
      Claim: 'n/c',
      StorageClass: 's',
      Status: 'Bound',
      VolumeAttributesClass: '<unset>',
    });
    const claim = {
      spec: { volumeName: 'v' },
      status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOncePod'] },
    };
    expect(cells('persistentvolumeclaims', claim, { deletionTimestamp: created })).toMatchObject({
      Status: 'Terminating',
      Volume: 'v',
      Capacity: '2Gi',
      'Access Modes': 'RWOP',
    });
    expect(
      cells(
        'storageclasses.storage.k8s.io',
        { provisioner: 'p' },
        { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      ),
    ).toMatchObject({ Name: 'a (default)', ReclaimPolicy: 'Delete' });
  });
  it('endpoints show three and count the rest', () => {
    const subsets = [{ addresses: [{ ip: '1.1.1.1' }, { ip: '::1' }], ports: [{ port: 80 }, { port: 81 }] }];
    expect(cells('endpoints', { subsets }).Endpoints).toBe('1.1.1.1:80,[::1]:80,1.1.1.1:81 + 1 more...');
    expect(cells('endpoints', {}).Endpoints).toBe('<none>');
  });
  it('quotas tell limits apart', () => {
    const status = { hard: { 'limits.cpu': '2', pods: '10', cpu: '1' }, used: { pods: '3' } };
    expect(cells('resourcequotas', { status })).toMatchObject({
      Request: 'cpu: 0/1, pods: 3/10',
      Limit: 'limits.cpu: 0/2',
    });
  });
  it('claims of devices, bindings and signing requests tell their state', () => {
    expect(cells('resourceclaims.resource.k8s.io', { status: { allocation: {}, reservedFor: [{}] } }).State).toBe(
      'allocated,reserved',
    );
    const subjects = [
      { kind: 'User', name: 'u' },
      { kind: 'ServiceAccount', namespace: 'n', name: 's' },
    ];
    expect(
      cells('rolebindings.rbac.authorization.k8s.io', { roleRef: { kind: 'Role', name: 'r' }, subjects }),
    ).toMatchObject({ Role: 'Role/r', Users: 'u', ServiceAccounts: 'n/s' });
    const csr = {
      spec: { signerName: 's', username: 'u', expirationSeconds: 3600 },
      status: { conditions: [{ type: 'Approved' }], certificate: 'x' },
    };
    expect(cells('certificatesigningrequests.certificates.k8s.io', csr)).toMatchObject({
      RequestedDuration: '60m',
      Condition: 'Approved,Issued',
    });
  });
});
