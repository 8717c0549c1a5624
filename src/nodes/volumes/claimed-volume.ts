import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../../../schema/types.ts';
import type { Client } from '../../client/contract.ts';
import { claimOf } from '../../rules/pod-claims.ts';

const PROTECTION = 'kubernetes.io/pvc-protection';

/** A claim of a pod and the volume that it is bound to. */
export interface ClaimedVolume {
  claim: PersistentVolumeClaim;
  volume: PersistentVolume;
}

/**
 * What is behind a volume of a pod that is a claim, or for which one was made (generic ephemeral volumes).
 * @returns undefined for a volume that is no claim
 * @throws Error with the kubelet's words while the claim is not bound, is another pod's, or is used in another way than
 * its volume mode says. Source: pkg/kubelet/volumemanager/populator createVolumeSpec.
 */
export async function claimedVolume(pod: Pod, volume: Volume, client: Client): Promise<ClaimedVolume | undefined> {
  const name = claimOf(pod, volume);
  if (name === undefined) return undefined;
  const { namespace = '' } = pod.metadata;
  const processing = (why: string): Error => new Error(`error processing PVC ${namespace}/${name}: ${why}`);
  const claim = await client.get('persistentvolumeclaims', namespace, name).catch((error: Error) => {
    throw processing(`failed to fetch PVC from API server: ${error.message}`);
  });
  const { metadata, spec, status } = claim;
  if (metadata.deletionTimestamp && !metadata.finalizers?.includes(PROTECTION))
    throw processing('PVC is being deleted');
  if (status?.phase !== 'Bound') throw processing('PVC is not bound');
  if (!spec?.volumeName) throw processing('PVC has empty pvc.Spec.VolumeName');
  if (volume.ephemeral && !metadata.ownerReferences?.some((one) => one.controller && one.uid === pod.metadata.uid)) {
    const of = `pod ${namespace}/${pod.metadata.name}`;
    throw new Error(`PVC ${namespace}/${name} was not created for ${of} (pod is not owner)`);
  }
  const found = await client.get('persistentvolumes', '', spec.volumeName).catch((error: Error) => {
    throw processing(`failed to fetch PV ${spec.volumeName} from API server: ${error.message}`);
  });
  const bound = found.spec?.claimRef;
  if (bound?.uid !== metadata.uid) {
    const which = `found PV object ${spec.volumeName} but`;
    throw processing(
      bound
        ? `${which} its pv.Spec.ClaimRef.UID ${bound.uid ?? ''} does not point to claim.UID ${metadata.uid}`
        : `${which} it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`,
    );
  }
  checkUse(pod, volume.name, found.spec?.volumeMode ?? 'Filesystem');
  return { claim, volume: found };
}

function checkUse({ spec }: Pod, name: string, mode: string): void {
  const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
  const wrong = (use: string): Error => new Error(`volume ${name} has volumeMode ${mode}, but is specified in ${use}`);
  if (mode !== 'Filesystem' && containers.some((one) => one.volumeMounts?.some((mount) => mount.name === name)))
    throw wrong('volumeMounts');
  if (mode !== 'Block' && containers.some((one) => one.volumeDevices?.some((device) => device.name === name)))
    throw wrong('volumeDevices');
}
