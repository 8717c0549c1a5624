import type { ObjectLike } from '../meta/object.ts';

/** On a StorageClass that claims get that name none. */
export const DEFAULT_STORAGE_CLASS = 'storageclass.kubernetes.io/is-default-class';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The class that an annotation marks as the default: of several the newest, of those of one second the first by name. */
export function defaultClassOf<T extends ObjectLike>(classes: readonly T[], annotation: string): T | undefined {
  const marked = classes.filter(({ metadata }) => metadata.annotations?.[annotation] === 'true');
  const [chosen] = marked.sort(
    ({ metadata: a }, { metadata: b }) => compare(b.creationTimestamp, a.creationTimestamp) || compare(a.name, b.name),
  );
  return chosen;
}
