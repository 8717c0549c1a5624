import { isPrint } from '../../go/unicode.ts';
import { invalid, tooLong, type FieldError, type Path } from '../../meta/field.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import type { ManagedFieldsEntry, OwnerReference } from '../../meta/object.ts';

const MAX_MANAGER = 128;
const MAX_SUBRESOURCE = 256;

function validateOwner(ref: OwnerReference, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const { group, version } = parseApiVersion(ref.apiVersion ?? '');
  if (!version) errors.push(invalid(at.child('apiVersion'), ref.apiVersion ?? '', 'version must not be empty'));
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!ref[field]) errors.push(invalid(at.child(field), ref[field] ?? '', 'must not be empty'));
  }
  // an Event goes away by itself and must not take anything with it
  if (group === '' && version === 'v1' && ref.kind === 'Event') {
    errors.push(invalid(at, ref, '/v1, Kind=Event is disallowed from being an owner'));
  }
  return errors;
}

export function validateOwnerReferences(refs: readonly OwnerReference[] | undefined | null, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  let controller = '';
  for (const ref of refs ?? []) {
    errors.push(...validateOwner(ref, at));
    if (!ref.controller) continue;
    const name = `${ref.kind}/${ref.name}`;
    if (controller) {
      const why = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalid(at, refs, why));
    } else controller = name;
  }
  return errors;
}

/** A field manager as it stands in options and in managedFields; each bad character is told with its place in bytes. */
export function validateFieldManager(manager: string | undefined, at: Path): FieldError[] {
  const name = manager ?? '';
  const errors: FieldError[] = [];
  if (Buffer.byteLength(name) > MAX_MANAGER) errors.push(tooLong(at, MAX_MANAGER));
  if (isPrint(name)) return errors;
  let place = 0;
  for (const character of name) {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    if (!isPrint(character)) errors.push(invalid(at, name, `invalid character U+${code} (at position ${place})`));
    place += Buffer.byteLength(character);
  }
  return errors;
}

export function validateManagedFields(
  entries: readonly ManagedFieldsEntry[] | undefined | null,
  at: Path,
): FieldError[] {
  return (entries ?? []).flatMap((entry, i) => {
    const errors: FieldError[] = [];
    const here = at.index(i);
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(invalid(here.child('operation'), entry.operation ?? '', 'must be `Apply` or `Update`'));
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      errors.push(invalid(here.child('fieldsType'), entry.fieldsType, 'must be `FieldsV1`'));
    }
    errors.push(...validateFieldManager(entry.manager, here.child('manager')));
    if ((entry.subresource?.length ?? 0) > MAX_SUBRESOURCE)
      errors.push(tooLong(here.child('subresource'), MAX_SUBRESOURCE));
    return errors;
  });
}
