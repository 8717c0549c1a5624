import { defaultClassOf } from '../../rules/default-class.ts';
import type { Store } from '../../store/contract.ts';

/** Name of the stored class that an annotation marks as the default. */
export const defaultClass = (store: Store, resource: string, annotation: string): string | undefined =>
  defaultClassOf(
    store.list({ resource }).items.map(({ object }) => object),
    annotation,
  )?.metadata.name;
