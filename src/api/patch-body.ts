import { unmarshalError } from '../go/json-unmarshal.ts';
import { readValue, Walk } from '../kinds/decode-struct.ts';
import { parseJson, type Parsed } from '../kinds/decode.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Field, Schema } from '../kinds/schema.ts';
import { strictErrors } from '../kinds/strict.ts';
import { checkValues } from '../kinds/body-bounds.ts';
import { MAX_DEPTH } from '../go/json-syntax.ts';
import { parseYaml, YamlError } from '../kinds/yaml.ts';
import { scanJson } from '../go/json-scan.ts';
import { notADouble, parseExact, tooLargeNumber, withoutTokens } from '../go/json-numbers.ts';
import { parseWithTexts } from '../go/json-texts.ts';
import type { Json, KubeObject } from '../meta/object.ts';
import type { PatchInput } from './contract.ts';
import { badRequest, unsupportedMediaType, type StatusError } from '../meta/status.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

/** A patch as a value, and what strict decoding says of its text. */
export interface PatchBody {
  /** a JSON patch has scalars as tokens, where their text matters */
  value: Json;
  strict: readonly string[];
  /** a merge patch with NumberTokens, for who decodes what it makes: `1.0` is no integer */
  exact: boolean;
}

const patchTypesOf = (kind: Kind): readonly string[] =>
  kind.custom ? [JSON_PATCH, MERGE_PATCH, APPLY_PATCH] : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];

/** The media type without its parameters. Throws 415 for what the kind does not take. */
export function patchTypeOf(kind: Kind, contentType: string): string {
  const type = contentType.split(';', 1)[0]!.trim();
  const accepted = patchTypesOf(kind);
  if (accepted.includes(type)) return type;
  throw unsupportedMediaType(
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
}

const field = (name: string, schema: Schema): [string, Field] => [
  name,
  { name, schema, required: false, nullable: true, omitEmpty: true, pointer: true, number: 0 },
];
const ANY: Schema = { type: 'any' };
const STRING: Schema = { type: 'string' };
/** What kube-apiserver reads a JSON patch as, to find mistakes in it. */
const OPERATIONS: Schema = {
  type: 'list',
  listType: 'atomic',
  keys: [],
  item: {
    type: 'object',
    name: 'handlers.jsonPatchOp',
    atomic: false,
    preserveUnknown: false,
    fields: new Map([field('op', STRING), field('path', STRING), field('from', STRING), field('value', ANY)]),
  },
};

function readOperations(parsed: Parsed, refuse: (why: string) => StatusError): readonly string[] {
  const walk = new Walk(OPERATIONS, parsed.exact);
  readValue(OPERATIONS, parsed.value, walk);
  if (walk.error !== undefined) throw refuse(walk.error);
  if (walk.unknown.length === 0 && walk.keys === parsed.keys) return [];
  return strictErrors(OPERATIONS, parsed.text).map((error) => `json patch ${error}`);
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const item of value) count += countKeys(item);
  else for (const key in value) count += 1 + countKeys((value as Record<string, unknown>)[key]);
  return count;
}

/**
 * A JSON, merge or strategic merge patch. Throws 400. `lenient` (fieldValidation=Ignore) does not look for mistakes that
 * have no effect.
 */
export function readPatch(type: string, input: PatchInput, lenient: boolean): PatchBody {
  if ('value' in input) return { value: input.value, strict: [], exact: false };
  const refuse = (why: string): StatusError =>
    badRequest(lenient || type === STRATEGIC_PATCH ? why : `error decoding patch: ${why}`);
  // the library of merge patches does not say what is wrong with a text
  const unread = lenient && type === MERGE_PATCH ? (): StatusError => badRequest('Invalid JSON Patch') : refuse;
  const parsed = parseJson(input.bytes, unread);
  const beyond = parsed.exact && (!lenient || type === STRATEGIC_PATCH) ? tooLargeNumber(parsed.value) : undefined;
  if (type === JSON_PATCH) {
    const strict = lenient ? [] : readOperations(parsed, refuse);
    if (beyond !== undefined) throw refuse(notADouble(beyond, 'Go struct field jsonPatchOp.value'));
    return { value: parseWithTexts(parsed.text) as Json, strict, exact: false };
  }
  if (beyond !== undefined) throw refuse(notADouble(beyond));
  const exact = parsed.exact === true && type === MERGE_PATCH;
  const value = (parsed.exact && !exact ? withoutTokens(parsed.value) : parsed.value) as Json;
  if (value !== null && (typeof value !== 'object' || Array.isArray(value)) && !(lenient && type === MERGE_PATCH)) {
    throw refuse(unmarshalError(value, 'map[string]interface {}'));
  }
  const repeats = !lenient && parsed.keys !== countKeys(value);
  return { value, strict: repeats ? strictErrors(ANY, parsed.text) : [], exact };
}

/** What it has of an object, metadata first of all, is for the apply to judge. */
const isConfiguration = (value: unknown): value is KubeObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * An applied configuration, JSON or YAML. Throws 400. `strict`: keys that come again, to be told once it has been
 * applied; they are no warning, since a header takes no line ends.
 */
export function readConfiguration(input: PatchInput): { value: KubeObject; strict: string | undefined } {
  const refuse = (why: string): StatusError => badRequest(`error decoding YAML: ${why}`);
  const read =
    'value' in input
      ? { value: input.value as unknown, strict: undefined }
      : parseConfiguration(input.bytes.toString('utf8'), refuse);
  const value = read.value ?? {};
  if (isConfiguration(value)) return { value, strict: read.strict };
  const why = unmarshalError(value, 'map[string]interface {}');
  throw refuse(`error unmarshaling JSON: while decoding JSON: ${why}`);
}

function parseConfiguration(
  text: string,
  refuse: (why: string) => StatusError,
): { value: unknown; strict: string | undefined } {
  try {
    const json = parseIfJson(text);
    if (json && scanJson(text).keys === countKeys(json.value)) return { value: json.value, strict: undefined };
    const { value, repeated } = parseYaml(text);
    return {
      value,
      strict:
        repeated === undefined ? undefined : `error strict decoding YAML: error converting YAML to JSON: ${repeated}`,
    };
  } catch (error) {
    if (error instanceof YamlError) throw refuse(`error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}

function parseIfJson(text: string): { value: unknown } | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  const scan = scanJson(text);
  if (scan.depth > MAX_DEPTH) return undefined;
  checkValues(scan);
  try {
    return { value: scan.odd ? parseExact(text) : JSON.parse(text) };
  } catch {
    return undefined;
  }
}
