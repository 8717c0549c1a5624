import { parseDocument, type Tags } from 'yaml';
import { apiVersionOf, parseApiVersion, type GroupVersionKind } from '../meta/gvk.ts';
import type { KubeObject } from '../meta/object.ts';
import { badRequest, unsupportedMediaType, type StatusError } from '../meta/status.ts';
import { decodeCustom } from './custom/decode.ts';
import { readStruct, Walk } from './decode-struct.ts';
import { resourceFacts, typeFacts } from './facts.ts';
import { duplicateKeys, scanJson } from './json-scan.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf/envelope.ts';
import type { Kind } from './kind.ts';

/** Deeper nesting than Go's decoder takes. */
const MAX_DEPTH = 10_000;

/** `fieldValidation` of a request; Warn where it says nothing (KEP-2885). */
export type FieldValidation = 'Ignore' | 'Warn' | 'Strict';
export type Warn = (text: string) => void;

/** What a body may be: bytes with their media type, or a value that has been parsed (GraphQL, patches, protobuf). */
export type DecodeInput = Buffer | object;

/** What came in before the schema was looked at. `duplicates` are the paths of repeated keys. */
export interface Parsed {
  value: unknown;
  /** number of keys in the text; undefined where duplicates cannot be */
  keys: number | undefined;
  text: string;
}

const mediaType = (contentType: string): string => (contentType.split(';')[0] as string).trim().toLowerCase();
export const isJson = (contentType: string): boolean => ['', 'application/json'].includes(mediaType(contentType));
export const isYaml = (contentType: string): boolean => mediaType(contentType) === 'application/yaml';

const unrecognized = (kind: Kind, why: string): StatusError =>
  badRequest(`the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: ${why}`);

function goSyntaxError(text: string, error: unknown): string {
  if (text.trim() === '') return 'unexpected end of JSON input';
  const message = error instanceof Error ? error.message : String(error);
  const token = /Unexpected token '?(.)'?/u.exec(message);
  return token ? `invalid character '${token[1]}' looking for beginning of value` : 'unexpected end of JSON input';
}

function parseJson(kind: Kind, text: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unrecognized(kind, goSyntaxError(text, error));
  }
  const { keys, depth } = scanJson(text);
  if (depth > MAX_DEPTH) throw unrecognized(kind, 'exceeded max depth');
  return { value, keys, text };
}

/** Go's YAML knows neither numbers to base 60 (`12:30`) nor, where JSON is wanted, times: both stay text. */
const asGo = (tags: Tags): Tags =>
  tags.filter((tag) => typeof tag === 'string' || !('format' in tag && tag.format === 'TIME') && tag.tag !== 'tag:yaml.org,2002:timestamp');

/** YAML 1.1, as Kubernetes reads it (`yes` and `on` are true); the first document. Repeated keys are errors of YAML itself. */
function parseYaml(kind: Kind, text: string): Parsed {
  const document = parseDocument(text, {
    version: '1.1',
    merge: true,
    uniqueKeys: true,
    logLevel: 'silent',
    strict: false,
    customTags: asGo,
  });
  const error = document.errors[0];
  if (error) {
    const line = error.linePos?.[0].line ?? 1;
    throw unrecognized(kind, `yaml: line ${line}: ${(error.message.split(' at line')[0] as string).toLowerCase()}`);
  }
  return { value: document.toJS({ maxAliasCount: 100 }), keys: undefined, text };
}

function parse(input: DecodeInput, contentType: string, kind: Kind): Parsed {
  if (!Buffer.isBuffer(input)) return { value: input, keys: undefined, text: '' };
  if (mediaType(contentType) === PROTOBUF && !kind.custom) {
    const { object } = decodeProtobuf(input, { apiVersion: apiVersionOf(kind), kind: kind.kind });
    return { value: object, keys: undefined, text: '' };
  }
  const text = input.toString('utf8');
  if (isJson(contentType)) return parseJson(kind, text);
  if (isYaml(contentType)) return parseYaml(kind, text);
  throw unsupportedMediaType(
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );
}

