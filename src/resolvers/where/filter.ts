import type { KubeObject } from '../../meta/object.ts';
import type { Having } from '../../store/contract.ts';
import type { Demand } from './demand.ts';
import type { Part } from './parts.ts';

/** A `where`, compiled once for all objects that it is asked about. */
export interface Filter {
  /**
   * Whether it holds for an object of the kind's version, with or without kind and apiVersion (`objectFor`). Throws 400
   * where an expression would take too long on a text of the object.
   */
  matches(object: KubeObject): boolean;
  /** what all that match have: narrows a list down before they are looked at */
  having?: Having;
  /** whether one object may take so long that others should have their turn after each */
  readonly heavy: boolean;
  /** tells it from others of the kind; undefined: it is too long for that */
  readonly key: string | undefined;
  /** values that all that match must have, each of one path */
  readonly demands: readonly Demand[];
  /** it has one demand, and says nothing else */
  readonly simple: boolean;
  /** of an object it reads these and nothing else */
  readonly parts: readonly Part[];
}

/** An `orderBy`, compiled. What an object is ordered by is found once; then two of those are compared. */
export interface Order {
  /** tells it from others of the kind */
  readonly key: string;
  /** the value of each field; undefined where the object has none */
  keyOf(object: KubeObject): readonly unknown[];
  /** What has no value comes last, whichever the direction. Equal keys are the caller's to order, by namespace and name. */
  compare(a: readonly unknown[], b: readonly unknown[]): number;
  /** of an object it reads these and nothing else */
  readonly parts: readonly Part[];
}
