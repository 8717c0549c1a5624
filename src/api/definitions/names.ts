import type { KubeObject } from '../../meta/object.ts';

export interface Names {
  plural: string;
  singular?: string;
  shortNames?: string[];
  kind: string;
  listKind?: string;
  categories?: string[];
}
export interface Condition {
  type: string;
  status: string;
  lastTransitionTime?: string;
  reason?: string;
  message?: string;
}

const wordsOf = (names: Names): string[] => [names.plural, names.singular ?? '', ...(names.shortNames ?? [])].filter(Boolean);
const kindsOf = (names: Names): string[] => [names.kind, names.listKind ?? ''].filter(Boolean);

/** Why the names of a definition cannot be accepted beside those of the others of its group; undefined when they can. */
export function nameConflict(definition: KubeObject, others: readonly KubeObject[]): { reason: string; message: string } | undefined {
  const { names, group } = definition['spec'] as { names: Names; group: string };
  const accepted = others.filter((o) => o['spec'].group === group && o.metadata.name !== definition.metadata.name).map((o) => o['status']?.acceptedNames as Names | undefined);
  const words = new Set(accepted.flatMap((n) => (n ? wordsOf(n) : [])));
  const kinds = new Set(accepted.flatMap((n) => (n ? kindsOf(n) : [])));
  const refuse = (reason: string, name: string) => ({ reason, message: `${JSON.stringify(name)} is already in use` });
  if (words.has(names.plural)) return refuse('PluralConflict', names.plural);
  if (names.singular && words.has(names.singular)) return refuse('SingularConflict', names.singular);
  const short = names.shortNames?.find((name) => words.has(name));
  if (short) return refuse('ShortNamesConflict', short);
  if (kinds.has(names.kind)) return refuse('KindConflict', names.kind);
  if (names.listKind && kinds.has(names.listKind)) return refuse('ListKindConflict', names.listKind);
  return undefined;
}
