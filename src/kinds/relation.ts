import type { LabelSelectorLike } from '../meta/labels.ts';
import type { KubeObject, ObjectLike, Parts, Unchecked } from '../meta/object.ts';

/** A reference to one object of any kind, as it stands in another. What it does not say is not compared. */
export interface Reference {
  /** with its version or without; undefined: any group */
  apiVersion?: string | undefined;
  kind?: string | undefined;
  /** '' or undefined: of what is cluster-wide, and else the namespace of the object that refers */
  namespace?: string | undefined;
  name?: string | undefined;
  uid?: string | undefined;
}

/** The other kinds: one resource by its storage key, several, all that are stored, or all that can be scaled. */
export type Others = string | readonly string[] | { every: 'stored' | 'scalable' };

/**
 * How an object of one kind leads to objects of another. It is declared once, by the kind that says so in its objects,
 * and is a field of both sides' types in GraphQL.
 */
export type Relation<T extends ObjectLike = KubeObject> = {
  /** field of this kind; a kind's own field of that name keeps it. Undefined: only the way back is a field */
  field?: string;
  description?: string;
  to: Others;
  /** field of the other kinds that leads back, to a list */
  back?: string;
} & (
  | {
      /** the other's name: leads to one object, in the object's own namespace if both kinds have namespaces */
      form: 'name';
      name(object: Unchecked<T>): string | undefined;
      namespace?(object: Unchecked<T>): string | undefined;
      /** the field label or label whose value the name is: it is an index, and who may list by it may follow the way back */
      column?: { field: string } | { label: string };
    }
  /** names of several in the same namespace; one may be there more than once */
  | { form: 'names'; names(object: Unchecked<T>): readonly string[] }
  /** a label selector: leads to all that it matches; undefined matches none, an empty one matches all */
  | { form: 'selector'; selector(object: Unchecked<T>): Parts<LabelSelectorLike> | undefined }
  /** one of metadata.ownerReferences */
  | { form: 'owner' }
  | {
      form: 'reference';
      /** leads to a list */
      many?: true;
      /** from one namespace into another too */
      elsewhere?: true;
      references(object: Unchecked<T>): readonly Reference[];
      /** the same from the values of field labels, so that the object need not be parsed */
      fromFields?(fields: Readonly<Record<string, string>>): readonly Reference[];
    }
);

/** A map of labels as a selector; an empty one selects nothing (a Service without selector has no pods). */
const byLabels = (labels: Record<string, string> | undefined): LabelSelectorLike | undefined =>
  labels && Object.keys(labels).length ? { matchLabels: labels } : undefined;

type Selecting<S> = ObjectLike & { spec?: { selector?: S } };

/** The pods of what has a label selector in spec. */
export const selectedPods = (back?: string): Relation<Selecting<LabelSelectorLike>> => ({
  field: 'pods',
  to: 'pods',
  ...(back !== undefined && { back }),
  form: 'selector',
  selector: ({ spec }) => spec?.selector,
});

/** The same of what has a map of labels there. */
export const labelledPods = (back?: string): Relation<Selecting<Record<string, string>>> => ({
  field: 'pods',
  to: 'pods',
  ...(back !== undefined && { back }),
  form: 'selector',
  selector: ({ spec }) => byLabels(spec?.selector),
});
