import { TRAVERSAL, traversal } from '../cost.ts';
import type { Costs } from '../overload.ts';
import { add, multiply, ONE, scale, UNKNOWN } from '../range.ts';
import type { Value } from '../values.ts';

/** Of a look at all of a list or a string: of texts in a list each character counts. */
export const SEARCH: Costs = {
  cost: ([value]) => traversal(value as Value),
  estimate: ([searched]) => {
    const size = searched?.size ?? UNKNOWN;
    const items = searched?.items;
    if (!items) return { cost: scale(size, TRAVERSAL) };
    const isText = items.type.kind === 'string' || items.type.kind === 'bytes';
    return { cost: multiply(size, isText ? add(ONE, scale(items.size, TRAVERSAL)) : ONE) };
  },
};
