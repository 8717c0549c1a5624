import { duplicate, invalid, required, tooMany, type FieldError, type Path } from '../../../meta/field.ts';
import type { PrinterColumn } from '../columns.ts';
import { findFieldPath } from './field-path.ts';
import type { AnySchema, Subresources, Version } from './spec.ts';

function simplePath(
  path: string | undefined,
  at: Path,
  roots: readonly string[],
  where: string,
  needed: boolean,
): FieldError[] {
  if (!path) return needed ? [required(at)] : [];
  if (!path.startsWith('.')) return [invalid(at, path, 'must be a simple json path starting with .')];
  if (roots.length === 0 || roots.some((root) => path.startsWith(`.${root}.`))) return [];
  return [invalid(at, path, `should be a json path under ${where}`)];
}

export function validateSubresources(subresources: Subresources | undefined, at: Path): FieldError[] {
  const scale = subresources?.scale;
  if (!scale) return [];
  return [
    ...simplePath(scale.specReplicasPath, at.child('scale.specReplicasPath'), ['spec'], '.spec', true),
    ...simplePath(scale.statusReplicasPath, at.child('scale.statusReplicasPath'), ['status'], '.status', true),
    ...simplePath(
      scale.labelSelectorPath,
      at.child('scale.labelSelectorPath'),
      ['spec', 'status'],
      'either .spec or .status',
      false,
    ),
  ];
}

const TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];

function validateColumn(column: Partial<PrinterColumn>, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { name, type, format, jsonPath } = column;
  if (!name) errors.push(required(at.child('name')));
  if (!type) errors.push(required(at.child('type'), `must be one of ${TYPES.join(',')}`));
  else if (!TYPES.includes(type)) errors.push(invalid(at.child('type'), type, `must be one of ${TYPES.join(',')}`));
  if (format && !FORMATS.includes(format))
    errors.push(invalid(at.child('format'), format, `must be one of ${FORMATS.join(',')}`));
  return [...errors, ...simplePath(jsonPath, at.child('JSONPath'), [], '', true)];
}

export const validateColumns = (columns: Version['additionalPrinterColumns'], at: Path): FieldError[] =>
  (columns ?? []).flatMap((column, i) => validateColumn(column, at.index(i)));

/** So many fields may be selected by. */
const MAX_SELECTABLE = 8;
const SELECTABLE = ['string', 'boolean', 'integer'];
const NOT_SELECTABLE =
  'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';

export function validateSelectableFields(
  fields: NonNullable<Version['selectableFields']>,
  schema: AnySchema,
  at: Path,
): FieldError[] {
  const seen = new Set<string>();
  const errors = fields.flatMap(({ jsonPath }, i) => {
    const here = at.index(i).child('jsonPath');
    if (!jsonPath) return [required(here)];
    try {
      const found = findFieldPath(jsonPath, schema, false);
      const wrong: FieldError[] = [];
      if (found.root === 'metadata') wrong.push(invalid(here, jsonPath, 'must not point to fields in metadata'));
      if (!SELECTABLE.includes(found.schema.type ?? '')) {
        wrong.push(invalid(here, jsonPath, NOT_SELECTABLE));
      }
      if (seen.has(found.path)) wrong.push(duplicate(here, jsonPath));
      seen.add(found.path);
      return wrong;
    } catch (error) {
      return [invalid(here, jsonPath, `is an invalid path: ${(error as Error).message}`)];
    }
  });
  return seen.size > MAX_SELECTABLE ? [...errors, tooMany(at, seen.size, MAX_SELECTABLE)] : errors;
}

/** What a version says to its users once it is deprecated. */
export function validateDeprecation(version: Version, at: Path): FieldError[] {
  const { deprecated, deprecationWarning: text } = version;
  if (text === undefined) return [];
  if (!deprecated) return [invalid(at, text, 'can only be set for deprecated versions')];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(text) > 256) errors.push(invalid(at, text, 'must be <= 256 characters long'));
  if (text === '') errors.push(invalid(at, text, 'must not be an empty string'));
  const strange = text.search(/[^\P{C}]|[^\P{Z} ]/u);
  if (strange >= 0) {
    const index = Buffer.byteLength(text.slice(0, strange));
    errors.push(
      invalid(
        at,
        text,
        `must only contain printable UTF-8 characters; non-printable character found at index ${index}`,
      ),
    );
  }
  return errors;
}
