import type {
  Container,
  LabelSelector,
  Namespace,
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  PodDisruptionBudget,
  PodSpec,
  Service,
  StorageClass,
  Toleration,
  TopologySpreadConstraint,
} from '../../../schema/types.ts';
import { Random } from '../../support/random.ts';

/** A cluster and a pod that looks for a node in it, as the API server has them: all defaults are there. */
export interface Cluster {
  nodes: Node[];
  /** with a node each */
  pods: Pod[];
  /** that have preempted others, each with its `nominatedNodeName` */
  waiting: Pod[];
  pod: Pod;
  namespaces: Namespace[];
  services: Service[];
  claims: PersistentVolumeClaim[];
  volumes: PersistentVolume[];
  classes: StorageClass[];
  budgets: PodDisruptionBudget[];
}

const NAMESPACES = ['a', 'b', 'c'];
const ZONES = ['z1', 'z2', 'z3'];
const KEYS = ['zone', 'rack', 'kubernetes.io/hostname', 'topology.kubernetes.io/zone'];
const IMAGES = ['web', 'web:2', 'db:latest', 'host.example/team/tool', 'host.example:5000/team/tool'];
const MB = 1024 * 1024;

const meta = <M extends { name: string }>(more: M) => ({
  uid: more.name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  ...more,
});

/** As it is made up: what was not chosen is undefined. */
type Sparse<T> = T extends readonly (infer Item)[]
  ? Sparse<Item>[]
  : T extends object
    ? { [K in keyof T]: object extends Pick<T, K> ? Sparse<T[K]> | undefined : Sparse<T[K]> }
    : T;
/** JSON has no undefined: what was not chosen is not there. */
const plain = (value: unknown): Cluster => JSON.parse(JSON.stringify(value)) as Cluster;

/** What a cluster is made of mostly, so that each rule decides often enough and none always. */
interface Themes {
  resources: boolean;
  taints: boolean;
  affinity: boolean;
  between: boolean;
  spread: boolean;
  ports: boolean;
  volumes: boolean;
  images: boolean;
  priorities: boolean;
}

export function randomCluster(seed: number): Cluster {
  const random = new Random(seed);
  const on = (of = 0.35): boolean => random.chance(of);
  const themes: Themes = {
    resources: on(0.6),
    taints: on(),
    affinity: on(),
    between: on(0.4),
    spread: on(0.4),
    ports: on(0.2),
    volumes: on(0.2),
    images: on(),
    priorities: on(0.5),
  };
  const make = new Maker(random, themes);
  return plain(make.cluster());
}

class Maker {
  constructor(
    private readonly random: Random,
    private readonly themes: Themes,
  ) {}

  cluster(): Sparse<Cluster> {
    const { random } = this;
    const nodes = random.list(1, 7, (i) => this.node(i));
    const volumes = this.themes.volumes ? this.storage() : { claims: [], volumes: [], classes: [] };
    const pods = random.list(0, 14, (i) => this.placed(i, random.pick(nodes).metadata.name));
    // No two pods of a node have the same port: one of each node has any.
    const taken = new Set<string | undefined>();
    for (const { spec } of pods) {
      const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
      if (!containers.some(({ ports }) => ports)) continue;
      if (taken.has(spec?.nodeName)) for (const container of containers) delete container.ports;
      taken.add(spec?.nodeName);
    }
    const pod = this.pod('new', volumes.claims);
    const nodeNames = nodes.map(({ metadata }) => metadata.name);
    if (random.chance(0.08)) pod.status!.nominatedNodeName = random.pick(nodeNames);
    const waiting = random.chance(this.themes.priorities ? 0.25 : 0)
      ? random.list(1, 2, (i) => this.waiting(i, random.pick(nodeNames)))
      : [];
    return {
      nodes,
      pods,
      waiting,
      pod,
      namespaces: NAMESPACES.map((name) => ({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: meta({ name, labels: { team: random.pick(['red', 'blue']) } }),
      })),
      services: random.chance(0.4) ? random.list(1, 2, (i) => this.service(i)) : [],
      ...volumes,
      budgets: this.themes.priorities && random.chance(0.4) ? random.list(1, 2, (i) => this.budget(i)) : [],
    };
  }

