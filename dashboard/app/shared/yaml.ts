import { stringify } from 'yaml';

/** An object as YAML, as people write it: lists at the level of their key, long lines whole. */
export const toYaml = (value: unknown): string => stringify(value, { indentSeq: false, lineWidth: 0 });
