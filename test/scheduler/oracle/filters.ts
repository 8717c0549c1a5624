import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, PodAffinityTerm } from '../../../schema/types.ts';
import type { Cluster } from './random-cluster.ts';
import { constraintsOf, countedPods, domainsOf } from './spread.ts';
import {
  allocatable,
  keptOffBy,
  isTolerated,
  podsOn,
  quantity,
  requested,
  resourcesOf,
  selects,
  termMatches,
  wantsNode,
  type Labels,
} from './words.ts';

/** Why a node does not do; `unresolvable` when no victim would change that. */
export interface Why {
  reasons: string[];
  unresolvable: boolean;
}
type Filter = (pod: Pod, node: Node, cluster: Cluster, standing: readonly Pod[]) => Why | undefined;
const no = (reason: string, unresolvable: boolean): Why => ({ reasons: [reason], unresolvable });

/** In their order: the first that says no is heard. */
const filters: Filter[] = [
  function unschedulable(pod, { spec }) {
    const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' as const };
    if (!spec?.unschedulable || isTolerated(taint, pod.spec?.tolerations)) return undefined;
    return no('node(s) were unschedulable', true);
  },
  function taints(pod, node) {
    return keptOffBy(pod, node).length ? no('node(s) had untolerated taint(s)', true) : undefined;
  },
  function nodeAffinity(pod, node) {
    return wantsNode(pod, node) ? undefined : no("node(s) didn't match Pod's node affinity/selector", true);
  },
  function ports(pod, node, cluster) {
    const taken = podsOn(cluster, node).flatMap(portsOf);
    const clash = portsOf(pod).some((mine) =>
      taken.some(
        (other) =>
          mine.port === other.port &&
          mine.protocol === other.protocol &&
          (mine.ip === other.ip || mine.ip === '0.0.0.0' || other.ip === '0.0.0.0'),
      ),
    );
    return clash ? no("node(s) didn't have free ports for the requested pod ports", false) : undefined;
  },
  function resources(pod, node, cluster) {
    const others = podsOn(cluster, node);
    const reasons = others.length + 1 > allocatable(node, 'pods') ? ['Too many pods'] : [];
    let unresolvable = false;
    for (const resource of resourcesOf(pod)) {
      const wanted = requested(pod, resource);
      const used = others.reduce((sum, other) => sum + requested(other, resource), 0);
      if (wanted === 0 || wanted + used <= allocatable(node, resource)) continue;
      reasons.push(`Insufficient ${resource}`);
      if (wanted > allocatable(node, resource)) unresolvable = true;
    }
    return reasons.length ? { reasons, unresolvable } : undefined;
  },
  volumes,
  spread,
  affinity,
];

/**
 * Why the pod may not go to the node, on its own; undefined when it may.
 * @param standing the pods that were there when the pod's turn began: some of the cluster's may only be supposed
 */
export function whyNot(pod: Pod, node: Node, cluster: Cluster, standing: readonly Pod[]): Why | undefined {
  for (const filter of filters) {
    const why = filter(pod, node, cluster, standing);
    if (why) return why;
  }
  return undefined;
}

