import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../../schema/types.ts';
import { controllerRef } from '../control/keys.ts';
import { podFromTemplate } from '../control/pod-from-template.ts';
import { templateOf } from './revisions.ts';
import { present } from '../meta/present.ts';
import type { New } from '../meta/object.ts';

const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const INDEX = 'apps.kubernetes.io/pod-index';
export const REVISION_LABEL = 'controller-revision-hash';

export const firstOrdinal = (set: StatefulSet): number => set.spec?.ordinals?.start ?? 0;

/** The number at the end of the pod's name; -1 when the name is not one of the set's. */
export function ordinalOf(set: StatefulSet, pod: Pod): number {
  const match = /^(.*)-(\d+)$/.exec(pod.metadata.name);
  return match?.[1] === set.metadata.name ? Number(match[2]) : -1;
}

export const claimName = (template: PersistentVolumeClaim, set: StatefulSet, ordinal: number): string =>
  `${template.metadata.name}-${set.metadata.name}-${ordinal}`;

/** The pod of one ordinal: a name of its own, a host name under the set's service, and its own claims as volumes. */
export function statefulPod(set: StatefulSet, ordinal: number, revision: ControllerRevision): New<Pod> {
  const pod = podFromTemplate(templateOf(revision), set, controllerRef(set, 'apps/v1', 'StatefulSet'));
  const name = `${set.metadata.name}-${ordinal}`;
  pod.metadata.name = name;
  pod.metadata.labels = {
    ...pod.metadata.labels,
    [POD_NAME]: name,
    [INDEX]: String(ordinal),
    [REVISION_LABEL]: revision.metadata.name,
  };
  const claims = set.spec?.volumeClaimTemplates ?? [];
  const own = claims.map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: claimName(template, set, ordinal) },
  }));
  const others = (pod.spec!.volumes ?? []).filter((volume) => !own.some(({ name: taken }) => taken === volume.name));
  pod.spec = {
    ...pod.spec!,
    hostname: name,
    ...present({ subdomain: set.spec?.serviceName }),
    volumes: [...own, ...others],
  };
  return pod;
}

type NewClaim = New<PersistentVolumeClaim> & { metadata: { name: string } };

/** The claims of one ordinal as they are made. */
export function statefulClaims(set: StatefulSet, ordinal: number): NewClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...template.metadata,
      name: claimName(template, set, ordinal),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec?.selector?.matchLabels },
    },
    ...present({ spec: template.spec }),
  }));
}
