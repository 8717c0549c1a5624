import type { Container, EnvVar, Pod } from '../../../schema/types.ts';
import { expandVariables } from './expand-variables.ts';
import { fieldValue, resourceValue, type PodFacts } from './field-value.ts';
import type { ObjectSource } from './object-source.ts';

/** The container cannot be configured; its status says CreateContainerConfigError with this message. */
export class ConfigError extends Error {}

/**
 * The environment of a container in the kubelet's order: services, then `envFrom`, then `env`, whose `$(NAME)` may
 * refer to what came before.
 * @throws ConfigError
 */
export async function containerEnvironment(
  pod: Pod,
  container: Container,
  services: Readonly<Record<string, string>>,
  source: ObjectSource,
  facts: PodFacts,
): Promise<Record<string, string>> {
  const result: Record<string, string> = { ...services };
  const expanded = { bytes: 0 };
  await addSources(result, pod, container, source);
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(variable, pod, container, source, facts)
      : expandVariables(variable.value ?? '', result, expanded);
    if (value !== undefined) result[variable.name] = value;
  }
  return result;
}

async function addSources(
  result: Record<string, string>,
  pod: Pod,
  container: Container,
  source: ObjectSource,
): Promise<void> {
  const namespace = pod.metadata.namespace ?? '';
  for (const from of container.envFrom ?? []) {
    const data = from.configMapRef
      ? await source
          .configMapData(namespace, from.configMapRef.name ?? '', from.configMapRef.optional)
          .catch(asConfigError)
      : await source.secretData(namespace, from.secretRef?.name ?? '', from.secretRef?.optional).catch(asConfigError);
    for (const [key, value] of data ?? []) result[`${from.prefix ?? ''}${key}`] = value.toString();
  }
}

const asConfigError = (error: unknown): never => {
  throw new ConfigError(error instanceof Error ? error.message : String(error));
};

async function valueFrom(
  variable: EnvVar,
  pod: Pod,
  container: Container,
  source: ObjectSource,
  facts: PodFacts,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom!;
  if (fieldRef) {
    const value = fieldValue(pod, fieldRef.fieldPath, facts);
    if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return value;
  }
  if (resourceFieldRef) {
    const { containerName, resource, divisor } = resourceFieldRef;
    const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
    const owner = containerName ? all.find((each) => each.name === containerName) : container;
    const value = owner && resourceValue(owner, resource, divisor, facts);
    if (value === undefined) throw new ConfigError(`unsupported container resource : ${resource}`);
    return value;
  }
  const reference = configMapKeyRef ?? secretKeyRef;
  if (!reference) return undefined;
  const { key, name = '', optional } = reference;
  const data = configMapKeyRef
    ? await source.configMapData(namespace, name, optional).catch(asConfigError)
    : await source.secretData(namespace, name, optional).catch(asConfigError);
  const value = data?.get(key);
  if (value !== undefined) return value.toString();
  if (optional) return undefined;
  const kind = configMapKeyRef ? 'ConfigMap' : 'Secret';
  throw new ConfigError(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
}
