import { isStatusAnswer } from '../api/answer.ts';
import { hasWebhook } from '../api/conversion/stored-version.ts';
import type { Answer } from '../api/contract.ts';
import { objectOf, objectPieces } from '../kinds/encode.ts';
import type { Kind } from '../kinds/kind.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Stored } from '../store/contract.ts';
import { WritesJson, type JsonWriter } from './json-text.ts';
import { managedFieldsIn, withoutManagedFields } from './managed-fields.ts';

/** Keyed by the parsed object, not by what holds it: an entry goes when the store lets go of the parse. */
const made = new WeakMap<Kind, WeakMap<KubeObject, KubeObject>>();

/** A stored object as `kind`'s version has it, with kind and apiVersion. Shared: must not be changed. */
export function wholeObject(kind: Kind, stored: Stored): KubeObject {
  let ofKind = made.get(kind);
  if (!ofKind) made.set(kind, (ofKind = new WeakMap()));
  const parsed = stored.object;
  let whole = ofKind.get(parsed);
  if (!whole) ofKind.set(parsed, (whole = objectOf(kind, stored)));
  return whole;
}

/** A whole object as a JSON scalar: the store's bytes where text is wanted, parsed only where an object is. */
export class WholeObject extends WritesJson {
  /** @param managedFields false: without them, which no loop reads */
  constructor(
    private readonly kind: Kind,
    private readonly stored: Stored,
    private readonly managedFields = true,
  ) {
    super();
  }
  /** bytes, about */
  get size(): number {
    return this.stored.bytes.length;
  }
  write(out: JsonWriter): void {
    const pieces = objectPieces(this.kind, this.stored);
    for (const piece of pieces.slice(0, -1)) out.bytes(piece);
    const last = pieces.at(-1)!;
    const cut = this.managedFields ? undefined : managedFieldsIn(last);
    if (!cut) return out.bytes(last);
    out.bytes(last.subarray(0, cut.start));
    out.bytes(last.subarray(cut.end));
  }
  toJSON(): KubeObject {
    const whole = wholeObject(this.kind, this.stored);
    return this.managedFields ? whole : withoutManagedFields(whole);
  }
}

/** The object of an answer as a JSON scalar. */
export function wholeAnswer(
  answer: Answer,
  { managedFields }: { managedFields?: boolean | null | undefined },
): unknown {
  // what has not been converted is an error of the field, not of its text
  if (answer.kind && answer.stored && hasWebhook(answer.kind)) wholeObject(answer.kind, answer.stored);
  if (answer.kind && answer.stored) return new WholeObject(answer.kind, answer.stored, managedFields ?? true);
  if (isStatusAnswer(answer)) return answer.object;
  return managedFields === false ? withoutManagedFields(answer.object) : answer.object;
}
