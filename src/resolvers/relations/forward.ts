import type { Kind } from '../../kinds/kind.ts';
import type { Reference } from '../../kinds/relation.ts';
import { isStatusError } from '../../meta/status.ts';
import { labelSelectorAsSelector, type LabelSelectorLike } from '../../meta/labels.ts';
import type { ObjectLike, Parts, Unchecked } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import { byPlace } from '../../store/by-place.ts';
import { kindsOfEnd, type End } from './ends.ts';
import { storedForm, type From, type OfKind } from './from.ts';
import { ownerBy } from './ownership.ts';
import { isOfKind, isUid } from './references.ts';
import { valueKeys } from './relation-keys.ts';
import type { Snapshot } from './snapshot.ts';
import { whenReady, type Soon } from './soon.ts';

const NONE: readonly Stored[] = [];

/** Whether an end leads to at most one object. */
export const leadsToOne = ({ forward, relation }: End): boolean =>
  forward &&
  (relation.form === 'name' || relation.form === 'owner' || (relation.form === 'reference' && !relation.many));

/** The object that such an end leads to. Throws 403. */
export function relatedOne(end: End, from: From): Soon<OfKind | undefined> {
  return whenReady(storedForm(from), (object) => oneOf(end, object, from));
}

function oneOf(end: End, object: Unchecked<ObjectLike>, from: From): Soon<OfKind | undefined> {
  const { relation } = end;
  if (relation.form === 'reference') {
    const [reference] = relation.references(object);
    return reference && referred(reference, kindsOfEnd(end, from.registry), from);
  }
  const [kind] = end.to;
  if (!kind) return undefined;
  switch (relation.form) {
    case 'owner': {
      const reference = object.metadata.ownerReferences?.find((one) => isOfKind(one, kind));
      return reference && ownerBy(reference, kind, from);
    }
    case 'name': {
      const name = relation.name(object);
      const namespace = relation.namespace ? relation.namespace(object) : object.metadata.namespace;
      return name ? named(kind, namespace, name, from) : undefined;
    }
    default:
      return undefined;
  }
}

/** What an object of the declaring kind leads to where that can be many, by namespace and name. Throws 403. */
export function relatedMany(end: End, from: From): Soon<readonly Stored[]> {
  return whenReady(storedForm(from), (object) => manyOf(end, object, from));
}

function manyOf({ relation, to }: End, object: Unchecked<ObjectLike>, from: From): Soon<readonly Stored[]> {
  const [kind] = to;
  if (!kind) return NONE;
  const { namespace = '' } = object.metadata;
  switch (relation.form) {
    case 'names': {
      const names = [...new Set(relation.names(object))];
      return each(names, (name) => named(kind, namespace, name, from), from);
    }
    case 'reference':
      return each(relation.references(object), (reference) => referred(reference, to, from), from);
    case 'selector': {
      const within = kind.namespaced ? namespace : '';
      from.snapshot.authorizeList(kind, within);
      return whenReady(selected(kind, within, relation.selector(object), from.snapshot), (items) =>
        from.snapshot.served(kind, items),
      );
    }
    default:
      return NONE;
  }
}

function named(kind: Kind, namespace: string | undefined, name: string, { snapshot }: From): Soon<OfKind | undefined> {
  const within = kind.namespaced ? (namespace ?? '') : '';
  if (kind.namespaced && !within) return undefined;
  return whenReady(snapshot.get(kind, within, name), (stored) => stored && { kind, stored });
}

function referred(reference: Reference, to: readonly Kind[], from: From): Soon<OfKind | undefined> {
  const kind = to.find((one) => isOfKind(reference, one));
  const { namespace, name, uid } = reference;
  if (!kind || !name) return undefined;
  return whenReady(named(kind, namespace, name, from), (found) =>
    found && isUid(uid, found.stored, kind) ? found : undefined,
  );
}

/** Each of several by itself: one that the caller may not read is told of, and hides no others. */
function each<T>(
  all: readonly T[],
  read: (one: T) => Soon<OfKind | undefined>,
  { snapshot, warn }: From,
): Soon<readonly Stored[]> {
  const refused = (error: unknown): undefined => {
    if (!isStatusError(error, 'Forbidden')) throw error;
    warn(error.message);
    return undefined;
  };
  const found = new Set<Stored>();
  const later: Promise<void>[] = [];
  const add = (one: OfKind | undefined): void => void (one && found.add(one.stored));
  const readAll = snapshot.each(all, (one) => {
    try {
      const value = read(one);
      if (!(value instanceof Promise)) return add(value);
      const added = value.catch(refused).then(add);
      // it is waited for when all have been asked for
      added.catch(() => undefined);
      later.push(added);
      return undefined;
    } catch (error) {
      return refused(error);
    }
  });
  const sorted = (): readonly Stored[] => [...found].sort(byPlace);
  return whenReady(readAll, () => (later.length ? Promise.all(later).then(sorted) : sorted()));
}

/** Those of a namespace that a label selector matches, by an index of a label that it demands. */
function selected(
  kind: Kind,
  namespace: string,
  labelSelector: Parts<LabelSelectorLike> | undefined,
  snapshot: Snapshot,
): Soon<readonly Stored[]> {
  if (!labelSelector) return NONE;
  const selector = labelSelectorAsSelector(labelSelector);
  const [[label, value] = []] = Object.entries(labelSelector.matchLabels ?? {});
  if (label === undefined || value === undefined)
    return whenReady(snapshot.list(kind, namespace), (items) =>
      selector.empty ? items : snapshot.having(items, ({ labels }) => selector.matches(labels)),
    );
  const keysOf = ({ labels }: Stored): readonly string[] => valueKeys(labels, label);
  const found = snapshot.find(kind, namespace, `label ${label}`, keysOf, [value], { label, values: [value] });
  return selector.requirements.length === 1
    ? found
    : whenReady(found, (items) => snapshot.having(items, ({ labels }) => selector.matches(labels)));
}
