import type { EphemeralContainer, Pod, PodSpec, Volume } from '../../schema/types.ts';
import type { Parts, Unchecked } from '../meta/object.ts';
import { claimOf } from './pod-claims.ts';

/** Containers, as they may name objects: those that are ephemeral too. */
type Named = Pick<Parts<EphemeralContainer>, 'env' | 'envFrom'>;
type Spec = Parts<PodSpec> | undefined;

function* namedBy(spec: Spec): Generator<Named> {
  yield* spec?.initContainers ?? [];
  yield* spec?.containers ?? [];
  yield* spec?.ephemeralContainers ?? [];
}

const given = (names: readonly (string | undefined)[]): string[] =>
  names.filter((name) => name !== undefined && name !== '') as string[];

function secretOf(volume: Parts<Volume>): (string | undefined)[] {
  const { azureFile, cephfs, cinder, flexVolume, rbd, secret, scaleIO, iscsi, storageos, csi, projected } = volume;
  const byReference = [cephfs, cinder, flexVolume, rbd, scaleIO, iscsi, storageos].map(
    (source) => source?.secretRef?.name,
  );
  return [
    azureFile?.secretName,
    secret?.secretName,
    csi?.nodePublishSecretRef?.name,
    ...byReference,
    ...(projected?.sources ?? []).map((source) => source.secret?.name),
  ];
}

/** Names of the Secrets that a pod's spec refers to, each as often as it does. Source: VisitPodSecretNames of Kubernetes. */
export function secretsOf(spec: Spec): string[] {
  const names = (spec?.imagePullSecrets ?? []).map(({ name }) => name);
  for (const { env, envFrom } of namedBy(spec)) {
    for (const { secretRef } of envFrom ?? []) names.push(secretRef?.name);
    for (const { valueFrom } of env ?? []) names.push(valueFrom?.secretKeyRef?.name);
  }
  for (const volume of spec?.volumes ?? []) names.push(...secretOf(volume));
  return given(names);
}

/** The same of ConfigMaps. Source: VisitPodConfigmapNames of Kubernetes. */
export function configMapsOf(spec: Spec): string[] {
  const names: (string | undefined)[] = [];
  for (const { env, envFrom } of namedBy(spec)) {
    for (const { configMapRef } of envFrom ?? []) names.push(configMapRef?.name);
    for (const { valueFrom } of env ?? []) names.push(valueFrom?.configMapKeyRef?.name);
  }
  for (const { configMap, projected } of spec?.volumes ?? []) {
    names.push(configMap?.name, ...(projected?.sources ?? []).map((source) => source.configMap?.name));
  }
  return given(names);
}

/** Names of the PersistentVolumeClaims that a pod's volumes are. */
export const claimsOf = (pod: Unchecked<Pod>): string[] =>
  given((pod.spec?.volumes ?? []).map((volume) => claimOf(pod, volume)));

/** Names of the ResourceClaims of a pod: those that it names, and those that have been made for it, as its status says. */
export function resourceClaimsOf({ spec, status }: Unchecked<Pod>): string[] {
  const made = new Map((status?.resourceClaimStatuses ?? []).map((one) => [one.name, one.resourceClaimName]));
  return given([
    ...(spec?.resourceClaims ?? []).map(({ name, resourceClaimName }) => resourceClaimName ?? made.get(name)),
    status?.extendedResourceClaimStatus?.resourceClaimName,
  ]);
}
