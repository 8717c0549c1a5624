import { stringify } from 'yaml';

/**
 * An object as YAML, as people write it: lists at the level of their key, long lines whole, and quoted what readers of
 * YAML 1.1, such as kubectl, take for something else (`no`).
 */
export const toYaml = (value: unknown): string =>
  stringify(value, { indentSeq: false, lineWidth: 0, compat: 'yaml-1.1' });

/** Whether a browser has rounded a number of it, as it does with integers beyond 2^53: written back, it would be another. */
export const isRounded = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isInteger(value) && !Number.isSafeInteger(value)
    : typeof value === 'object' && value !== null && Object.values(value).some(isRounded);
