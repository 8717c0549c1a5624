import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Key } from '../../store/contract.ts';
import type { Change } from './change.ts';

/** What a question about history is about; nothing said is everything. */
export interface Within {
  /** resources (`pods`, `deployments.apps`) */
  kinds?: readonly string[] | undefined;
  /** only what is in these */
  namespaces?: readonly string[] | undefined;
}

/** What of the changes is wanted. */
export interface ChangeFilter {
  user?: string | undefined;
  verbs?: readonly string[] | undefined;
  changeSet?: string | undefined;
  /** ms since the epoch, inclusive */
  since?: number | undefined;
  until?: number | undefined;
  /** of the object as it became, or as it was where it is gone; of kinds that are not confidential */
  matches?: ((object: KubeObject, kind: Kind) => boolean) | undefined;
}

export interface ChangePageOptions {
  first?: number | undefined;
  /** the cursor of the page before */
  after?: string | undefined;
}

export interface ChangePage {
  /** newest first */
  items: readonly Change[];
  /** where the next page begins; undefined: there is nothing more. A page may have less than was asked for. */
  cursor: string | undefined;
}

/** What is to be undone: all that one request wrote, or all that was written where the caller may list. */
export type Undone = { changeSet: string } | ({ from: number; to: number; user?: string | undefined } & Within);

/** Why a change cannot be taken back. It has no values: those of a Secret are nobody's to see. */
export interface UndoRefusal {
  key: Key;
  /** that cannot be taken back */
  revision: number;
  reason: string;
  /** fields that have been written since */
  paths: readonly string[];
}
