import type { GraphQLResolveInfo } from 'graphql';
import type { Snapshot } from './snapshot.ts';

/** Where a field stands in the answer. */
export type FieldPlace = Pick<GraphQLResolveInfo, 'path'>;

/**
 * The snapshots of one operation, one for each of its root fields: what one of them is pinned at, or has written, is not
 * seen by what the others' relations read.
 */
export class Snapshots {
  private readonly byField = new Map<string | number, Snapshot>();

  constructor(private readonly make: () => Snapshot) {}

  /** @param info of the root field, or of any field below it */
  of({ path }: FieldPlace): Snapshot {
    let root = path;
    while (root.prev) root = root.prev;
    let snapshot = this.byField.get(root.key);
    if (!snapshot) this.byField.set(root.key, (snapshot = this.make()));
    return snapshot;
  }
}
