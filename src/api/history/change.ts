import type { Kind } from '../../kinds/kind.ts';
import type { FieldChange } from '../../meta/diff.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { EventType, Key } from '../../store/contract.ts';

/** The way by which a write came in: `loop` is this program's own. */
export type Facade = 'rest' | 'graphql' | 'loop';

/** One revision as history tells it: who changed what, when and how. */
export interface Change {
  revision: number;
  /** ms since the epoch. By the clock of who wrote it: the order is that of the revisions */
  at: number;
  type: EventType;
  /** create, update, patch, apply, delete, or the subresource: status, scale … */
  verb: string;
  user: string;
  /** field manager */
  manager: string;
  /** address of the client; '' where there is none */
  client: string;
  facade: Facade;
  /** who acted for `user`; '' when it was the user */
  impersonator: string;
  /** in whose version the objects are told */
  kind: Kind;
  key: Key;
  /** whole objects, without managedFields; undefined where there is none, where it is not kept, and of confidential kinds */
  before?: KubeObject;
  after?: KubeObject;
  /** of confidential kinds: paths alone */
  diff: readonly FieldChange[];
  /** names the request, with all that it wrote */
  changeSet: string;
}
