import { createHash } from 'node:crypto';
import type { Container, Pod, Volume } from '../../../schema/types.ts';
import type { KubeObject, New } from '../../meta/object.ts';
import { CONFIG_MIRROR, CONFIG_SOURCE } from '../../rules/critical-pod.ts';

/** Says which version of its manifest a pod is. */
export const CONFIG_HASH = 'kubernetes.io/config.hash';
/** Says when the node has first seen it. */
export const CONFIG_SEEN = 'kubernetes.io/config.seen';

/** Reads a manifest by the rules of the API; `place` is called before the pod is judged. @throws Error */
export type ReadManifest = (bytes: Buffer, place: (object: KubeObject) => void, now: number) => Pod;

/**
 * The pod of a manifest, as the kubelet makes it: named for its node, with a uid that is made of what the manifest says,
 * so that another text is another pod. Source: kubelet/config applyDefaults.
 * @param file absolute
 * @throws Error for what is no pod, or one that refers to objects of the API
 */
export function staticPod(bytes: Buffer, file: string, node: string, read: ReadManifest, now: number): Pod {
  const pod = read(
    bytes,
    (object) => {
      const { metadata } = object as { metadata?: Partial<KubeObject['metadata']> };
      if (!metadata?.name) throw new Error('it has no metadata.name');
      metadata.name = `${metadata.name}-${node.toLowerCase()}`;
      metadata.namespace ||= 'default';
      metadata.uid ||= createHash('md5').update(bytes).update(`host:${node}file:${file}`).digest('hex');
      metadata.creationTimestamp = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
      metadata.annotations = {
        ...metadata.annotations,
        [CONFIG_HASH]: metadata.uid,
        [CONFIG_SEEN]: new Date(now).toISOString(),
        [CONFIG_SOURCE]: 'file',
      };
      const spec = ((object as { spec?: Record<string, unknown> }).spec ??= {});
      spec['nodeName'] = node;
    },
    now,
  );
  const reference = apiReference(pod);
  if (reference) throw new Error(`static pods may not reference ${reference}`);
  const tolerations = [...(pod.spec?.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' } as const];
  return { ...pod, spec: { ...pod.spec!, tolerations }, status: { phase: 'Pending' } };
}

/** What the API shows of it. Its owner is the node, which it goes with. */
export const mirrorOf = ({ metadata, spec }: Pod, nodeUid: string, node: string): New<Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: metadata.name,
    namespace: metadata.namespace,
    labels: metadata.labels,
    annotations: { ...metadata.annotations, [CONFIG_MIRROR]: metadata.annotations?.[CONFIG_HASH] ?? '' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid: nodeUid, controller: true }],
  },
  ...(spec && { spec }),
});

export const isMirrorPod = ({ metadata }: Pod): boolean => metadata.annotations?.[CONFIG_MIRROR] !== undefined;

/** Objects of the API that a pod names; such a pod needs more than its node has. Source: api/pod HasAPIObjectReference. */
function apiReference({ spec }: Pod): string | undefined {
  if (!spec) return undefined;
  if (spec.serviceAccountName) return 'serviceaccounts';
  if (spec.imagePullSecrets?.length) return 'secrets (via imagePullSecrets)';
  if (spec.resourceClaims?.length) return 'resourceclaims';
  const containers: Container[] = [...(spec.initContainers ?? []), ...spec.containers];
  for (const each of containers) {
    const sources = (each.env ?? []).map(({ valueFrom }) => valueFrom);
    if (each.envFrom?.some(({ configMapRef }) => configMapRef) || sources.some((from) => from?.configMapKeyRef))
      return 'configmaps';
    if (each.envFrom?.some(({ secretRef }) => secretRef) || sources.some((from) => from?.secretKeyRef))
      return 'secrets';
  }
  return spec.volumes?.map(volumeReference).find((each) => each !== undefined);
}

function volumeReference(volume: Volume): string | undefined {
  if (volume.configMap) return 'configmaps (via configmap volumes)';
  if (volume.secret) return 'secrets (via secret volumes)';
  if (volume.persistentVolumeClaim || volume.ephemeral) return 'persistentvolumeclaims';
  if (volume.csi) return 'csidrivers (via CSI volumes)';
  const refers = volume.projected?.sources?.some((source) => !source.downwardAPI);
  return refers ? 'API objects (via projected volumes)' : undefined;
}
