import type { Kind, Registry } from '../../kinds/kind.ts';
import type { KubeObject, ObjectLike, Unchecked } from '../../meta/object.ts';
import type { Stored } from '../../store/contract.ts';
import type { OperationContext } from '../context.ts';
import type { FieldPlace } from './snapshots.ts';
import type { Snapshot } from './snapshot.ts';
import type { Soon } from './soon.ts';

/** An object, and what it is served as. */
export interface OfKind {
  kind: Kind;
  stored: Stored;
}

/** What a relation is followed from: an object as its kind's version has it. */
export interface From {
  kind: Kind;
  object: KubeObject;
  snapshot: Snapshot;
  registry: Registry;
  /** told of an edge that the caller may not follow, where others remain */
  warn(text: string): void;
}

export function fromOf(
  kind: Kind,
  object: KubeObject,
  registry: Registry,
  { request, snapshotOf }: OperationContext,
  info: FieldPlace,
): From {
  return { kind, object, registry, snapshot: snapshotOf(info), warn: (text) => request.warn(text) };
}

/** The object as relations are declared: in its stored version. Throws 500 where a webhook does not convert it. */
export const storedForm = ({
  kind,
  object,
  snapshot,
}: Pick<From, 'kind' | 'object' | 'snapshot'>): Soon<Unchecked<ObjectLike>> =>
  kind.convert ? snapshot.declared(kind, object) : object;
