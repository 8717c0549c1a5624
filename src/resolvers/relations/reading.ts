import type { ResourceAttributes } from '../../api/authorization/attributes.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Stored } from '../../store/contract.ts';

/** Keys of an object in one index; an object may have several, or none. */
export type KeysOf = (stored: Stored) => readonly string[];

/** Is told what relations read, in terms by which a later change can be told to concern it. A namespace '' is all of them. */
export interface ReadRecorder {
  object(kind: Kind, namespace: string, name: string): void;
  all(kind: Kind, namespace: string): void;
  /** those that have one of some keys. @param id tells one way of having keys from another */
  having(kind: Kind, namespace: string, id: string, keysOf: KeysOf, keys: readonly string[]): void;
  /** what has this owner, of one kind or any */
  owned(uid: string, kind: Kind | undefined): void;
}

/** How relations are read where it is not once and at the newest revision. */
export interface Reading {
  /** that all of it is of */
  readonly revision?: number;
  readonly recorder?: ReadRecorder;
  /** decides on an edge in place of the API, which records each decision */
  readonly decide?: (attributes: ResourceAttributes) => { allowed: boolean; reason: string };
}
