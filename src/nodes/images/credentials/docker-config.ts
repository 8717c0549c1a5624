import type { Secret } from '../../../../schema/types.ts';

/** One entry of a docker configuration file: who asks the registries that `location` covers. */
export interface DockerLogin {
  /** as it is written: `https://index.docker.io/v1/`, `*.example.com/team` */
  location: string;
  username: string;
  password: string;
}

/** A docker configuration that cannot be read; the message holds nothing of its content. */
export class DockerConfigError extends Error {}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The logins of `.docker/config.json` (`{ auths: … }`). @throws DockerConfigError */
export function parseDockerConfig(json: string): DockerLogin[] {
  const config = parse(json);
  return isObject(config['auths']) ? logins(config['auths']) : [];
}

/** The logins of a Secret of type `kubernetes.io/dockerconfigjson` or `kubernetes.io/dockercfg`. @throws DockerConfigError */
export function loginsOfSecret(secret: Secret): DockerLogin[] {
  const data = (key: string): string | undefined => {
    const encoded = secret.data?.[key];
    return encoded ? Buffer.from(encoded, 'base64').toString() : undefined;
  };
  if (secret.type === 'kubernetes.io/dockerconfigjson') {
    const json = data('.dockerconfigjson');
    return json === undefined ? [] : parseDockerConfig(json);
  }
  const json = secret.type === 'kubernetes.io/dockercfg' ? data('.dockercfg') : undefined;
  return json === undefined ? [] : logins(parse(json));
}

function parse(json: string): Json {
  try {
    const value: unknown = JSON.parse(json);
    if (isObject(value)) return value;
  } catch {
    // the parser's message would quote the content
  }
  throw new DockerConfigError('a docker configuration is not a JSON object');
}

const logins = (entries: Json): DockerLogin[] =>
  Object.entries(entries).map(([location, entry]) => {
    if (!isObject(entry)) throw new DockerConfigError(`the docker configuration for ${location} is not an object`);
    const auth = text(entry['auth']);
    if (!auth) return { location, username: text(entry['username']), password: text(entry['password']) };
    const decoded = Buffer.from(auth, 'base64').toString();
    const colon = decoded.indexOf(':');
    if (colon < 0)
      throw new DockerConfigError(`the field auth of the docker configuration for ${location} is not name:password`);
    return { location, username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') };
  });
