import type { Cell, Kind } from './kind.ts';
import type { KubeObject } from '../meta/object.ts';
import { formatTime } from '../meta/time.ts';

/**
 * Cells of one object of `kind`; name and creation time where nothing else is known. Versions of a built-in kind that
 * share a stored one print that; a custom kind prints its own version, which has columns of its own.
 */
export const cellsOf = (kind: Kind | undefined, object: KubeObject, now: number): Cell[] =>
  kind?.storage.strategy.cells?.(object, now) ?? [
    object.metadata.name,
    object.metadata.creationTimestamp ?? formatTime(0),
  ];
