import type { Store, Stored } from '../../store/contract.ts';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The class that an annotation marks as the default: of several the newest, of those of one second the first by name. */
export function defaultClass(store: Store, resource: string, annotation: string): Stored | undefined {
  const classes = store.list({ resource }).items.filter((c) => c.object.metadata.annotations?.[annotation] === 'true');
  const [chosen] = classes.sort(
    (a, b) =>
      compare(b.object.metadata.creationTimestamp, a.object.metadata.creationTimestamp) || compare(a.name, b.name),
  );
  return chosen;
}
