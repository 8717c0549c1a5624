import { groupPriority } from '../../api/definitions/own-services.ts';

/** A group that other servers serve, in one of the forms of discovery. */
export interface RemoteGroup<T> {
  priority: number;
  group: T;
}

/** All groups, those of the highest priority first; of the same priority, this server's before those of others. */
export function inOrder<T>(
  own: readonly T[],
  nameOf: (group: T) => string,
  others: readonly RemoteGroup<T>[],
): readonly T[] {
  if (others.length === 0) return own;
  return [...own.map((group) => ({ group, priority: groupPriority(nameOf(group)) })), ...others]
    .sort((a, b) => b.priority - a.priority)
    .map(({ group }) => group);
}