  private node(i: number): Sparse<Node> {
    const { random, themes } = this;
    const name = `n${i}`;
    const taint = () => ({
      key: random.pick(['k1', 'k2']),
      value: random.maybe(0.6, () => random.pick(['v1', 'v2'])),
      effect: random.pick(['NoSchedule', 'NoExecute', 'PreferNoSchedule', 'PreferNoSchedule'] as const),
    });
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: meta({
        name,
        labels: {
          ...(random.chance(0.9) && { 'kubernetes.io/hostname': name }),
          ...(random.chance(0.85) && { zone: random.pick(ZONES) }),
          ...(random.chance(0.8) && { 'topology.kubernetes.io/zone': random.pick(ZONES) }),
          ...(random.chance(0.5) && { rack: random.pick(['r1', 'r2']) }),
          ...(random.chance(0.5) && { disk: random.pick(['ssd', 'hdd']) }),
          ...(random.chance(0.5) && { cores: random.pick(['2', '8', '16', 'many']) }),
        },
      }),
      spec: {
        unschedulable: random.maybe(themes.taints ? 0.15 : 0, () => true),
        taints: random.maybe(themes.taints ? 0.6 : 0, () => random.list(1, 2, taint)),
      },
      status: {
        allocatable: {
          cpu: random.pick(['2', '4', '3500m', '8']),
          memory: random.pick(['4Gi', '8Gi', '6000M']),
          pods: random.pick(['110', '110', '110', '3', '5']),
          ...(random.chance(0.7) && { 'ephemeral-storage': random.pick(['10Gi', '50Gi']) }),
          ...(random.chance(0.3) && { 'example.com/gpu': random.pick(['1', '2']) }),
        },
        images: random.maybe(themes.images ? 0.8 : 0, () =>
          random.some(IMAGES).map((image, at) => ({
            names: [image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`],
            sizeBytes: (at + 1) * random.pick([10, 90, 400, 900]) * MB,
          })),
        ),
      },
    };
  }

  private labels(): Record<string, string> {
    const { random } = this;
    return {
      ...(random.chance(0.9) && { app: random.pick(['web', 'db']) }),
      ...(random.chance(0.5) && { tier: random.pick(['front', 'back']) }),
      ...(random.chance(0.4) && { 'pod-template-hash': random.pick(['h1', 'h2']) }),
    };
  }

  private selector(): Sparse<LabelSelector> {
    const { random } = this;
    if (random.chance(0.1)) return {};
    return {
      matchLabels: random.maybe(0.7, () => ({ app: random.pick(['web', 'db']) })),
      matchExpressions: random.maybe(0.4, () => [
        random.pick([
          { key: 'tier', operator: 'In', values: ['front'] },
          { key: 'tier', operator: 'NotIn', values: ['front'] },
          { key: 'tier', operator: 'Exists' },
          { key: 'app', operator: 'DoesNotExist' },
        ]),
      ]),
    };
  }

  private amounts(small: boolean): Record<string, string> {
    const { random } = this;
    return {
      ...(random.chance(0.7) && { cpu: random.pick(small ? ['100m', '250m', '500m', '1'] : ['500m', '1', '2', '3']) }),
      ...(random.chance(0.6) && {
        memory: random.pick(small ? ['64Mi', '300M', '1Gi'] : ['500Mi', '1Gi', '3Gi', '5G']),
      }),
      ...(random.chance(0.15) && { 'ephemeral-storage': random.pick(['1Gi', '8Gi', '20Gi']) }),
      ...(random.chance(0.08) && { 'example.com/gpu': random.pick(['1', '2']) }),
    };
  }

  private container(name: string, small: boolean): Sparse<Container> {
    const { random, themes } = this;
    const port = () => {
      const hostPort = random.pick([80, 443]);
      return {
        containerPort: hostPort,
        hostPort,
        protocol: random.pick(['TCP', 'TCP', 'UDP'] as const),
        hostIP: random.maybe(0.4, () => random.pick(['127.0.0.1', '10.0.0.1', '0.0.0.0'])),
      };
    };
    return {
      name,
      image: random.pick(IMAGES),
      resources: random.chance(0.8) ? { requests: this.amounts(small) } : {},
      ports: random.maybe(themes.ports ? 0.7 : 0, () => random.list(1, 2, port)),
    };
  }

  private spec(small: boolean): Sparse<PodSpec> {
    const { random, themes } = this;
    const priority = themes.priorities ? random.pick(small ? [-10, 0, 0, 5, 100] : [0, 50, 100, 1000]) : 0;
    return {
      schedulerName: 'default-scheduler',
      containers: random.list(1, themes.resources ? 2 : 1, (i) => this.container(`c${i}`, small)),
      initContainers: random.maybe(themes.resources ? 0.35 : 0.05, () =>
        random.list(1, 3, (i) => ({
          ...this.container(`i${i}`, small),
          ...(random.chance(0.5) && { restartPolicy: 'Always' }),
        })),
      ),
      resources: random.maybe(themes.resources ? 0.15 : 0, () => ({ requests: { cpu: '2', memory: '2Gi' } })),
      overhead: random.maybe(themes.resources ? 0.15 : 0, () => ({ cpu: '250m', memory: '100Mi' })),
      priority,
    };
  }

  private placed(i: number, nodeName: string): Sparse<Pod> {
    const { random, themes } = this;
    const at = new Date(Date.parse('2026-01-01T00:00:00Z') + (random.below(20) * 60 + i) * 1000).toISOString();
    const startTime = at.replace('.000Z', 'Z');
    const affinity = themes.between && random.chance(0.5) ? this.between() : undefined;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta({
        name: `p${i}`,
        namespace: random.pick(NAMESPACES),
        labels: this.labels(),
        deletionTimestamp: random.maybe(0.07, () => startTime),
      }),
      spec: { ...this.spec(true), affinity, nodeName },
      status: {
        phase: 'Running',
        startTime,
        conditions: random.maybe(0.07, () => [
          { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' },
        ]),
      },
    };
  }

  private waiting(i: number, nominatedNodeName: string): Sparse<Pod> {
    const { random, themes } = this;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta({ name: `w${i}`, namespace: random.pick(NAMESPACES), labels: this.labels() }),
      spec: { ...this.spec(false), affinity: themes.between ? this.between() : undefined },
      status: { phase: 'Pending', nominatedNodeName },
    };
  }

  private pod(name: string, claims: readonly Sparse<PersistentVolumeClaim>[]): Sparse<Pod> {
    const { random, themes } = this;
    const namespace = random.pick(NAMESPACES);
    const mine = claims.filter(({ metadata }) => metadata.namespace === namespace);
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: meta({ name, namespace, labels: this.labels() }),
      spec: {
        ...this.spec(false),
        nodeName: undefined,
        tolerations: random.maybe(themes.taints ? 0.7 : 0, () => random.list(1, 2, () => this.toleration())),
        nodeSelector: random.maybe(themes.affinity ? 0.3 : 0, () => ({ disk: random.pick(['ssd', 'hdd']) })),
        affinity: {
          nodeAffinity: random.maybe(themes.affinity ? 0.8 : 0, () => this.nodeAffinity()),
          ...(themes.between && this.between()),
        },
        topologySpreadConstraints: random.maybe(themes.spread ? 0.9 : 0, () => this.spread()),
        volumes: random.maybe(themes.volumes ? 0.9 : 0, () =>
          random
            .some(mine, 0.6)
            .slice(0, 2)
            .map(({ metadata }, i) =>
              metadata.name.startsWith('new-')
                ? { name: metadata.name.slice(4), ephemeral: {} }
                : { name: `v${i}`, persistentVolumeClaim: { claimName: metadata.name } },
            ),
        ),
        preemptionPolicy: random.chance(0.05) ? 'Never' : 'PreemptLowerPriority',
      },
      status: { phase: 'Pending' },
    };
  }

  private toleration(): Sparse<Toleration> {
    const { random } = this;
    const exists = random.chance(0.4);
    const key = random.maybe(exists ? 0.8 : 1, () => random.pick(['k1', 'k2', 'node.kubernetes.io/unschedulable']));
    return {
      key,
      operator: exists ? 'Exists' : random.maybe(0.5, () => 'Equal' as const),
      value: exists ? undefined : random.maybe(0.7, () => random.pick(['v1', 'v2'])),
      effect: random.maybe(0.6, () => random.pick(['NoSchedule', 'NoExecute', 'PreferNoSchedule'] as const)),
    };
  }

  private nodeTerm(): Sparse<NodeSelectorTerm> {
    const { random } = this;
    const expression = (): Sparse<NodeSelectorRequirement> =>
      random.pick<NodeSelectorRequirement>([
        { key: 'zone', operator: 'In', values: random.some(ZONES, 0.6).concat('z9') },
        { key: 'zone', operator: 'NotIn', values: ['z1'] },
        { key: 'rack', operator: 'Exists' },
        { key: 'rack', operator: 'DoesNotExist' },
        { key: 'cores', operator: 'Gt', values: ['4'] },
        { key: 'cores', operator: 'Lt', values: ['16'] },
      ]);
    const field = (): Sparse<NodeSelectorRequirement> => ({
      key: 'metadata.name',
      operator: random.pick(['In', 'In', 'NotIn'] as const),
      values: [random.pick(['n0', 'n1', 'n9'])],
    });
    return {
      matchExpressions: random.maybe(0.8, () => random.list(0, 2, expression)),
      matchFields: random.maybe(0.25, () => random.list(1, random.chance(0.2) ? 2 : 1, field)),
    };
  }

  private nodeAffinity() {
    const { random } = this;
    return {
      requiredDuringSchedulingIgnoredDuringExecution: random.maybe(0.5, () => ({
        nodeSelectorTerms: random.list(1, 2, () => this.nodeTerm()),
      })),
      preferredDuringSchedulingIgnoredDuringExecution: random.maybe(0.6, () =>
        random.list(1, 3, () => ({ weight: 1 + random.below(100), preference: this.nodeTerm() })),
      ),
    };
  }

  private podTerm(): Sparse<PodAffinityTerm> {
    const { random } = this;
    const labelSelector = random.maybe(0.95, () => this.selector());
    // What the keys say has been written into the selector when the pod was made (KEP-3633).
    const key = 'pod-template-hash';
    const merged = labelSelector && random.maybe(0.2, () => random.pick(['In', 'NotIn'] as const));
    if (merged)
      (labelSelector.matchExpressions ??= []).push({ key, operator: merged, values: [random.pick(['h1', 'h2'])] });
    return {
      topologyKey: random.pick(KEYS),
      labelSelector,
      matchLabelKeys: merged === 'In' ? [key] : undefined,
      mismatchLabelKeys: merged === 'NotIn' ? [key] : undefined,
      namespaces: random.maybe(0.3, () => random.some(NAMESPACES)),
      namespaceSelector: random.maybe(0.25, () =>
        random.pick([{}, { matchLabels: { team: 'red' } }, { matchLabels: { team: 'none' } }]),
      ),
    };
  }

  private between() {
    const { random } = this;
    const required = () => random.maybe(0.3, () => random.list(1, 2, () => this.podTerm()));
    const preferred = () =>
      random.maybe(0.3, () =>
        random.list(1, 2, () => ({ weight: 1 + random.below(100), podAffinityTerm: this.podTerm() })),
      );
    const both = () => ({
      requiredDuringSchedulingIgnoredDuringExecution: required(),
      preferredDuringSchedulingIgnoredDuringExecution: preferred(),
    });
    return { podAffinity: both(), podAntiAffinity: both() };
  }

  /** Each key stands once for each action, as validation wants it. */
  private spread(): Sparse<TopologySpreadConstraint>[] {
    const { random } = this;
    return random.some(KEYS, 0.45).map((topologyKey) => {
      const hard = random.chance(0.5);
      return {
        topologyKey,
        maxSkew: 1 + random.below(3),
        whenUnsatisfiable: hard ? 'DoNotSchedule' : 'ScheduleAnyway',
        labelSelector: this.selector(),
        minDomains: hard ? random.maybe(0.3, () => 1 + random.below(4)) : undefined,
        matchLabelKeys: random.maybe(0.2, () => ['pod-template-hash']),
        nodeAffinityPolicy: random.maybe(0.4, () => random.pick(['Honor', 'Ignore'] as const)),
        nodeTaintsPolicy: random.maybe(0.4, () => random.pick(['Honor', 'Ignore'] as const)),
      };
    });
  }

  private service(i: number): Sparse<Service> {
    const { random } = this;
    return {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: meta({ name: `s${i}`, namespace: random.pick(NAMESPACES) }),
      spec: { selector: { app: random.pick(['web', 'db']) } },
    };
  }

  private budget(i: number): Sparse<PodDisruptionBudget> {
    const { random } = this;
    return {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: meta({ name: `b${i}`, namespace: random.pick(NAMESPACES) }),
      spec: { selector: this.selector() },
      status: {
        disruptionsAllowed: random.below(3),
        currentHealthy: 1,
        desiredHealthy: 1,
        expectedPods: 1,
        disruptedPods: random.maybe(0.2, () => ({ p1: '2026-01-01T00:00:00Z' })),
      },
    };
  }

  private storage(): Sparse<Pick<Cluster, 'claims' | 'volumes' | 'classes'>> {
    const { random } = this;
    const classes: Sparse<StorageClass>[] = ['late', 'local', 'now'].map((name) => ({
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: meta({ name }),
      provisioner: name === 'local' ? 'kubernetes.io/no-provisioner' : 'example.com/disk',
      volumeBindingMode: name === 'now' ? 'Immediate' : 'WaitForFirstConsumer',
      allowedTopologies: random.maybe(name === 'late' ? 0.6 : 0, () =>
        random.list(1, 2, () => ({ matchLabelExpressions: [{ key: 'zone', values: random.some(ZONES, 0.6) }] })),
      ),
    }));
    const volumes: Sparse<PersistentVolume>[] = random.list(1, 5, (i) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: meta({ name: `v${i}`, labels: { kind: random.pick(['fast', 'slow']) } }),
      spec: {
        accessModes: random.pick([['ReadWriteOnce'], ['ReadWriteOnce', 'ReadWriteMany']]),
        capacity: { storage: random.pick(['1Gi', '5Gi', '10Gi']) },
        storageClassName: random.pick(['late', 'local']),
        volumeMode: random.chance(0.9) ? 'Filesystem' : 'Block',
        nodeAffinity: random.maybe(0.7, () => ({
          required: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: random.some(ZONES) }] }],
          },
        })),
        hostPath: { path: '/data' },
      },
      status: { phase: random.chance(0.85) ? 'Available' : 'Released' },
    }));
    const claims = random.list(1, 6, (i) => this.claim(i, volumes));
    return { classes, volumes, claims };
  }

  private claim(i: number, volumes: readonly Sparse<PersistentVolume>[]): Sparse<PersistentVolumeClaim> {
    const { random } = this;
    const own = random.chance(0.1);
    const metadata = meta({
      name: own ? `new-c${i}` : `c${i}`,
      namespace: random.pick(NAMESPACES),
      deletionTimestamp: random.maybe(0.02, () => '2026-01-01T00:00:00Z'),
      ownerReferences: random.maybe(own ? 0.8 : 0, () => [
        { apiVersion: 'v1', kind: 'Pod', name: 'new', uid: 'new', controller: true },
      ]),
      annotations: random.maybe(0.1, () => ({
        'volume.kubernetes.io/selected-node': random.pick(['n0', 'n1']),
      })) as Record<string, string> | undefined,
    });
    const volume = random.maybe(0.4, () => volumes.find(({ spec }) => !spec?.claimRef));
    const spec: Sparse<NonNullable<PersistentVolumeClaim['spec']>> = {
      accessModes: [random.chance(0.8) ? 'ReadWriteOnce' : 'ReadWriteMany'],
      resources: { requests: { storage: random.pick(['1Gi', '2Gi', '8Gi']) } },
      storageClassName:
        volume?.spec?.storageClassName ??
        random.pick(['late', 'late', 'late', 'local', 'local', 'local', 'now', 'none']),
      volumeMode: 'Filesystem',
      selector: random.maybe(0.2, () => ({ matchLabels: { kind: 'fast' } })),
    };
    const claim: Sparse<PersistentVolumeClaim> = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata,
      spec,
      status: { phase: random.chance(0.02) ? 'Lost' : 'Pending' },
    };
    if (!volume) return claim;
    const { name, namespace, uid } = metadata;
    volume.spec!.claimRef = { kind: 'PersistentVolumeClaim', name, namespace, uid };
    // Half of them are bound; the other volumes wait for their claim alone.
    if (random.chance(0.5)) return claim;
    volume.status = { phase: 'Bound' };
    return {
      ...claim,
      metadata: { ...metadata, annotations: { ...metadata.annotations, 'pv.kubernetes.io/bind-completed': 'yes' } },
      spec: { ...spec, volumeName: random.chance(0.05) ? 'gone' : volume.metadata.name },
      status: { phase: 'Bound' },
    };
  }
}
