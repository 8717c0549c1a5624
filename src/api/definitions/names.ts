import type { CustomResourceDefinition, CustomResourceDefinitionNames as Names } from '../../../schema/types.ts';

export interface NamesVerdict {
  /** what the definition may be called: of those that it wants the free ones, of others what it had */
  accepted: Names;
  /** the last name that is in use, undefined when all are free */
  conflict?: { reason: string; message: string };
}

const wordsOf = (names: Names): string[] =>
  [names.plural, names.singular ?? '', ...(names.shortNames ?? [])].filter(Boolean);
const kindsOf = (names: Names): string[] => [names.kind, names.listKind ?? ''].filter(Boolean);
const NONE: Names = { plural: '', kind: '' };

/** Which names of a definition are free beside those that others of its group have (`taken`). Source: apiextensions' naming controller. */
export function judgeNames(definition: CustomResourceDefinition, taken: readonly Names[]): NamesVerdict {
  const { names: wanted } = definition.spec;
  const words = new Set(taken.flatMap(wordsOf));
  const kinds = new Set(taken.flatMap(kindsOf));
  const had = definition.status?.acceptedNames ?? NONE;
  const accepted: Names = { ...had };
  let conflict: NamesVerdict['conflict'];
  const refuse = (reason: string, used: readonly string[]): void => {
    const texts = used.map((name) => `${JSON.stringify(name)} is already in use`);
    conflict = { reason, message: texts.length === 1 ? texts.join() : `[${texts.join(', ')}]` };
  };
  const judge = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    used: ReadonlySet<string>,
    reason: string,
  ): void => {
    const name = wanted[field] ?? '';
    if (name !== (had[field] ?? '') && used.has(name)) refuse(reason, [name]);
    else if (name) accepted[field] = name;
  };
  judge('plural', words, 'PluralConflict');
  judge('singular', words, 'SingularConflict');
  const own = new Set(had.shortNames);
  const short = (wanted.shortNames ?? []).filter((name) => !own.has(name) && words.has(name));
  if (short.length) refuse('ShortNamesConflict', short);
  else if (wanted.shortNames) accepted.shortNames = wanted.shortNames;
  else delete accepted.shortNames;
  judge('kind', kinds, 'KindConflict');
  judge('listKind', kinds, 'ListKindConflict');
  if (wanted.categories) accepted.categories = wanted.categories;
  else delete accepted.categories;
  return { accepted, ...(conflict && { conflict }) };
}
