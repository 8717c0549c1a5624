import { parseDocument } from 'yaml';
import type { Kind } from '../kinds/kind.ts';
import { badRequest, unsupportedMediaType } from '../meta/status.ts';
import type { Json } from '../meta/object.ts';

export const JSON_PATCH = 'application/json-patch+json';
export const MERGE_PATCH = 'application/merge-patch+json';
export const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';
export const APPLY_PATCH = 'application/apply-patch+yaml';

export const patchTypesOf = (kind: Kind): readonly string[] =>
  kind.custom ? [JSON_PATCH, MERGE_PATCH, APPLY_PATCH] : [JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH];

/** The media type without its parameters. Throws 415 for what the kind does not take. */
export function patchTypeOf(kind: Kind, contentType: string): string {
  const type = contentType.split(';')[0].trim();
  const accepted = patchTypesOf(kind);
  if (accepted.includes(type)) return type;
  throw unsupportedMediaType(`the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`);
}

function parseYaml(text: string): Json {
  const document = parseDocument(text, { version: '1.1', merge: true, uniqueKeys: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) {
    const line = error.linePos?.[0].line ?? 1;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: yaml: line ${line}: did not find expected node content`);
  }
  return document.toJS({ maxAliasCount: 100 }) as Json;
}

/** A patch as a value. Throws 400. */
export function parsePatch(type: string, patch: { bytes: Buffer } | { value: Json }): Json {
  if ('value' in patch) return patch.value;
  const text = patch.bytes.toString('utf8');
  if (type === APPLY_PATCH && !/^\s*\{/.test(text)) return parseYaml(text);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (type === APPLY_PATCH) return parseYaml(text);
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}
