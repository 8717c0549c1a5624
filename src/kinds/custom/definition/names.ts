import { invalid, required, type FieldError, type Path } from '../../../meta/field.ts';
import { isDns1035Label } from '../../../meta/names.ts';
import type { Names } from './spec.ts';

const REQUIRED = ['plural', 'singular', 'kind', 'listKind'] as const;

/** What spec must say, and status need not. */
export const requireNames = (names: Names, at: Path): FieldError[] =>
  REQUIRED.filter((field) => !names[field]).map((field) => required(at.child(field)));

function label(value: string | undefined, at: Path, lead = ''): FieldError[] {
  if (!value) return [];
  const why = isDns1035Label(lead ? value.toLowerCase() : value);
  return why.length ? [invalid(at, value, lead + why.join(','))] : [];
}

const MIXED = 'may have mixed case, but should otherwise match: ';

/** The forms of the names of spec.names or status.acceptedNames. */
export function validateNames(names: Names, at: Path): FieldError[] {
  const each = (values: string[] | undefined, field: string): FieldError[] =>
    (values ?? []).flatMap((value, i) => {
      const why = isDns1035Label(value);
      return why.length ? [invalid(at.child(field).index(i), value, why.join(','))] : [];
    });
  return [
    ...label(names.plural, at.child('plural')),
    ...label(names.singular, at.child('singular')),
    ...label(names.kind, at.child('kind'), MIXED),
    ...label(names.listKind, at.child('listKind'), MIXED),
    ...each(names.shortNames, 'shortNames'),
    ...(names.kind && names.kind === names.listKind
      ? [invalid(at.child('listKind'), names.listKind, 'kind and listKind may not be the same')]
      : []),
    ...each(names.categories, 'categories'),
  ];
}
