import type { Container } from '../../../schema/types.ts';
import type { ObjectMeta, Parts } from '../../meta/object.ts';

type Containers = readonly Parts<Container>[];
/** Those of a pod, or of what is written to be one. */
interface Spec {
  containers?: Containers;
  initContainers?: Containers;
  ephemeralContainers?: Containers;
}

/** Init and ordinary containers. */
export const containersOf = (spec: Spec | undefined): Parts<Container>[] => [
  ...(spec?.initContainers ?? []),
  ...(spec?.containers ?? []),
];

/** Containers of every sort: the ephemeral ones too. */
export const allContainersOf = (spec: Spec | undefined): Parts<Container>[] => [
  ...containersOf(spec),
  ...(spec?.ephemeralContainers ?? []),
];

/** A pod that the node agent made from a file: the API only shows it. */
export const isMirrorPod = ({ metadata }: { metadata: ObjectMeta }): boolean =>
  metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
