import type { ConfigMapNodeConfigSource, NodeConfigSource, NodeConfigStatus } from '../../../../schema/types.ts';
import { forbidden, invalid, Path, required, type FieldError } from '../../../meta/field.ts';
import { isConfigMapKey } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';
import { dnsLabelName, dnsSubdomainName } from '../../validation/names.ts';
import { internalValue } from '../../internal-value.ts';

/** Where a kubelet had its configuration from: unused since 1.24, but what is stored of it is still checked. */
type Errors = FieldError[];
type Part = 'spec' | 'status';

/** What is asked for names no version of the ConfigMap; what is in use does. */
function versionErrors({ uid, resourceVersion }: Parts<ConfigMapNodeConfigSource>, at: Path, part: Part): Errors {
  const errors: Errors = [];
  for (const [field, value] of [
    ['uid', uid],
    ['resourceVersion', resourceVersion],
  ] as const) {
    if (part === 'spec' && value) errors.push(forbidden(at.child(field), `${field} must not be set in spec`));
    if (part === 'status' && !value) errors.push(required(at.child(field), `${field} must be set in status`));
  }
  return errors;
}

function configMapErrors(source: Parts<ConfigMapNodeConfigSource>, at: Path, part: Part): Errors {
  const errors = versionErrors(source, at, part);
  const rules = { namespace: dnsLabelName, name: dnsSubdomainName, kubeletConfigKey: isConfigMapKey };
  for (const field of ['namespace', 'name', 'kubeletConfigKey'] as const) {
    const value = source[field];
    if (!value) errors.push(required(at.child(field), `${field} must be set`));
    else errors.push(...rules[field](value, false).map((why) => invalid(at.child(field), value, why)));
  }
  return errors;
}

export function validateConfigSource(source: Parts<NodeConfigSource>, at: Path, part: Part): Errors {
  if (source.configMap) return configMapErrors(source.configMap, at.child('configMap'), part);
  return [invalid(at, internalValue('NodeConfigSource', source), 'exactly one reference subfield must be non-nil')];
}

export function validateConfigStatus(config: Parts<NodeConfigStatus> | undefined | null): Errors {
  const at = Path.root('status').child('config');
  return (['assigned', 'active', 'lastKnownGood'] as const).flatMap((field) => {
    const source = config?.[field];
    return source ? validateConfigSource(source, at.child(field), 'status') : [];
  });
}
