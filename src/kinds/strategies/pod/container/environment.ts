import type { Container, EnvVar } from '../../../../../schema/types.ts';
import { invalid, required, type FieldError, type Path } from '../../../../meta/field.ts';
import { isConfigMapKey, isDns1123Label, isDns1123Subdomain, isEnvVarName } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { dnsSubdomainName } from '../../../validation/names.ts';
import { addBackstep } from '../../../validation/paths.ts';
import { addReasons } from '../../../validation/report.ts';
import { addFieldSelector, addResourceSelector } from '../volumes/items.ts';

const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const ONE_OF = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
const TOO_MANY = 'may not have more than one field specified at a time';

/** core/v1 ValidateEnv and ValidateEnvFrom. */
export function addEnvironment(errors: FieldError[], { env, envFrom }: Parts<Container>, at: Path): void {
  env?.forEach((variable, i) => {
    if (!variable.name) errors.push(required(at.child('env').index(i).child('name')));
    else {
      const reasons = isEnvVarName(variable.name);
      if (reasons.length) addReasons(errors, reasons, variable.name, at.child('env').index(i), 'name');
    }
    if (variable.valueFrom)
      addValueFrom(errors, variable, variable.valueFrom, at.child('env').index(i).child('valueFrom'));
  });
  envFrom?.forEach(({ prefix, configMapRef, secretRef }, i) => {
    const list = at.child('envFrom');
    const here = list.index(i);
    if (prefix) addReasons(errors, isEnvVarName(prefix), prefix, here, 'prefix');
    if (configMapRef) addSourceName(errors, configMapRef.name, here.child('configMapRef', 'name'));
    if (secretRef) addSourceName(errors, secretRef.name, here.child('secretRef', 'name'));
    // Kubernetes names the list here and not the item
    if (!configMapRef && !secretRef)
      errors.push(invalid(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef && secretRef) errors.push(invalid(list, '', TOO_MANY));
  });
}

function addSourceName(errors: FieldError[], name: string | undefined, at: Path): void {
  if (!name) errors.push(required(at));
  else addReasons(errors, dnsSubdomainName(name, true), name, at);
}

function addValueFrom(
  errors: FieldError[],
  { value }: Parts<EnvVar>,
  from: NonNullable<Parts<EnvVar>['valueFrom']>,
  at: Path,
): void {
  let sources = 0;
  if (from.fieldRef && ++sources) addFieldSelector(errors, from.fieldRef, ENV_FIELDS, at.child('fieldRef'));
  if (from.resourceFieldRef && ++sources)
    addResourceSelector(errors, from.resourceFieldRef, false, at.child('resourceFieldRef'));
  for (const ref of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const source = from[ref];
    if (!source) continue;
    sources++;
    const name = source.name ?? '';
    addReasons(errors, isDns1123Subdomain(name), name, at, ref, 'name');
    if (!source.key) errors.push(required(at.child(ref, 'key')));
    else addReasons(errors, isConfigMapKey(source.key), source.key, at, ref, 'key');
  }
  if (from.fileKeyRef && ++sources) addFileKey(errors, from.fileKeyRef, at.child('fileKeyRef'));
  if (sources === 0) errors.push(invalid(at, '', ONE_OF));
  else if (value) errors.push(invalid(at, '', 'may not be specified when `value` is not empty'));
  else if (sources > 1) errors.push(invalid(at, '', TOO_MANY));
}

function addFileKey(errors: FieldError[], ref: { key?: string; volumeName?: string; path?: string }, at: Path): void {
  if (!ref.key) errors.push(required(at.child('key')));
  else addReasons(errors, isEnvVarName(ref.key), ref.key, at, 'key');
  if (!ref.volumeName) errors.push(required(at.child('volumeName')));
  else addReasons(errors, isDns1123Label(ref.volumeName), ref.volumeName, at, 'volumeName');
  if (!ref.path) errors.push(required(at.child('path')));
  else addBackstep(errors, ref.path, at.child('path'));
}
