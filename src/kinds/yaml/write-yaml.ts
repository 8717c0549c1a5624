import { stringify, type Tags } from 'yaml';

/** The package takes a lone `.` for a number of YAML 1.1; no other reader does, and every managedFields has it as a key. */
const withoutDot = (tags: Tags): Tags =>
  tags.map((tag) =>
    typeof tag === 'object' && tag.test?.test('.')
      ? { ...tag, test: new RegExp(`^(?!\\.$)(?:${tag.test.source})`, tag.test.flags) }
      : tag,
  );

/** YAML as Kubernetes writes it: keys sorted, lists not indented, strings quoted where YAML 1.1 would read something else. */
export const toYaml = (value: unknown): string =>
  stringify(value, {
    version: '1.1',
    customTags: withoutDot,
    indentSeq: false,
    sortMapEntries: true,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
