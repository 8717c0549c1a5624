import type { KubeObject, NewMeta, ObjectMeta } from '../meta/object.ts';

/** An object that is made here: of metadata it has what its maker says, as the store has not given it a revision yet. */
export const newObject = (metadata: NewMeta, rest: Record<string, unknown> = {}): KubeObject => ({
  metadata: metadata as ObjectMeta,
  ...rest,
});
