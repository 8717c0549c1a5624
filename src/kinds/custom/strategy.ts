import { isDeepStrictEqual } from 'node:util';
import { invalid, type FieldError } from '../../meta/field.ts';
import { compileJsonPath } from '../../meta/json-path.ts';
import type { KubeObject } from '../../meta/object.ts';
import { applySchemaDefaults } from '../defaults.ts';
import type { Column, Printer, Strategy, StrategyContext } from '../kind.ts';
import type { ObjectSchema } from '../schema.ts';
import { statusAlone, withStatus } from '../strategies/status-split.ts';
import { metaWarnings } from '../validate-meta.ts';
import { withPatternSteps } from './check-pattern.ts';
import { customCells } from './columns.ts';
import { hasEmbedded, validateEmbedded } from './embedded.ts';
import type { JsonSchema } from './json-schema.ts';
import { dropNulls } from './nulls.ts';
import { validateScale, type ScalePaths } from './scale.ts';
import { hasUniqueLists, validateLists } from './validate-lists.ts';
import { hasRules, validateRules } from './validate-rules.ts';
import { validateValue } from './validate-schema.ts';

export interface CustomFacts {
  json: JsonSchema | undefined;
  schema: ObjectSchema;
  columns: readonly Column[];
  hasStatus: boolean;
  scale: ScalePaths | undefined;
  selectableFields: readonly string[];
}

/** Errors after which rules are not tried: the value is not of the shape that they expect. */
const BLOCKING = new Set([
  'FieldValueTypeInvalid',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueNotSupported',
]);
const UNCHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';

/** Drops nulls that mean nothing and fills in the schema's defaults, in place; for requests and for reads alike. */
export function completeCustom(schema: ObjectSchema, object: KubeObject): void {
  dropNulls(schema, object);
  applySchemaDefaults(schema, object, true);
}

type Validate = (
  object: KubeObject,
  old: KubeObject | undefined,
  warn: (text: string) => void,
) => Generator<void, FieldError[]>;

/** What a schema asks of objects; parts that it does not have cost nothing. Read when the first one comes. */
function validatorOf(facts: CustomFacts): Validate {
  let made: Validate | undefined;
  return (object, old, warn) => (made ??= readValidator(facts))(object, old, warn);
}

function readValidator({ json, scale, hasStatus }: CustomFacts): Validate {
  if (!json) return nothing;
  const [ruled, embedded, unique] = [hasRules(json), hasEmbedded(json), hasUniqueLists(json)];
  return function* (object, old, warn) {
    const errors = withPatternSteps(() => validateValue(json, object, '', old));
    if (scale) errors.push(...validateScale(object, scale, hasStatus));
    if (embedded) errors.push(...validateEmbedded(json, object, ''));
    // lists that had equal items before may keep them
    if (unique && !(old && validateLists(json, old, '').length)) errors.push(...validateLists(json, object, ''));
    if (!ruled) return errors;
    if (errors.some((e) => BLOCKING.has(e.type))) return [...errors, invalid('<nil>', null, UNCHECKED)];
    return [...errors, ...(yield* validateRules(json, object, old, warn))];
  };
}
// eslint-disable-next-line require-yield -- without a schema there is nothing to check
function* nothing(): Generator<void, FieldError[]> {
  return [];
}

/** Paths of columns are compiled for the first row. */
function lazyCells(columns: readonly Column[]): Printer {
  let made: Printer | undefined;
  return (object, now) => (made ??= customCells(columns))(object, now);
}

/** What of an object counts for its generation when it has no status subresource: everything but metadata. */
const withoutMetadata = (object: KubeObject): object => ({ ...object, metadata: undefined });

/** The rules of a custom resource, all from its definition. */
export function customStrategy(facts: CustomFacts): Strategy {
  const check = validatorOf(facts);
  // what was before may stay as it is (ratcheting), and transition rules compare with it
  const judge = (
    object: KubeObject,
    old: KubeObject | undefined,
    ctx: StrategyContext,
  ): Generator<void, FieldError[]> => check(object, old, (text) => ctx.warn(text));
  const selectable = facts.selectableFields.map((path) => ({
    name: path.replace(/^\./, ''),
    find: compileJsonPath(path),
  }));
  const base: Strategy = {
    defaults: (object) => completeCustom(facts.schema, object),
    unconditionalUpdate: false,
    validateSteps: judge,
    warnings: (object) => metaWarnings({ custom: true }, object),
    cells: lazyCells(facts.columns),
    fields(object) {
      // these paths are keys alone
      const looks = { left: Number.POSITIVE_INFINITY };
      return Object.fromEntries(selectable.map(({ name, find }) => [name, String(find(object, looks) ?? '')]));
    },
    fieldLabels: selectable.map(({ name }) => name),
  };
  if (!facts.hasStatus)
    return { ...base, generation: (object, old) => !isDeepStrictEqual(withoutMetadata(object), withoutMetadata(old)) };
  return withStatus({ ...base, subresources: { status: { ...statusAlone, resets: ['spec'], validateSteps: judge } } });
}
