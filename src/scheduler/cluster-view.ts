import type { Pod } from '../../schema/types.ts';
import type { Informers } from '../client/informers.ts';
import { controllerOf } from '../control/keys.ts';
import { labelMatcher, mapMatcher, type LabelMatcher } from '../control/selector.ts';
import { storageClassOf } from '../rules/matching-volume.ts';
import { ClaimLedger } from './devices/claim-ledger.ts';
import type { ClusterView } from './snapshot.ts';

/** What the view reads; all of these are watched. */
export const VIEW_RESOURCES = [
  'namespaces',
  'services',
  'replicationcontrollers',
  'replicasets.apps',
  'statefulsets.apps',
  'persistentvolumeclaims',
  'persistentvolumes',
  'storageclasses.storage.k8s.io',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'csistoragecapacities.storage.k8s.io',
  'poddisruptionbudgets.policy',
  'deviceclasses.resource.k8s.io',
  'resourceclaims.resource.k8s.io',
  'resourceslices.resource.k8s.io',
] as const;

/** The plugins' view of other objects, straight from the informers' caches. */
export function clusterView(informer: Informers['informer']): ClusterView {
  const namespaces = informer('namespaces');
  const claims = informer('persistentvolumeclaims');
  const volumes = informer('persistentvolumes');
  const classes = informer('storageclasses.storage.k8s.io');
  const budgets = informer('poddisruptionbudgets.policy');
  const drivers = informer('csidrivers.storage.k8s.io');
  const csiNodes = informer('csinodes.storage.k8s.io');
  const capacities = informer('csistoragecapacities.storage.k8s.io');
  const deviceClasses = informer('deviceclasses.resource.k8s.io');
  const slices = informer('resourceslices.resource.k8s.io');
  slices.addIndex('node', ({ spec }) => [spec.nodeName ?? '']);
  slices.addIndex('pool', ({ spec }) => [`${spec.driver}/${spec.pool.name}`]);
  capacities.addIndex('class', ({ storageClassName }) => [storageClassName]);
  volumes.addIndex('class', (volume) => [storageClassOf(volume)]);
  return {
    namespaceLabels: (name) => namespaces.get('', name)?.metadata.labels,
    siblings: (pod) => siblings(pod, informer),
    claim: (namespace, name) => claims.get(namespace, name),
    volume: (name) => volumes.get('', name),
    volumes: (storageClass) => volumes.index('class', storageClass),
    storageClass: (name) => classes.get('', name),
    csiDriver: (name) => drivers.get('', name),
    csiNode: (node) => csiNodes.get('', node),
    capacities: (storageClass) => capacities.index('class', storageClass),
    budgets: (namespace) => budgets.list(namespace),
    deviceClass: (name) => deviceClasses.get('', name),
    slicesOn: (node) => [...slices.index('node', node), ...slices.index('node', '')],
    slicesOf: (driver, pool) => slices.index('pool', `${driver}/${pool}`),
    resourceClaims: new ClaimLedger(informer('resourceclaims.resource.k8s.io')),
  };
}

/** Pods of all services that select this one and of its controller: who matches all of their selectors. */
function siblings(pod: Pod, informer: Informers['informer']): LabelMatcher | undefined {
  const namespace = pod.metadata.namespace ?? '';
  const matchers: LabelMatcher[] = [];
  for (const { spec } of informer('services').list(namespace)) {
    if (spec?.selector && mapMatcher(spec.selector)(pod.metadata.labels)) matchers.push(mapMatcher(spec.selector));
  }
  const owner = controllerOf(pod);
  if (owner?.kind === 'ReplicationController') {
    const selector = informer('replicationcontrollers').get(namespace, owner.name)?.spec?.selector;
    if (selector) matchers.push(mapMatcher(selector));
  } else if (owner?.kind === 'ReplicaSet' || owner?.kind === 'StatefulSet') {
    const resource = owner.kind === 'ReplicaSet' ? 'replicasets.apps' : 'statefulsets.apps';
    const selector = informer(resource).get(namespace, owner.name)?.spec?.selector;
    if (selector) matchers.push(labelMatcher(selector));
  }
  return matchers.length ? (labels) => matchers.every((matches) => matches(labels)) : undefined;
}
