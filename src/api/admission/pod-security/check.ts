import type { KubeObject } from '../../../meta/object.ts';
import { containersOf } from '../pods.ts';

export type Loose = any;

/** One rule of the Pod Security Standards: what a pod does that it must not, in the words of Kubernetes; undefined when nothing. */
export type Check = (pod: KubeObject) => { reason: string; detail: string } | undefined;

export const quoted = (names: readonly string[]): string => names.map((name) => JSON.stringify(name)).join(', ');

/** `container "a"`, `containers "a", "b"` */
export const namely = (word: string, names: readonly string[]): string =>
  `${word}${names.length === 1 ? '' : 's'} ${quoted(names)}`;

/** Names of the containers, of whatever sort, for which it holds. */
export const namesWhere = (pod: KubeObject, test: (container: Loose) => boolean): string[] =>
  containersOf(pod, true)
    .filter(test)
    .map((c) => c.name as string);

export const podContext = (pod: KubeObject): Loose => pod['spec']?.securityContext ?? {};

/** A check that only lists containers. */
export const containerCheck =
  (reason: string, test: (container: Loose) => boolean, tail: string): Check =>
  (pod) => {
    const bad = namesWhere(pod, test);
    return bad.length ? { reason, detail: `${namely('container', bad)} ${tail}` } : undefined;
  };

/** `pod and container "a"` of those that set something forbidden. */
export function setters(pod: KubeObject, inPod: boolean, test: (container: Loose) => boolean): string {
  const bad = namesWhere(pod, test);
  return [...(inPod ? ['pod'] : []), ...(bad.length ? [namely('container', bad)] : [])].join(' and ');
}
