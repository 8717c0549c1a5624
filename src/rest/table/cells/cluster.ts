import type { Printer } from '../printer.ts';
import { NONE, since } from './shared.ts';

const priorityClasses: Printer = (object, now) => [
  object.metadata.name,
  object.value ?? 0,
  object.globalDefault ?? false,
  since(object.metadata.creationTimestamp, now),
  object.preemptionPolicy ?? '',
];

const leases: Printer = ({ metadata, spec }, now) => [
  metadata.name,
  spec?.holderIdentity ?? '',
  since(metadata.creationTimestamp, now),
];
const runtimeClasses: Printer = (object, now) => [
  object.metadata.name,
  object.handler ?? '',
  since(object.metadata.creationTimestamp, now),
];
const named: Printer = ({ metadata }, now) => [metadata.name, since(metadata.creationTimestamp, now)];

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  error?: string;
}

const componentStatuses: Printer = (object) => {
  const healthy = (object.conditions as Condition[] | undefined)?.find((c) => c.type === 'Healthy');
  const state = healthy ? (healthy.status === 'True' ? 'Healthy' : 'Unhealthy') : 'Unknown';
  return [object.metadata.name, state, healthy?.message ?? '', healthy?.error ?? ''];
};

const apiServices: Printer = ({ metadata, spec, status }, now) => {
  const available = (status?.conditions as Condition[] | undefined)?.find((c) => c.type === 'Available');
  const state = !available
    ? 'Unknown'
    : available.status === 'True'
      ? 'True'
      : `${available.status} (${available.reason ?? ''})`;
  return [
    metadata.name,
    spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    state,
    since(metadata.creationTimestamp, now),
  ];
};

const flowSchemas: Printer = ({ metadata, spec, status }, now) => {
  const dangling = (status?.conditions as Condition[] | undefined)?.find((c) => c.type === 'Dangling');
  return [
    metadata.name,
    spec?.priorityLevelConfiguration?.name || NONE,
    spec?.matchingPrecedence ?? 0,
    spec?.distinguisherMethod?.type ?? NONE,
    since(metadata.creationTimestamp, now),
    dangling?.status ?? '?',
  ];
};

const priorityLevels: Printer = ({ metadata, spec }, now) => {
  const queuing = spec?.limited?.limitResponse?.queuing;
  return [
    metadata.name,
    spec?.type ?? '',
    (spec?.limited ?? spec?.exempt)?.nominalConcurrencyShares ?? NONE,
    queuing?.queues ?? NONE,
    queuing?.handSize ?? NONE,
    queuing?.queueLengthLimit ?? NONE,
    since(metadata.creationTimestamp, now),
  ];
};

const resourceClaims: Printer = ({ metadata, status }, now) => {
  const states: string[] = [];
  if (metadata.deletionTimestamp) states.push('deleted');
  if (status?.allocation) states.push('allocated', ...(status.reservedFor?.length ? ['reserved'] : []));
  else if (!metadata.deletionTimestamp) states.push('pending');
  return [metadata.name, states.join(','), since(metadata.creationTimestamp, now)];
};

const resourceSlices: Printer = ({ metadata, spec }, now) => [
  metadata.name,
  spec?.nodeName ?? '',
  spec?.driver ?? '',
  spec?.pool?.name ?? '',
  since(metadata.creationTimestamp, now),
];

export const clusterCells: Readonly<Record<string, Printer>> = {
  'priorityclasses.scheduling.k8s.io': priorityClasses,
  'leases.coordination.k8s.io': leases,
  'runtimeclasses.node.k8s.io': runtimeClasses,
  componentstatuses: componentStatuses,
  'apiservices.apiregistration.k8s.io': apiServices,
  'flowschemas.flowcontrol.apiserver.k8s.io': flowSchemas,
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': priorityLevels,
  'resourceclaims.resource.k8s.io': resourceClaims,
  'resourceslices.resource.k8s.io': resourceSlices,
  'resourceclaimtemplates.resource.k8s.io': named,
  'deviceclasses.resource.k8s.io': named,
};
