import { escapeHtml } from '../go/html-escape.ts';
import { stringifyExact } from '../go/json-numbers.ts';
import { internalValue, type InternalValue } from './internal-value.ts';
import { unifiedDiff } from './unified-diff.ts';

const linesOf = (value: InternalValue): string[] => escapeHtml(stringifyExact(value, 1)).split('\n');

/** What an update of a part of an object changes, as the API server prints it. `type` as in internalValue. */
export const internalDiff = (type: string, old: unknown, value: unknown): string =>
  formDiff(internalValue(type, old), internalValue(type, value));

/** The same for two values that `internalValue` has made. */
export const formDiff = (old: InternalValue, value: InternalValue): string => unifiedDiff(linesOf(old), linesOf(value));
