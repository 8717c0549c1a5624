import { cloneJson } from '../../../meta/clone.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { goJson } from '../../../go/json-write.ts';
import { isPlain } from '../plain.ts';
import { configProblems } from './check.ts';
import { compare, fieldsOf } from './compare.ts';
import { difference, type FieldSet } from './fieldset.ts';
import { untypedOf, type Ownership } from './versions.ts';

/** The manager of `kubectl apply --server-side`: it takes over from the client-side apply of the same program. */
export const KUBECTL = 'kubectl';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** all annotations of an object together may have as many bytes */
const MAX_ANNOTATIONS = 256 * 1024;

/**
 * Fields that client-side apply set, as the annotation says, and that still are as it set them, are not in conflict
 * with a server-side apply of kubectl. The result takes them out of a set; undefined where there is no annotation.
 * Source: kube-apiserver's lastAppliedManager.
 */
export function allowedByLastApplied(of: Ownership, live: KubeObject): ((set: FieldSet) => FieldSet) | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (!text) return undefined;
  let applied: unknown;
  try {
    applied = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isPlain(applied) || applied['apiVersion'] !== of.apiVersion) return undefined;
  const untyped = untypedOf(of);
  // what the schema cannot read allows nothing
  if (configProblems(of.schema, applied, untyped).length || configProblems(of.schema, live, untyped).length)
    return undefined;
  const { changed, removed } = compare(of.schema, applied, live, untyped);
  const allowed = difference(difference(fieldsOf(of.schema, applied, untyped), changed), removed);
  return (set) => difference(set, allowed);
}

/** Keeps the annotation in step, where there is one, so that one may go back to client-side apply. */
export function updateLastApplied(object: KubeObject, patch: KubeObject): KubeObject {
  const annotations = object.metadata.annotations;
  if (!annotations?.[LAST_APPLIED]) return object;
  const config = cloneJson(patch);
  if (config.metadata?.annotations) delete config.metadata.annotations[LAST_APPLIED];
  const others = { ...annotations };
  delete others[LAST_APPLIED];
  const text = `${goJson(config)}\n`;
  const size = Object.entries(others).reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(value),
    LAST_APPLIED.length + Buffer.byteLength(text),
  );
  object.metadata.annotations = size > MAX_ANNOTATIONS ? others : { ...others, [LAST_APPLIED]: text };
  return object;
}
