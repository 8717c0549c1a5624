import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { parseDockerConfig, type DockerLogin } from '../credentials/docker-config.ts';
import { isObject } from '../oci/manifest.ts';

/** Where a registry answers. */
export interface Endpoint {
  /** without a path at its end that the distribution specification gives: `https://registry-1.docker.io` */
  url: URL;
  /** certificates are not looked at */
  skipVerify: boolean;
  /** PEM of certificates beside the system's */
  ca?: string;
  /** another place with the registry's content, which is not shown the registry's credentials */
  mirror: boolean;
}

/** What the machine's owner says of registries. */
export interface RegistryConfig {
  /** by the registry's name in references, mirrors first */
  registries: ReadonlyMap<string, readonly Endpoint[]>;
  /** what every pod of the node may use */
  logins: readonly DockerLogin[];
}

export const NO_REGISTRY_CONFIG: RegistryConfig = { registries: new Map(), logins: [] };

/** A registry configuration that cannot be used. */
export class RegistryConfigError extends Error {}

const KEYS = ['mirrors', 'plainHTTP', 'skipVerify', 'ca'];

/**
 * Reads the file of `--registry-config`, YAML or JSON: `registries` by name, each with `mirrors` (URLs), `plainHTTP`,
 * `skipVerify` and `ca` (a file of PEM certificates), and `credentials`, a docker configuration file. Paths are
 * relative to the file. @throws RegistryConfigError
 */
export function readRegistryConfig(file: string): RegistryConfig {
  const near = (path: string): string => resolve(dirname(file), path);
  const root = table(yaml(file), 'the file', ['registries', 'credentials']);
  const registries = Object.entries(table(root['registries'] ?? {}, 'registries')).map(([name, value]) => {
    const { mirrors = [], plainHTTP = false, skipVerify = false, ca } = table(value ?? {}, `registry ${name}`, KEYS);
    if (!Array.isArray(mirrors) || !mirrors.every((each): each is string => typeof each === 'string'))
      throw new RegistryConfigError(`registry ${name}: mirrors is no list of URLs`);
    if (typeof plainHTTP !== 'boolean' || typeof skipVerify !== 'boolean')
      throw new RegistryConfigError(`registry ${name}: plainHTTP and skipVerify are true or false`);
    if (ca !== undefined && typeof ca !== 'string') throw new RegistryConfigError(`registry ${name}: ca is no file`);
    const trust = { skipVerify, ...(ca !== undefined && { ca: read(near(ca)) }) };
    const own = { url: new URL(`${plainHTTP ? 'http' : 'https'}://${hostOf(name)}`), mirror: false, ...trust };
    return [name, [...mirrors.map((each) => ({ url: urlOf(each), mirror: true, ...trust })), own]] as const;
  });
  const { credentials } = root;
  if (credentials !== undefined && typeof credentials !== 'string')
    throw new RegistryConfigError('credentials is no file');
  const logins = credentials === undefined ? [] : parseDockerConfig(read(near(credentials)));
  return { registries: new Map(registries), logins };
}

/** The places where a registry is asked, in their order. */
export function endpointsOf(registry: string, { registries }: RegistryConfig): readonly Endpoint[] {
  const known = registries.get(registry);
  if (known) return known;
  const scheme = isLocal(registry) ? 'http' : 'https';
  return [{ url: new URL(`${scheme}://${hostOf(registry)}`), skipVerify: false, mirror: false }];
}

const hostOf = (registry: string): string => (registry === 'docker.io' ? 'registry-1.docker.io' : registry);
/** What is on this very machine is asked without TLS, as Docker and containerd do. */
const isLocal = (registry: string): boolean =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(registry) && !registry.endsWith(':443');

function yaml(file: string): unknown {
  try {
    return parse(read(file)) ?? {};
  } catch (error) {
    if (error instanceof RegistryConfigError) throw error;
    throw new RegistryConfigError(`${file} is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RegistryConfigError((error as Error).message);
  }
}

function table(value: unknown, what: string, keys?: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new RegistryConfigError(`${what} has no settings by name`);
  const unknown = keys && Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new RegistryConfigError(`${what}: there is no setting ${unknown}`);
  return value;
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.search)
    throw new RegistryConfigError(`${JSON.stringify(text)} is no URL of a mirror`);
  return url;
}
