import type { IPAddress } from '../../../../schema/types.ts';
import { Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1123Subdomain, isPathSegmentName } from '../../../meta/names.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { strictIpProblems } from '../../validation/strict-ip.ts';
import { validateImmutable, validateRule } from '../../validation/values.ts';
import { internalValue } from '../../internal-value.ts';
import type { Unchecked } from '../../../meta/object.ts';
import { NONE } from '../../cells.ts';

const AT = Path.root('spec').child('parentRef');

/** networking.k8s.io/v1 IPAddress: its name is the address, and it belongs to one object for good. */
export const ipAddressStrategy: Strategy<IPAddress> = {
  generation: false,
  name: strictIpProblems,
  metadata: { whole: 1 },
  validate({ spec }) {
    const ref = spec?.parentRef;
    if (!ref) return [required(AT)];
    const errors: FieldError[] = ref.group ? validateRule(ref.group, isDns1123Subdomain, AT.child('group')) : [];
    for (const field of ['resource', 'name'] as const) {
      const value = ref[field];
      errors.push(...(value ? validateRule(value, isPathSegmentName, AT.child(field)) : [required(AT.child(field))]));
    }
    return ref.namespace
      ? [...errors, ...validateRule(ref.namespace, isPathSegmentName, AT.child('namespace'))]
      : errors;
  },
  validateUpdate(object, old) {
    const [ref, before] = [object, old].map(
      ({ spec }) => spec?.parentRef && internalValue('io.k8s.api.networking.v1.ParentReference', spec.parentRef),
    );
    return validateImmutable(ref, before, AT);
  },
  cells,
};

function cells({ metadata, spec }: Unchecked<IPAddress>): Cell[] {
  const ref = spec?.parentRef;
  return [metadata.name, ref ? [ref.resource, ref.namespace, ref.name].filter(Boolean).join('/') : NONE];
}
