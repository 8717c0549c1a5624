import { apiVersionOf, parseApiVersion, type GroupVersionKind } from '../meta/gvk.ts';
import type { KubeObject, ObjectMeta } from '../meta/object.ts';
import { badRequest, unsupportedMediaType, type StatusError } from '../meta/status.ts';
import { decodeCustom } from './custom/decode.ts';
import { checkPatchedTypeMeta, checkSentTypeMeta, checkTypeMeta } from './custom/type-meta.ts';
import { checkValues } from './body-bounds.ts';
import { readStruct, Walk } from './decode-struct.ts';
import { optionalResourceFacts, resourceFacts, typeFacts } from './facts.ts';
import { unmarshalError } from '../go/json-unmarshal.ts';
import { bytesSyntaxError, MAX_DEPTH } from '../go/json-syntax.ts';
import { notADouble, NumberToken, parseWithTokens, tooLargeNumber, withoutTokens } from '../go/json-numbers.ts';
import { duplicateKeys } from './duplicate-keys.ts';
import { scanJson } from '../go/json-scan.ts';
import { strictErrors } from './strict.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf/envelope.ts';
import type { Kind } from './kind.ts';
import { parseYaml, YamlError } from './yaml.ts';
import { atOnce, type Steps } from '../meta/steps.ts';

export type Warn = (text: string) => void;

/** What a body may be: bytes with their media type, or a value that has been parsed (GraphQL, patches, protobuf). */
export type DecodeInput = Buffer | object;

/** What came in before the schema was looked at. `duplicates` are the paths of repeated keys. */
export interface Parsed {
  value: unknown;
  /** number of keys in the text; undefined where duplicates cannot be */
  keys: number | undefined;
  text: string;
  /** YAML: keys come in their order, as Go's YAML makes JSON of it */
  sorted?: boolean;
  /** what strict decoding says of the text alone */
  repeated?: string;
  /** strict errors of the patch that made the value */
  before?: readonly string[];
  /** numbers may be NumberTokens */
  exact?: boolean;
}

const mediaType = (contentType: string): string => (contentType.split(';')[0] as string).trim().toLowerCase();
const isJson = (contentType: string): boolean => ['', 'application/json'].includes(mediaType(contentType));
const isYaml = (contentType: string): boolean => mediaType(contentType) === 'application/yaml';

const MAX_SHOWN = 30;

/** The beginning of a body that is no object: as text where it looks like JSON, else in hexadecimal. */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const shown = body.subarray(0, MAX_SHOWN).toString(body[0] === 0x7b ? 'utf8' : 'hex');
  return body.length > MAX_SHOWN ? `${shown} ...` : shown;
}

const unrecognized = (kind: Kind, body: Buffer, why: string): StatusError =>
  badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): ${why} (${summary(body)})`);
const noObject = (kind: Kind, body: Buffer, why: string): StatusError =>
  unrecognized(kind, body, `couldn't get version/kind; json parse error: ${why}`);

/** JSON as `parse` says it. Throws what `refuse` makes of Go's words for bad JSON, and 413. */
function* parseJsonSteps(bytes: Buffer, refuse: (why: string) => StatusError): Steps<Parsed> {
  const text = bytes.toString('utf8');
  // of bad JSON too: what is too much is not built first
  const scan = scanJson(text);
  yield;
  if (scan.depth > MAX_DEPTH) throw refuse(bytesSyntaxError(bytes) ?? 'exceeded max depth');
  checkValues(scan);
  const { keys, odd } = scan;
  try {
    return odd ? { value: parseWithTokens(text), keys, text, exact: true } : { value: JSON.parse(text), keys, text };
  } catch (error) {
    throw refuse(bytesSyntaxError(bytes) ?? String(error));
  }
}

/** The same at once. */
export const parseJson = (bytes: Buffer, refuse: (why: string) => StatusError): Parsed =>
  atOnce(parseJsonSteps(bytes, refuse));

function parseYamlBody(kind: Kind, body: Buffer, text: string): Parsed {
  try {
    const { value, repeated } = parseYaml(text);
    return { value, keys: undefined, text: '', sorted: true, ...(repeated !== undefined && { repeated }) };
  } catch (error) {
    if (error instanceof YamlError) throw unrecognized(kind, body, error.message);
    throw error;
  }
}

