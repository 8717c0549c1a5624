import { stringify, type Tags } from 'yaml';

import { stringifyExact } from '../../go/json-numbers.ts';

/** The package takes a lone `.` for a number of YAML 1.1; no other reader does, and every managedFields has it as a key. */
const withoutDot = (tags: Tags): Tags =>
  tags.map((tag) =>
    typeof tag === 'object' && tag.test?.test('.')
      ? { ...tag, test: new RegExp(`^(?!\\.$)(?:${tag.test.source})`, tag.test.flags) }
      : tag,
  );

/**
 * Levels that are written with indentation. The package takes time by the third power of them, and near the end of the
 * stack it ends the process.
 */
const MAX_LEVELS = 100;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

/**
 * YAML as Kubernetes writes it: keys sorted, lists not indented, strings quoted where YAML 1.1 would read something else.
 * What has more than a hundred levels is written as JSON, which is YAML too.
 */
export const toYaml = (value: unknown): string =>
  isDeeper(value, MAX_LEVELS)
    ? `${stringifyExact(value)}\n`
    : stringify(value, {
        version: '1.1',
        customTags: withoutDot,
        indentSeq: false,
        sortMapEntries: true,
        lineWidth: 0,
        aliasDuplicateObjects: false,
      });
