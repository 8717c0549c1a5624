import { join } from 'node:path';
import type { Container, EnvVar, FileKeySelector, Pod } from '../../../schema/types.ts';
import type { VolumeSource } from '../volumes/volume-source.ts';
import { envFileValue, readEnvFile } from './env-file.ts';
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
  volumes: ReadonlyMap<string, VolumeSource> = new Map(),
): Promise<Record<string, string>> {
  const result: Record<string, string> = { ...services };
  const expanded = { bytes: 0 };
  await addSources(result, pod, container, source);
  for (const variable of container.env ?? []) {
    const value = variable.valueFrom
      ? await valueFrom(variable, pod, container, source, facts, volumes)
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
          .configMapTexts(namespace, from.configMapRef.name ?? '', from.configMapRef.optional)
          .catch(asConfigError)
      : await source.secretData(namespace, from.secretRef?.name ?? '', from.secretRef?.optional).catch(asConfigError);
    for (const [key, value] of data ?? []) result[`${from.prefix ?? ''}${key}`] = value.toString();
  }
}

const asConfigError = (error: unknown): never => {
  throw new ConfigError(error instanceof Error ? error.message : String(error));
};

/** Of a file that another container has written; one that has no such variable has it empty. */
async function fromFile(
  { volumeName, path, key, optional }: FileKeySelector,
  volumes: ReadonlyMap<string, VolumeSource>,
): Promise<string | undefined> {
  const volume = volumes.get(volumeName);
  if (!volume) throw new ConfigError(`cannot find the volume ${JSON.stringify(volumeName)} referenced by FileKeyRef`);
  let value: string;
  try {
    value = envFileValue(await readEnvFile(volume.path, path), key);
  } catch {
    throw new ConfigError("couldn't parse env file");
  }
  if (value) return value;
  if (optional) return undefined;
  throw new ConfigError(
    `environment variable key ${JSON.stringify(key)} not found in file ${JSON.stringify(join(volume.path, path))}`,
  );
}

async function valueFrom(
  variable: EnvVar,
  pod: Pod,
  container: Container,
  source: ObjectSource,
  facts: PodFacts,
  volumes: ReadonlyMap<string, VolumeSource>,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  const { fieldRef, fileKeyRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = variable.valueFrom!;
  if (fileKeyRef) return fromFile(fileKeyRef, volumes);
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
    ? await source.configMapTexts(namespace, name, optional).catch(asConfigError)
    : await source.secretData(namespace, name, optional).catch(asConfigError);
  const value = data?.get(key);
  if (value !== undefined) return value.toString();
  if (optional) return undefined;
  const kind = configMapKeyRef ? 'ConfigMap' : 'Secret';
  throw new ConfigError(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
}
