import { newObject } from '../new-object.ts';
import type { KubeObject } from '../../meta/object.ts';

export const API_SERVICES = 'apiservices.apiregistration.k8s.io';

/** Says of an APIService that nobody made it by hand; its value says for how long it is kept as it was made. */
export const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged';

/** Priority of the group, and of its versions. Source: kube-apiserver's table of API priorities. */
const PRIORITIES: Readonly<Record<string, readonly [group: number, versions: Readonly<Record<string, number>>]>> = {
  '': [18_000, { v1: 1 }],
  apps: [17_800, { v1: 15 }],
  'events.k8s.io': [17_750, { v1: 15 }],
  'authentication.k8s.io': [17_700, { v1: 15 }],
  'authorization.k8s.io': [17_600, { v1: 15 }],
  autoscaling: [17_500, { v1: 15, v2: 30 }],
  batch: [17_400, { v1: 15 }],
  'certificates.k8s.io': [17_300, { v1: 15 }],
  'networking.k8s.io': [17_200, { v1: 15 }],
  policy: [17_100, { v1: 15 }],
  'rbac.authorization.k8s.io': [17_000, { v1: 15 }],
  'storage.k8s.io': [16_800, { v1: 15 }],
  'apiextensions.k8s.io': [16_700, { v1: 15 }],
  'admissionregistration.k8s.io': [16_700, { v1: 15, v1beta1: 12 }],
  'scheduling.k8s.io': [16_600, { v1: 15 }],
  'coordination.k8s.io': [16_500, { v1: 15 }],
  'node.k8s.io': [16_300, { v1: 15 }],
  'discovery.k8s.io': [16_200, { v1: 15 }],
  'resource.k8s.io': [16_200, { v1: 21 }],
  'flowcontrol.apiserver.k8s.io': [16_100, { v1: 21 }],
  'storagemigration.k8s.io': [15_800, { v1beta1: 9 }],
};

export const apiServiceName = (group: string, version: string): string => `${version}.${group}`;

const CUSTOM_PRIORITY = 1000;

/** Which groups of this server come first where all are listed: those of the highest. */
export const groupPriority = (group: string): number =>
  group === 'apiregistration.k8s.io' ? Infinity : (PRIORITIES[group]?.[0] ?? CUSTOM_PRIORITY);

/** The APIService of a built-in group and version; undefined for a group that has no place in the order. */
export function builtinService(group: string, version: string): KubeObject | undefined {
  const [groupPriority, versions] = PRIORITIES[group] ?? [];
  const priority = versions?.[version];
  // this server's own API has one of its own making too, but lists it nowhere
  if (groupPriority === undefined || priority === undefined) return undefined;
  return service(group, version, groupPriority, priority, 'onstart');
}

/** The APIService of a group and version that definitions serve: all alike, versions in the order of their names. */
export const customService = (group: string, version: string): KubeObject =>
  service(group, version, CUSTOM_PRIORITY, 100, 'true');

function service(
  group: string,
  version: string,
  groupPriorityMinimum: number,
  versionPriority: number,
  managed: string,
): KubeObject {
  const labels = { [AUTOMANAGED]: managed };
  return newObject(
    { name: apiServiceName(group, version), labels },
    { spec: { ...(group && { group }), version, groupPriorityMinimum, versionPriority } },
  );
}