const goPackage = (group: string): string => (group === '' || group === 'events.k8s.io' ? 'core' : (group.split('.')[0] as string));
const isRegistered = (gvk: GroupVersionKind): boolean =>
  resourceFacts.some((r) => r.group === gvk.group && r.version === gvk.version && r.kind === gvk.kind) ||
  Object.values(typeFacts).some((t) => t.gvk?.some(([g, v, k]) => g === gvk.group && v === gvk.version && k === gvk.kind));

/** Says no to an object that claims to be something else; absent apiVersion and kind are those of the endpoint. */
function checkGroupVersionKind(kind: Kind, value: Record<string, unknown>): void {
  const gv = typeof value['apiVersion'] === 'string' && value['apiVersion'] !== '' ? parseApiVersion(value['apiVersion']) : kind;
  const name = typeof value['kind'] === 'string' && value['kind'] !== '' ? value['kind'] : kind.kind;
  if (gv.group === kind.group && gv.version === kind.version && name === kind.kind) return;
  const head = `${name} in version ${JSON.stringify(gv.version)} cannot be handled as a ${kind.kind}: `;
  if (!isRegistered({ group: gv.group, version: gv.version, kind: name })) {
    const version = JSON.stringify(apiVersionOf(gv));
    throw badRequest(`${head}no kind ${JSON.stringify(name)} is registered for version ${version} in scheme "pkg/runtime/scheme.go:111"`);
  }
  const sameType = name === kind.kind && goPackage(gv.group) === goPackage(kind.group);
  if (sameType) {
    throw badRequest(
      `the API version in the data (${apiVersionOf(gv)}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  throw badRequest(`${head}converting (${gv.version}.${name}) to (${goPackage(kind.group)}.${kind.kind}): unknown conversion`);
}

/**
 * A request's body as an object of `kind`'s version, checked against its schema, with kind and apiVersion set.
 * @param input bytes, or a parsed object (which stays as it is)
 * @param contentType media type of the bytes; '' is JSON
 * @param fieldValidation '' counts as Warn
 * @param warn receives `unknown field "spec.x"` and `duplicate field "data.a"` under Warn
 * Throws 400 (with the words of Kubernetes' decoder) and 415.
 */
export function decode(input: DecodeInput, contentType: string, kind: Kind, fieldValidation: string | undefined, warn: Warn): KubeObject {
  const parsed = parse(input, contentType, kind);
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value;
    throw unrecognized(kind, `json: cannot unmarshal ${what} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`);
  }
  const shape = value as Record<string, unknown>;
  for (const field of ['apiVersion', 'kind']) {
    const it = shape[field];
    if (it !== undefined && it !== null && typeof it !== 'string') {
      throw unrecognized(kind, `json: cannot unmarshal ${typeof it} into Go struct field .${field} of type string`);
    }
  }
  const walk = new Walk();
  let object: KubeObject;
  if (kind.custom) object = decodeCustom(kind, shape, walk);
  else {
    checkGroupVersionKind(kind, shape);
    object = readStruct(kind.schema, shape, walk) as KubeObject;
  }
  const refuse = (why: string): StatusError =>
    badRequest(`${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: ${why}`);
  if (walk.error !== undefined) throw refuse(walk.error);
  reportStrict(parsed, walk, fieldValidation || 'Warn', warn, refuse);
  const { kind: _, apiVersion: __, ...body } = object;
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), ...body };
}

function reportStrict(parsed: Parsed, walk: Walk, mode: string, warn: Warn, refuse: (why: string) => StatusError): void {
  if (mode === 'Ignore') return;
  const duplicates = parsed.keys !== undefined && parsed.keys > walk.keys ? duplicateKeys(parsed.text) : [];
  if (duplicates.length === 0 && walk.unknown.length === 0) return;
  const errors = [
    ...duplicates.map((path) => `duplicate field ${JSON.stringify(path)}`),
    ...walk.unknown.map((path) => `unknown field ${JSON.stringify(path)}`),
  ];
  if (mode === 'Strict') throw refuse(`strict decoding error: ${errors.join(', ')}`);
  for (const error of errors) warn(error);
}
