import type { Having } from '../../store/contract.ts';
import { isRecord } from '../../meta/record.ts';
import type { Conditions } from './conditions.ts';

/** A label that a filter demands with exact values, whatever else it says. */
export function havingOf(where: Conditions): Having | undefined {
  const metadata = where['metadata'];
  const labels = isRecord(metadata) ? metadata['labels'] : undefined;
  for (const entry of Array.isArray(labels) ? (labels as unknown[]) : [labels]) {
    if (!isRecord(entry) || typeof entry['key'] !== 'string') continue;
    const { key, eq, in: oneOf } = entry;
    if (typeof eq === 'string') return { label: key, values: [eq] };
    if (Array.isArray(oneOf) && oneOf.every((value) => typeof value === 'string'))
      return { label: key, values: [...new Set(oneOf)] };
  }
  return undefined;
}