function* parse(input: DecodeInput, contentType: string, kind: Kind): Steps<Parsed> {
  if (!Buffer.isBuffer(input)) return { value: input, keys: undefined, text: '' };
  if (mediaType(contentType) === PROTOBUF && !kind.custom) {
    const { object } = decodeProtobuf(input, { apiVersion: apiVersionOf(kind), kind: kind.kind });
    return { value: object, keys: undefined, text: '' };
  }
  if (isJson(contentType)) return yield* parseJsonSteps(input, (why) => noObject(kind, input, why));
  if (isYaml(contentType)) return parseYamlBody(kind, input, input.toString('utf8'));
  throw unsupportedMediaType(
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}

const goPackage = (group: string): string =>
  group === '' || group === 'events.k8s.io' ? 'core' : (group.split('.')[0] as string);
const isRegistered = (gvk: GroupVersionKind): boolean =>
  [...resourceFacts, ...optionalResourceFacts].some(
    (r) => r.group === gvk.group && r.version === gvk.version && r.kind === gvk.kind,
  ) ||
  Object.values(typeFacts).some((t) =>
    t.gvk?.some(([g, v, k]) => g === gvk.group && v === gvk.version && k === gvk.kind),
  );

/** How an object is told that it is not what it claims to be. */
export interface Refusal {
  /** bad values and strict errors */
  refuse(why: string): StatusError;
  /** another group, version or kind; `name` and `version` are those of the object */
  refuseKind(why: string, name: string, version: string): StatusError;
}

/** Says no to an object that claims to be something else; absent apiVersion and kind are those of the endpoint. */
function checkGroupVersionKind(kind: Kind, value: Record<string, unknown>, refusal: Refusal): void {
  const gv =
    typeof value['apiVersion'] === 'string' && value['apiVersion'] !== '' ? parseApiVersion(value['apiVersion']) : kind;
  const name = typeof value['kind'] === 'string' && value['kind'] !== '' ? value['kind'] : kind.kind;
  const isVersion = gv.version === kind.version || kind.bodyVersions?.includes(gv.version);
  if (gv.group === kind.group && isVersion && name === kind.kind) return;
  if (!isRegistered({ group: gv.group, version: gv.version, kind: name })) {
    const version = JSON.stringify(apiVersionOf(gv));
    throw refusal.refuseKind(
      `no kind ${JSON.stringify(name)} is registered for version ${version} in scheme "pkg/runtime/scheme.go:111"`,
      name,
      gv.version,
    );
  }
  const sameType = name === kind.kind && goPackage(gv.group) === goPackage(kind.group);
  if (sameType) {
    throw badRequest(
      `the API version in the data (${apiVersionOf(gv)}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  throw refusal.refuseKind(
    `converting (${gv.version}.${name}) to (${goPackage(kind.group)}.${kind.kind}): unknown conversion`,
    name,
    gv.version,
  );
}

const TYPE_META =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** The value as an object, whose kind and apiVersion can be read; null is an empty one. */
function shapeOf(value: unknown, fail: (why: string) => StatusError): Record<string, unknown> {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof NumberToken) {
    throw fail(unmarshalError(value, TYPE_META));
  }
  const shape = value as Record<string, unknown>;
  for (const field of ['apiVersion', 'kind']) {
    const it = shape[field];
    if (it !== undefined && it !== null && typeof it !== 'string') {
      throw fail(unmarshalError(it, 'string', `Go struct field .${field}`));
    }
  }
  return shape;
}

/** The version that a body says it is of, where the kind is served in one and taken in others too. */
function bodyVersion({ version, bodyVersions }: Kind, { apiVersion }: Record<string, unknown>): string {
  const said = typeof apiVersion === 'string' ? parseApiVersion(apiVersion).version : version;
  return bodyVersions?.includes(said) ? said : version;
}

const NO_BODY = Buffer.alloc(0);

/**
 * A request's body as an object of `kind`'s version, checked against its schema, with kind and apiVersion set.
 * @param input bytes, or a parsed object (which stays as it is)
 * @param contentType media type of the bytes; '' is JSON
 * @param fieldValidation '' counts as Warn
 * @param warn receives `unknown field "spec.x"` and `duplicate field "data.a"` under Warn
 * Throws 400 (with the words of Kubernetes' decoder) and 415.
 */
export function* decodeSteps(
  input: DecodeInput,
  contentType: string,
  kind: Kind,
  fieldValidation: string | undefined,
  warn: Warn,
): Steps<KubeObject> {
  const parsed = yield* parse(input, contentType, kind);
  yield;
  const shape = shapeOf(parsed.value, (why) => noObject(kind, Buffer.isBuffer(input) ? input : NO_BODY, why));
  const cannot = (why: string, name: string, version: string): StatusError =>
    badRequest(`${name} in version ${JSON.stringify(version)} cannot be handled as a ${kind.kind}: ${why}`);
  if (kind.custom) {
    if (Buffer.isBuffer(input))
      checkSentTypeMeta(kind, shape, input.toString('utf8'), (why) => unrecognized(kind, input, why));
    // a caller inside may leave out what the endpoint says
    else
      checkTypeMeta(kind, {
        ...shape,
        kind: shape['kind'] || kind.kind,
        apiVersion: shape['apiVersion'] || apiVersionOf(kind),
      });
  }
  const version = bodyVersion(kind, shape);
  const refusal: Refusal = { refuse: (why) => cannot(why, kind.kind, version), refuseKind: cannot };
  return read(parsed, shape, kind, fieldValidation, warn, refusal, new Walk(kind.schema, parsed.exact));
}

/** The same at once. */
export const decode = (...of: Parameters<typeof decodeSteps>): KubeObject => atOnce(decodeSteps(...of));

/**
 * What a patch made of an object, checked as `decode` does it.
 * @param walk says type errors in the words of another decoder, and what is `known`: fields that the value shares with it
 *   are not looked at again, and are shared with the result (but for metadata, which is copied)
 * @param before strict errors of the patch itself
 */
export function decodePatched(
  value: object,
  kind: Kind,
  fieldValidation: string | undefined,
  warn: Warn,
  refusal: Refusal,
  before: readonly string[],
  walk: Walk,
): KubeObject {
  const shape = shapeOf(value, (why) => refusal.refuse(`couldn't get version/kind; json parse error: ${why}`));
  if (kind.custom) checkPatchedTypeMeta(kind, shape, refusal.refuse);
  return read(
    { value, keys: undefined, text: '', before, sorted: walk.sorted, exact: walk.exact },
    shape,
    kind,
    fieldValidation,
    warn,
    refusal,
    walk,
  );
}

const META = typeFacts['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'];
/** Fields that the internal form of any kind has under the same names: it has no others of a version's. */
const INTERNAL = new Set(['apiVersion', 'kind', ...(META?.fields ?? []).map(([name]) => name)]);

/**
 * What kube-apiserver reads where a patch has taken `apiVersion` away: an object of its internal version, which knows
 * none of the fields, and so has no name. Throws what `refusal` makes of the strict errors.
 */
export function decodeWithoutVersion(
  value: object,
  kind: Kind,
  fieldValidation: string | undefined,
  warn: Warn,
  refusal: Refusal,
  before: readonly string[],
): KubeObject {
  const unknown = Object.keys(value).filter((key) => !INTERNAL.has(key));
  if (fieldValidation !== 'Ignore')
    tell([...before, ...unknown.sort().map(unknownField)], fieldValidation, warn, refusal);
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata: {} as ObjectMeta };
}

function read(
  parsed: Parsed,
  shape: Record<string, unknown>,
  kind: Kind,
  fieldValidation: string | undefined,
  warn: Warn,
  refusal: Refusal,
  walk: Walk,
): KubeObject {
  let object: KubeObject;
  if (kind.custom) {
    const tooLarge = parsed.exact ? tooLargeNumber(shape) : undefined;
    if (tooLarge !== undefined) throw refusal.refuse(notADouble(tooLarge));
    object = decodeCustom(kind, parsed.exact ? (withoutTokens(shape) as typeof shape) : shape, walk);
  } else {
    if (!walk.anyKind) checkGroupVersionKind(kind, shape, refusal);
    object = readStruct(kind.schema, shape, walk) as KubeObject;
  }
  if (walk.error !== undefined) throw refusal.refuse(walk.error);
  if (fieldValidation !== 'Ignore') tell(strictProblems(parsed, kind, walk), fieldValidation, warn, refusal);
  const { kind: _, apiVersion: __, ...body } = object;
  if (walk.known && body.metadata === walk.known['metadata']) body.metadata = { ...body.metadata };
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), ...body };
}

