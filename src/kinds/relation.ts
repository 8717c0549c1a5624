import type { LabelSelectorLike } from '../meta/labels.ts';
import type { KubeObject, ObjectLike, Parts, Unchecked } from '../meta/object.ts';

/**
 * From an object to others, as a field of its type in GraphQL. `to` is a resource by its storage key. Three forms:
 * `name` leads to one object; `selector` to those whose labels match; `key` and `keyOf` to those of which `keyOf` is
 * this object's `key`. The other side is in the object's own namespace if both kinds have namespaces, or in `namespace`.
 */
export type Relation<T extends ObjectLike = KubeObject> = {
  field: string;
  to: string;
  namespace?(object: Unchecked<T>): string | undefined;
} & (
  | { form: 'one'; name(object: Unchecked<T>): string | undefined }
  | { form: 'selected'; selector(object: Unchecked<T>): Parts<LabelSelectorLike> | undefined }
  | {
      form: 'grouped';
      key(object: Unchecked<T>): string;
      keyOf(other: ObjectLike): string | undefined;
      /** the field label of the others whose value `keyOf` is: who may list by it may follow the relation */
      label?: string;
    }
);

/** A map of labels as a selector; an empty one selects nothing (a Service without selector has no pods). */
const byLabels = (labels: Record<string, string> | undefined): LabelSelectorLike | undefined =>
  labels && Object.keys(labels).length ? { matchLabels: labels } : undefined;

/** The pods of what has a label selector in spec. */
export const selectedPods: Relation<ObjectLike & { spec?: { selector?: LabelSelectorLike } }> = {
  field: 'pods',
  to: 'pods',
  form: 'selected',
  selector: ({ spec }) => spec?.selector,
};

/** The same of what has a map of labels there. */
export const labelledPods: Relation<ObjectLike & { spec?: { selector?: Record<string, string> } }> = {
  field: 'pods',
  to: 'pods',
  form: 'selected',
  selector: ({ spec }) => byLabels(spec?.selector),
};
