import type { Container, PodSecurityContext, PodSpec } from '../../../../schema/types.ts';
import type { NewMeta, Parts } from '../../../meta/object.ts';
import { allContainersOf } from '../pods.ts';

/** A pod, or the template of one. */
export interface PodLike {
  metadata?: Pick<NewMeta, 'annotations'>;
  spec?: Parts<PodSpec>;
}
export type AnyContainer = Parts<Container>;

/** One rule of the Pod Security Standards: what a pod does that it must not, in the words of Kubernetes; undefined when nothing. */
export type Check = (pod: PodLike) => { reason: string; detail: string } | undefined;

export const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');

/** `container "a"`, `containers "a", "b"` */
export const namely = (word: string, names: readonly string[]): string =>
  `${word}${names.length === 1 ? '' : 's'} ${quoted(names)}`;

/** Names of the containers, of whatever sort, for which it holds. */
export const namesWhere = (pod: PodLike, test: (container: AnyContainer) => boolean): string[] =>
  allContainersOf(pod.spec)
    .filter(test)
    .map((c) => c.name ?? '');

export const podContext = ({ spec }: PodLike): Parts<PodSecurityContext> => spec?.securityContext ?? {};

/** A check that only lists containers. */
export const containerCheck =
  (reason: string, test: (container: AnyContainer) => boolean, tail: string): Check =>
  (pod) => {
    const bad = namesWhere(pod, test);
    return bad.length ? { reason, detail: `${namely('container', bad)} ${tail}` } : undefined;
  };

/** `pod and container "a"` of those that set something forbidden. */
export function setters(pod: PodLike, inPod: boolean, test: (container: AnyContainer) => boolean): string {
  const bad = namesWhere(pod, test);
  return [...(inPod ? ['pod'] : []), ...(bad.length ? [namely('container', bad)] : [])].join(' and ');
}