/** Strict errors, as the request wants to be told of them. Throws what `refusal` makes of them. */
function tell(errors: readonly string[], fieldValidation: string | undefined, warn: Warn, refusal: Refusal): void {
  if (errors.length && fieldValidation === 'Strict')
    throw refusal.refuse(`strict decoding error: ${errors.join(', ')}`);
  // a header takes no line ends
  for (const error of errors) if (!error.includes('\n')) warn(error);
}

/** As many are told of one body as of one JSON text. */
const MAX_ERRORS = 100;
const unknownField = (path: string): string => `unknown field ${JSON.stringify(path)}`;

function strictProblems(parsed: Parsed, kind: Kind, walk: Walk): string[] {
  const { keys, text, repeated, before } = parsed;
  const isRepeated = keys !== undefined && keys > walk.keys;
  if (!isRepeated && walk.unknown.length === 0 && repeated === undefined && !before?.length) return [];
  if (text && !kind.custom) return strictErrors(kind.schema, text);
  const unknown = parsed.sorted ? [...walk.unknown].sort() : walk.unknown;
  const duplicates = isRepeated ? duplicateKeys(text).map((path) => `duplicate field ${JSON.stringify(path)}`) : [];
  const all = [
    ...(repeated === undefined ? [] : [repeated]),
    ...(before ?? []),
    ...duplicates,
    ...unknown.map(unknownField),
  ];
  return [...new Set(all)].slice(0, MAX_ERRORS);
}
