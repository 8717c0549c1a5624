import type { Container, ContainerPort, EnvVar, Probe, VolumeMount } from '../../../../schema/types.ts';
import { duplicate, forbidden, invalid, notFoundValue, notSupported, Path, required, type FieldError } from '../../../meta/field.ts';
import { isDns1123Label, isEnvVarName, isPortName, isPortNumber } from '../../../meta/names.ts';
import { compareQuantity, parseQuantity } from '../../../meta/quantity.ts';
import { quantityErrors } from '../../validation/resources.ts';

type Errors = FieldError[];
const AT_LEAST_ZERO = 'must be greater than or equal to 0';
const each = (at: Path | string, value: unknown, messages: string[]): Errors => messages.map((m) => invalid(at, value, m));

export interface ContainerContext {
  volumes: ReadonlySet<string>;
  /** names of this list and the ones before it */
  names: Set<string>;
  kind: 'containers' | 'initContainers' | 'ephemeralContainers';
}

/** core/v1 ValidateContainers, for one container of any of the three lists. */
export function validateContainer(container: Container, at: Path, ctx: ContainerContext): Errors {
  const errors: Errors = [];
  if (!container.name) errors.push(required(at.child('name')));
  else {
    errors.push(...each(at.child('name'), container.name, isDns1123Label(container.name)));
    if (ctx.names.has(container.name)) errors.push(duplicate(at.child('name'), container.name));
    ctx.names.add(container.name);
  }
  if (!container.image) errors.push(required(at.child('image')));
  else if (container.image.trim() !== container.image) errors.push(invalid(at.child('image'), container.image, 'must not have leading or trailing whitespace'));
  errors.push(...oneOf(at.child('terminationMessagePolicy'), container.terminationMessagePolicy, ['FallbackToLogsOnError', 'File']));
  errors.push(...oneOf(at.child('imagePullPolicy'), container.imagePullPolicy, ['Always', 'IfNotPresent', 'Never']));
  if (ctx.kind === 'ephemeralContainers')
    for (const field of ['ports', 'lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      const value = container[field];
      if (value !== undefined && !(Array.isArray(value) && value.length === 0)) errors.push(forbidden(at.child(field), 'cannot be set for an Ephemeral Container'));
    }
  else errors.push(...ports(container.ports ?? [], at.child('ports')));
  errors.push(...environment(container, at));
  errors.push(...mounts(container.volumeMounts ?? [], at.child('volumeMounts'), ctx.volumes));
  errors.push(...resources(container.resources, at.child('resources')));
  const sidecar = ctx.kind === 'containers' || container.restartPolicy === 'Always';
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'] as const)
    if (container[name] && ctx.kind !== 'ephemeralContainers') {
      if (!sidecar) errors.push(forbidden(at.child(name), 'may not be set for init containers without restartPolicy=Always'));
      else errors.push(...probe(container[name], at.child(name), name));
    }
  return errors;
}

function oneOf(at: Path, value: string | undefined, values: string[]): Errors {
  return value === undefined || value === '' ? [required(at)] : values.includes(value) ? [] : [notSupported(at, value, values)];
}

function ports(list: ContainerPort[], at: Path): Errors {
  const errors: Errors = [];
  const names = new Set<string>();
  list.forEach((port, i) => {
    const here = at.index(i);
    if (port.name) {
      const messages = isPortName(port.name);
      if (messages.length) errors.push(...each(here.child('name'), port.name, messages));
      else if (names.has(port.name)) errors.push(duplicate(here.child('name'), port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(here.child('containerPort')));
    else errors.push(...each(here.child('containerPort'), port.containerPort, isPortNumber(port.containerPort)));
    if (port.hostPort) errors.push(...each(here.child('hostPort'), port.hostPort, isPortNumber(port.hostPort)));
    errors.push(...oneOf(here.child('protocol'), port.protocol, ['SCTP', 'TCP', 'UDP']));
  });
  return errors;
}

function environment(container: Container, at: Path): Errors {
  const errors: Errors = [];
  (container.env ?? []).forEach((env, i) => {
    const here = at.child('env').index(i);
    if (!env.name) errors.push(required(here.child('name')));
    else errors.push(...each(here.child('name'), env.name, isEnvVarName(env.name)));
    errors.push(...envSource(env, here.child('valueFrom')));
  });
  (container.envFrom ?? []).forEach((from, i) => {
    const here = at.child('envFrom').index(i);
    const sources = (['configMapRef', 'secretRef'] as const).filter((s) => from[s]);
    if (sources.length === 0) errors.push(invalid(here, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (sources.length > 1) errors.push(invalid(here, '', 'may not have more than one field specified at a time'));
    for (const source of sources) if (!from[source]!.name) errors.push(required(here.child(source, 'name')));
    if (from.prefix) errors.push(...each(here.child('prefix'), from.prefix, isEnvVarName(from.prefix)));
  });
  return errors;
}

const FIELD_PATHS = new Set([
  'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs',
]);

function envSource(env: EnvVar, at: Path): Errors {
  const from = env.valueFrom;
  if (!from) return [];
  const errors: Errors = [];
  const sources = Object.keys(from).filter((key) => from[key as keyof typeof from] !== undefined);
  if (sources.length === 0) errors.push(invalid(at, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
  if (env.value) errors.push(invalid(at, '', 'may not be specified when `value` is not empty'));
  else if (sources.length > 1) errors.push(invalid(at, '', 'may not have more than one field specified at a time'));
  for (const key of ['configMapKeyRef', 'secretKeyRef'] as const)
    if (from[key]) {
      if (!from[key].name) errors.push(required(at.child(key, 'name')));
      if (!from[key].key) errors.push(required(at.child(key, 'key')));
    }
  const path = from.fieldRef?.fieldPath;
  if (from.fieldRef) {
    if (!path) errors.push(required(at.child('fieldRef', 'fieldPath')));
    else if (!FIELD_PATHS.has(path) && !/^metadata\.(labels|annotations)\['[^']+'\]$/.test(path))
      errors.push(
        /^(metadata|spec|status)\.[\w.]+$/.test(path)
          ? notSupported(at.child('fieldRef', 'fieldPath'), path, [...FIELD_PATHS].sort())
          : invalid(at.child('fieldRef', 'fieldPath'), path, `error converting fieldPath: field label not supported: ${path}`),
      );
  }
  if (from.resourceFieldRef && !from.resourceFieldRef.resource) errors.push(required(at.child('resourceFieldRef', 'resource')));
  return errors;
}

function mounts(list: VolumeMount[], at: Path, volumes: ReadonlySet<string>): Errors {
  const errors: Errors = [];
  const paths = new Set<string>();
  list.forEach((mount, i) => {
    const here = at.index(i);
    if (!mount.name) errors.push(required(here.child('name')));
    else if (!volumes.has(mount.name)) errors.push(notFoundValue(here.child('name'), mount.name));
    if (!mount.mountPath) errors.push(required(here.child('mountPath')));
    else if (paths.has(mount.mountPath)) errors.push(invalid(here.child('mountPath'), mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    for (const field of ['subPath', 'subPathExpr'] as const) {
      const value = mount[field];
      if (value?.startsWith('/')) errors.push(invalid(here.child(field), value, 'must be a relative path'));
      if (value?.split('/').includes('..')) errors.push(invalid(here.child(field), value, "must not contain '..'"));
    }
    if (mount.subPath && mount.subPathExpr) errors.push(invalid(here.child('subPathExpr'), mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
  });
  return errors;
}

function resources(value: Container['resources'], at: Path): Errors {
  const errors: Errors = [];
  const limits = value?.limits ?? {};
  for (const [name, limit] of Object.entries(limits)) errors.push(...quantityErrors(limit, at.child('limits').key(name), name));
  for (const [name, request] of Object.entries(value?.requests ?? {})) {
    errors.push(...quantityErrors(request, at.child('requests').key(name), name));
    const limit = limits[name];
    if (limit !== undefined && compareQuantity(parseQuantity(String(request)), parseQuantity(String(limit))) > 0)
      errors.push(invalid(at.child('requests'), String(request), `must be less than or equal to ${name} limit of ${limit}`));
  }
  return errors;
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;

function probe(value: Probe, at: Path, name: string): Errors {
  const errors: Errors = [];
  const handlers = HANDLERS.filter((h) => value[h]);
  if (handlers.length === 0) errors.push(required(at, 'must specify a handler type'));
  handlers.slice(1).forEach((h) => errors.push(forbidden(at.child(h), 'may not specify more than 1 handler type')));
  if (value.exec && !value.exec.command?.length) errors.push(required(at.child('exec', 'command')));
  if (value.httpGet) {
    if (!value.httpGet.path) errors.push(required(at.child('httpGet', 'path')));
    errors.push(...portOrName(value.httpGet.port, at.child('httpGet', 'port')));
    if (!['HTTP', 'HTTPS'].includes(value.httpGet.scheme ?? '')) errors.push(notSupported(at.child('httpGet', 'scheme'), value.httpGet.scheme, ['HTTP', 'HTTPS']));
  }
  if (value.tcpSocket) errors.push(...portOrName(value.tcpSocket.port, at.child('tcpSocket', 'port')));
  if (value.grpc) errors.push(...each(at.child('grpc', 'port'), value.grpc.port, isPortNumber(value.grpc.port)));
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const)
    if ((value[field] ?? 0) < 0) errors.push(invalid(at.child(field), value[field], AT_LEAST_ZERO));
  if (name !== 'readinessProbe' && (value.successThreshold ?? 1) !== 1) errors.push(invalid(at.child('successThreshold'), value.successThreshold, 'must be 1'));
  if (value.terminationGracePeriodSeconds !== undefined && value.terminationGracePeriodSeconds <= 0)
    errors.push(invalid(at.child('terminationGracePeriodSeconds'), value.terminationGracePeriodSeconds, 'must be greater than 0'));
  return errors;
}

/** A port by number or by the name of one (IntOrString). */
export function portOrName(port: number | string, at: Path): Errors {
  return typeof port === 'number' ? each(at, port, isPortNumber(port)) : each(at, port, isPortName(port ?? ''));
}
