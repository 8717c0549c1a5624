import type { KubeObject } from '../../meta/object.ts';
import type { Target } from '../contract.ts';
import type { AdmissionOperation } from './plugin.ts';

type Loose = any;

export const isPod = ({ kind, subresource }: Target): boolean =>
  kind.group === '' && kind.resource === 'pods' && subresource === '';
export const podCreate = (target: Target, operation: AdmissionOperation): boolean =>
  isPod(target) && operation === 'CREATE';

/** Init and ordinary containers, and with `all` the ephemeral ones. */
export const containersOf = (pod: KubeObject, all = false): Loose[] => [
  ...(pod['spec']?.initContainers ?? []),
  ...(pod['spec']?.containers ?? []),
  ...((all && pod['spec']?.ephemeralContainers) || []),
];

/** A pod that the node agent made from a file: the API only shows it. */
export const isMirrorPod = (pod: KubeObject): boolean =>
  pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