function portsOf({ spec }: Pod): { ip: string; protocol: string; port: number }[] {
  const staying = [
    ...(spec?.containers ?? []),
    ...(spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
  ];
  return staying
    .flatMap(({ ports = [] }) => ports)
    .filter(({ hostPort }) => hostPort)
    .map(({ hostIP = '0.0.0.0', protocol = 'TCP', hostPort }) => ({ ip: hostIP, protocol, port: hostPort! }));
}

/** What no node can mend: undefined, or the message. */
export function hopeless(pod: Pod, cluster: Cluster): string | undefined {
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms && namedNodes(pod)?.length === 0) return 'pod affinity terms conflict';
  const claims = claimsOf(pod, cluster);
  for (const { name, ephemeral, claim } of claims) {
    const what = `persistentvolumeclaim "${name}"`;
    if (!claim) {
      return ephemeral ? `waiting for ephemeral volume controller to create the ${what}` : `${what} not found`;
    }
    if (claim.status?.phase === 'Lost')
      return `${what} bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`;
    if (claim.metadata.deletionTimestamp) return `${what} is being deleted`;
    const { namespace } = pod.metadata;
    if (ephemeral && !claim.metadata.ownerReferences?.some(({ uid }) => uid === pod.metadata.uid)) {
      return `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
    }
  }
  const immediate = claims.some(({ claim }) => !isBound(claim!) && !isLate(claim!, cluster));
  return immediate ? 'pod has unbound immediate PersistentVolumeClaims' : undefined;
}

/** The nodes that the required terms name, when each of them names some. */
export function namedNodes(pod: Pod): string[] | undefined {
  const terms = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const named = terms?.map(({ matchFields = [] }) =>
    matchFields.filter(({ operator }) => operator === 'In').map(({ values }) => values!),
  );
  if (!named?.length || named.some((fields) => fields.length === 0)) return undefined;
  return named.flatMap((fields) => fields[0]!.filter((name) => fields.every((values) => values.includes(name))));
}

const claimsOf = (pod: Pod, { claims }: Cluster) =>
  (pod.spec?.volumes ?? [])
    .filter(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim ?? ephemeral)
    .map(({ name: own, persistentVolumeClaim }) => {
      const name = persistentVolumeClaim?.claimName ?? `${pod.metadata.name}-${own}`;
      const claim = claims.find(
        ({ metadata }) => metadata.name === name && metadata.namespace === pod.metadata.namespace,
      );
      return { name, ephemeral: !persistentVolumeClaim, claim };
    });

const isBound = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  !!spec?.volumeName && metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined;

const classOf = (claim: PersistentVolumeClaim, { classes }: Cluster) =>
  classes.find(({ metadata }) => metadata.name === claim.spec?.storageClassName);
const isLate = (claim: PersistentVolumeClaim, cluster: Cluster): boolean =>
  !claim.spec?.volumeName && classOf(claim, cluster)?.volumeBindingMode === 'WaitForFirstConsumer';

const isReachable = ({ spec }: PersistentVolume, node: Node): boolean =>
  spec?.nodeAffinity?.required?.nodeSelectorTerms.some((term) => termMatches(term, node)) ?? true;

function volumes(pod: Pod, node: Node, cluster: Cluster): Why | undefined {
  const claims = claimsOf(pod, cluster).map(({ claim }) => claim!);
  const reasons: string[] = [];
  const bound = claims
    .filter(isBound)
    .map(({ spec }) => cluster.volumes.find(({ metadata }) => metadata.name === spec?.volumeName));
  const first = bound.findIndex((volume) => !volume || !isReachable(volume, node));
  if (first >= 0 && bound[first]) reasons.push("node(s) didn't match PersistentVolume's node affinity");
  if (
    !allGetOne(
      claims.filter((claim) => !isBound(claim)),
      node,
      cluster,
    )
  )
    reasons.push("node(s) didn't find available persistent volumes to bind");
  if (first >= 0 && !bound[first])
    reasons.push('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)');
  return reasons.length ? { reasons, unresolvable: true } : undefined;
}

/** Whether each waiting claim gets a volume on the node: the smallest claim first, the smallest volume that does. */
function allGetOne(waiting: PersistentVolumeClaim[], node: Node, cluster: Cluster): boolean {
  const size = (list: object | undefined): number => quantity((list as { storage: string }).storage);
  const given = new Set<PersistentVolume>();
  for (const claim of waiting.toSorted(
    (a, b) => size(a.spec?.resources?.requests) - size(b.spec?.resources?.requests),
  )) {
    const chosen = claim.metadata.annotations?.['volume.kubernetes.io/selected-node'];
    if (chosen && chosen !== node.metadata.name) return false;
    const large = cluster.volumes.filter(
      (volume) =>
        !given.has(volume) &&
        volume.spec?.storageClassName === claim.spec?.storageClassName &&
        volume.spec?.volumeMode === claim.spec?.volumeMode &&
        size(volume.spec?.capacity) >= size(claim.spec?.resources?.requests),
    );
    const kept = large.find(({ spec }) => spec?.claimRef?.uid === claim.metadata.uid);
    const free = large
      .filter(
        (volume) =>
          !volume.spec?.claimRef &&
          volume.status?.phase === 'Available' &&
          isReachable(volume, node) &&
          claim.spec?.accessModes?.every((mode) => volume.spec?.accessModes?.includes(mode)) &&
          (!claim.spec.selector || selects(claim.spec.selector, volume.metadata.labels)),
      )
      .toSorted((a, b) => size(a.spec?.capacity) - size(b.spec?.capacity));
    const volume = kept ? (isReachable(kept, node) ? kept : undefined) : free[0];
    if (volume && !chosen) given.add(volume);
    else if (!isMadeOn(claim, node, cluster)) return false;
  }
  return true;
}

function isMadeOn(claim: PersistentVolumeClaim, node: Node, cluster: Cluster): boolean {
  const storage = classOf(claim, cluster);
  if (!storage || storage.provisioner === 'kubernetes.io/no-provisioner') return false;
  const places = storage.allowedTopologies ?? [];
  return (
    places.length === 0 ||
    places.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? '')),
    )
  );
}

function spread(pod: Pod, node: Node, cluster: Cluster): Why | undefined {
  const hard = constraintsOf(pod, 'DoNotSchedule');
  for (const constraint of hard) {
    const domain = node.metadata.labels?.[constraint.topologyKey];
    if (domain === undefined)
      return no("node(s) didn't match pod topology spread constraints (missing required label)", true);
    const domains = domainsOf(constraint, hard, pod, cluster);
    const count = (nodes: Node[]): number =>
      nodes.reduce((sum, one) => sum + countedPods(constraint, pod, one, cluster), 0);
    const counts = [...domains.values()].map(count);
    const least = counts.length < (constraint.minDomains ?? 1) || !counts.length ? 0 : Math.min(...counts);
    const self = selects(constraint.labelSelector, pod.metadata.labels) ? 1 : 0;
    if (count(domains.get(domain) ?? []) + self - least > constraint.maxSkew)
      return no("node(s) didn't match pod topology spread constraints", false);
  }
  return undefined;
}

/** Whether a term of `owner` speaks of the other pod. */
export function speaksOf(term: PodAffinityTerm, owner: Pod, other: Pod, { namespaces }: Cluster): boolean {
  const { namespace } = other.metadata;
  const labels: Labels = namespaces.find(({ metadata }) => metadata.name === namespace)?.metadata.labels;
  const named = term.namespaces ?? [];
  const alone = named.length === 0 && !term.namespaceSelector;
  const inNamespace = alone
    ? namespace === owner.metadata.namespace
    : named.includes(namespace!) || (!!term.namespaceSelector && selects(term.namespaceSelector, labels));
  return inNamespace && selects(term.labelSelector, other.metadata.labels);
}

const required = (of: { requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] } | undefined) =>
  of?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

function affinity(pod: Pod, node: Node, cluster: Cluster, standing: readonly Pod[]): Why | undefined {
  const near = required(pod.spec?.affinity?.podAffinity);
  const far = required(pod.spec?.affinity?.podAntiAffinity);
  const labels = node.metadata.labels ?? {};
  const nodeOf = ({ spec }: Pod) => cluster.nodes.find(({ metadata }) => metadata.name === spec?.nodeName)!;
  const shares = (key: string, other: Pod): boolean =>
    labels[key] !== undefined && nodeOf(other).metadata.labels?.[key] === labels[key];
  // Those that all terms speak of; where there are none anywhere, the pod may be the first of its kind.
  const friends = cluster.pods.filter((other) => near.every((term) => speaksOf(term, pod, other, cluster)));
  const places = friends.filter((friend) =>
    near.some(({ topologyKey }) => nodeOf(friend).metadata.labels?.[topologyKey] !== undefined),
  );
  const first = places.length === 0 && near.every((term) => speaksOf(term, pod, pod, cluster));
  const isNear = near.every(({ topologyKey }) => friends.some((friend) => shares(topologyKey, friend)));
  if (near.length && !(isNear || (first && near.every(({ topologyKey }) => labels[topologyKey] !== undefined))))
    return no("node(s) didn't match pod affinity rules", true);
  const shunned = far.some((term) =>
    cluster.pods.some((other) => shares(term.topologyKey, other) && speaksOf(term, pod, other, cluster)),
  );
  if (shunned) return no("node(s) didn't match pod anti-affinity rules", false);
  const shunning = (other: Pod): PodAffinityTerm[] =>
    required(other.spec?.affinity?.podAntiAffinity).filter((term) => speaksOf(term, other, pod, cluster));
  const shuns = cluster.pods.some((other) => shunning(other).some((term) => shares(term.topologyKey, other)));
  // A rule that has nothing to say at first is not asked again, not for pods that wait for the node either.
  const speaks =
    near.length + far.length > 0 ||
    standing.some((other) =>
      shunning(other).some(({ topologyKey }) => nodeOf(other).metadata.labels?.[topologyKey] !== undefined),
    );
  return shuns && speaks ? no("node(s) didn't satisfy existing pods anti-affinity rules", false) : undefined;
}
