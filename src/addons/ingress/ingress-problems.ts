import type { Ingress, IngressBackend, Secret, Service } from '../../../schema/types.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { quantityValue } from '../../meta/quantity.ts';
import { contextOf } from './certificates.ts';
import { ANNOTATIONS } from './ingress-routes.ts';

export interface Problem {
  reason: string;
  message: string;
}
interface Known {
  service(name: string): Service | undefined;
  secret(name: string): Secret | undefined;
}

/** What stands in an Ingress that cannot be done, and why. @param known objects of its namespace */
export function problemsOf({ metadata, spec = {} }: Ingress, known: Known): Problem[] {
  const backends = (spec.rules ?? []).flatMap(({ http }) => http?.paths.map(({ backend }) => backend) ?? []);
  if (spec.defaultBackend) backends.push(spec.defaultBackend);
  const found = [
    ...backends.flatMap((backend) => backendProblem(backend, known)),
    ...(spec.tls ?? []).flatMap(({ secretName }) => (secretName ? secretProblem(secretName, known) : [])),
    ...annotationProblems(metadata.annotations ?? {}),
  ];
  return [...new Map(found.map((problem) => [problem.message, problem])).values()];
}

function backendProblem({ service, resource }: IngressBackend, known: Known): Problem[] {
  if (!service) {
    const message = `backend ${resource?.kind} ${resource?.name}: backends other than Services are not supported`;
    return [{ reason: 'UnsupportedBackend', message }];
  }
  const { name, port } = service;
  const object = known.service(name);
  if (!object) return [{ reason: 'ServiceNotFound', message: `there is no Service ${name}` }];
  const said = port?.number ?? port?.name;
  const has = object.spec?.ports?.some((one) => one.port === said || one.name === said);
  if (has || (object.spec?.type === 'ExternalName' && port?.number)) return [];
  return [{ reason: 'PortNotFound', message: `Service ${name} has no port ${said}` }];
}

function secretProblem(name: string, known: Known): Problem[] {
  const secret = known.secret(name);
  if (!secret) {
    const message = `there is no Secret ${name} of the type kubernetes.io/tls; the proxy's own certificate is shown`;
    return [{ reason: 'SecretNotFound', message }];
  }
  try {
    contextOf(secret);
    return [];
  } catch (error) {
    const message = `Secret ${name}: ${errorMessage(error)}; the proxy's own certificate is shown`;
    return [{ reason: 'InvalidCertificate', message }];
  }
}

function annotationProblems(annotations: Readonly<Record<string, string>>): Problem[] {
  const { maxBody, readTimeout } = ANNOTATIONS;
  const bad = [
    ...(annotations[maxBody] !== undefined && !isQuantity(annotations[maxBody]) ? [maxBody] : []),
    ...(annotations[readTimeout] !== undefined && !(Number(annotations[readTimeout]) > 0) ? [readTimeout] : []),
  ];
  return bad.map((name) => ({ reason: 'InvalidAnnotation', message: `annotation ${name} has no value of its kind` }));
}

function isQuantity(text: string): boolean {
  try {
    return quantityValue(text) >= 0;
  } catch {
    return false;
  }
}
