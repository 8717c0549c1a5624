import type {
  ControllerRevision,
  DaemonSet,
  Deployment,
  PodTemplate,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
} from '../../../../schema/types.ts';
import { parseApiVersion } from '../../../meta/gvk.ts';
import type { Printer } from '../printer.ts';
import { containerCells, count, formatLabels, formatSelector, NONE, since } from './shared.ts';

const deployments: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as Deployment;
  return [
    metadata.name,
    `${count(status?.readyReplicas)}/${count(spec?.replicas)}`,
    count(status?.updatedReplicas),
    count(status?.availableReplicas),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ];
};

const replicaSets: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as ReplicaSet;
  return [
    metadata.name,
    count(spec?.replicas),
    count(status?.replicas),
    count(status?.readyReplicas),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ];
};

const replicationControllers: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as ReplicationController;
  return [
    metadata.name,
    count(spec?.replicas),
    count(status?.replicas),
    count(status?.readyReplicas),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatLabels(spec?.selector),
  ];
};

const statefulSets: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as StatefulSet;
  return [
    metadata.name,
    `${count(status?.readyReplicas)}/${count(spec?.replicas)}`,
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
  ];
};

const daemonSets: Printer = (object, now) => {
  const { metadata, spec, status } = object as unknown as DaemonSet;
  return [
    metadata.name,
    count(status?.desiredNumberScheduled),
    count(status?.currentNumberScheduled),
    count(status?.numberReady),
    count(status?.updatedNumberScheduled),
    count(status?.numberAvailable),
    formatLabels(spec?.template?.spec?.nodeSelector),
    since(metadata.creationTimestamp, now),
    ...containerCells(spec?.template?.spec),
    formatSelector(spec?.selector),
  ];
};

const controllerRevisions: Printer = (object, now) => {
  const { metadata, revision } = object as unknown as ControllerRevision;
  const owner = metadata.ownerReferences?.find((o) => o.controller);
  const group = owner && parseApiVersion(owner.apiVersion).group;
  const name = owner ? `${owner.kind.toLowerCase()}${group ? `.${group}` : ''}/${owner.name}` : NONE;
  return [metadata.name, name, count(revision), since(metadata.creationTimestamp, now)];
};

const podTemplates: Printer = (object) => {
  const { metadata, template } = object as unknown as PodTemplate;
  return [metadata.name, ...containerCells(template?.spec), formatLabels(template?.metadata?.labels)];
};

export const workloadCells: Readonly<Record<string, Printer>> = {
  'deployments.apps': deployments,
  'replicasets.apps': replicaSets,
  'statefulsets.apps': statefulSets,
  'daemonsets.apps': daemonSets,
  'controllerrevisions.apps': controllerRevisions,
  replicationcontrollers: replicationControllers,
  podtemplates: podTemplates,
};
