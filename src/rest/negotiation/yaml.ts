import { stringify } from 'yaml';

/** YAML as Kubernetes writes it: keys sorted, lists not indented, strings quoted where YAML 1.1 would read something else. */
export const toYaml = (value: unknown): string =>
  stringify(value, {
    version: '1.1',
    indentSeq: false,
    sortMapEntries: true,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    defaultStringType: 'PLAIN',
    defaultKeyType: 'PLAIN',
  });
