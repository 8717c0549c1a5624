import { parseExact, stringifyExact } from '../../go/json-numbers.ts';
import { itemBytes } from '../../kinds/encode.ts';
import type { Kind } from '../../kinds/kind.ts';
import { parseYaml } from '../../kinds/yaml.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Answer, DeleteOptions, ListAnswer } from '../contract.ts';
import type { PatchInput } from '../contract.ts';
import { applyDefaults } from '../write/defaults.ts';
import type { Shown } from './contract.ts';

/** Bytes of a list's items from which on the event would be cut anyway. */
const MAX_LIST = 1_500_000;

function withoutManagedFields(object: KubeObject): KubeObject {
  if (!object.metadata?.managedFields) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const objectText = (object: KubeObject, managedFields: boolean): string =>
  stringifyExact(managedFields ? object : withoutManagedFields(object));

/** A body as it was decoded, with the defaults that decoding gives it. */
export const shownBody = (kind: Kind, object: KubeObject): Shown => ({
  metadata: object.metadata,
  json(managedFields) {
    // the pipeline goes on with the object itself
    const { kind: _, apiVersion: __, ...body } = structuredClone(object);
    const whole = { kind: kind.kind, apiVersion: apiVersionOf(kind), ...body } as KubeObject;
    applyDefaults(kind, whole);
    return objectText(whole, managedFields);
  },
});

/** A patch as JSON, whatever it was sent as; what cannot be read is told as text. */
export function patchText(input: PatchInput): string {
  if ('value' in input) return stringifyExact(input.value);
  const text = input.bytes.toString();
  try {
    return stringifyExact(text.trimStart().match(/^[[{]/) ? parseExact(text) : parseYaml(text).value);
  } catch {
    return JSON.stringify(text);
  }
}

/** The options of a delete; '' where none are given. */
export function optionsText(options: DeleteOptions): string {
  const given = Object.values(options).some((value) => value !== undefined);
  return given ? stringifyExact({ kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...options }) : '';
}

/** An object that a verb answers, or the Status in its place. */
export const shownAnswer = (answer: Answer): Shown => ({
  json: (managedFields) => objectText(answer.object as KubeObject, managedFields),
});

/** A list, its items as far as an event can hold them. */
export const shownList = ({ kind, items, revision, continue: next, remainingItemCount }: ListAnswer): Shown => ({
  json(managedFields) {
    const metadata = { resourceVersion: String(revision), continue: next, remainingItemCount };
    let text = `{"kind":"${kind.listKind}","apiVersion":"${apiVersionOf(kind)}","metadata":${stringifyExact(metadata)},"items":[`;
    for (const [i, stored] of items.entries()) {
      const item = itemBytes(kind, stored).toString();
      text += (i ? ',' : '') + (managedFields ? item : objectText(JSON.parse(item) as KubeObject, false));
      if (text.length > MAX_LIST) break;
    }
    return `${text}]}`;
  },
});
