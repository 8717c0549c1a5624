import type { IngressClass, IngressClassParametersReference } from '../../../../schema/types.ts';
import { forbidden, notSupported, Path, required, tooLong, type FieldError } from '../../../meta/field.ts';
import { isDns1123Label } from '../../../meta/names.ts';
import type { Parts, Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateDomainPrefixedPath, validateImmutable, validateRule } from '../../validation/values.ts';
import { validateTypedReference } from './typed-reference.ts';
import { NONE, since } from '../../cells.ts';

const SPEC = Path.root('spec');
const MAX_CONTROLLER = 250;
const SCOPES = ['Cluster', 'Namespace'];

/** networking.k8s.io/v1 IngressClass */
export const ingressClassStrategy: Strategy<IngressClass> = {
  defaults(object) {
    if (object.spec?.parameters) object.spec.parameters.scope ??= 'Cluster';
  },
  validate({ spec = {} }) {
    const controller = spec.controller ?? '';
    const at = SPEC.child('controller');
    const errors: FieldError[] = Buffer.byteLength(controller) > MAX_CONTROLLER ? [tooLong(at, MAX_CONTROLLER)] : [];
    errors.push(...validateDomainPrefixedPath(controller, at));
    return spec.parameters ? [...errors, ...validateParameters(spec.parameters, SPEC.child('parameters'))] : errors;
  },
  metadata: { whole: 1 },
  validateUpdate: (object, old) =>
    validateImmutable(object.spec?.controller ?? '', old.spec?.controller ?? '', SPEC.child('controller')),
  cells,
};

function validateParameters(parameters: Parts<IngressClassParametersReference>, at: Path): FieldError[] {
  const errors = validateTypedReference(parameters, at);
  const { scope = '', namespace } = parameters;
  const here = at.child('namespace');
  if (!SCOPES.includes(scope)) errors.push(notSupported(at.child('scope'), scope, SCOPES));
  else if (scope === 'Namespace') {
    if (namespace == null) errors.push(required(here, "`parameters.scope` is set to 'Namespace'"));
    else errors.push(...validateRule(namespace, isDns1123Label, here));
  } else if (namespace != null) errors.push(forbidden(here, "`parameters.scope` is set to 'Cluster'"));
  return errors;
}

function cells({ metadata, spec }: Unchecked<IngressClass>, now: number): Cell[] {
  const p = spec?.parameters;
  return [
    metadata.name,
    spec?.controller ?? '',
    p ? `${p.kind}${p.apiGroup ? `.${p.apiGroup}` : ''}/${p.name}` : NONE,
    since(metadata.creationTimestamp, now),
  ];
}
