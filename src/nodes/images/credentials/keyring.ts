import { compileRegexp } from '../../../go/regexp.ts';
import { createHash } from 'node:crypto';
import type { RegistryCredential } from '../image-service.ts';
import type { DockerLogin } from './docker-config.ts';

/** The Secret that a credential comes from. */
export interface SecretSource {
  uid: string;
  namespace: string;
  name: string;
}

/** A credential that may fit an image. */
export interface FoundCredential {
  credential: RegistryCredential;
  /** of name and password: tells whether two are the same without keeping them */
  hash: string;
  /** undefined: the node's own, which every pod may use */
  source?: SecretSource;
}

const DOCKER_HUB = 'index.docker.io';

/**
 * Which credentials fit an image, as the kubelet chooses: a location is a host, whose parts may have wildcards, and the
 * beginning of a path; the more specific come first, and all that fit are tried.
 */
export class Keyring {
  private readonly entries = new Map<string, FoundCredential[]>();

  add(logins: readonly DockerLogin[], source?: SecretSource): void {
    for (const { location, username, password } of logins) {
      const key = keyOf(location);
      if (key === undefined) continue;
      const hash = createHash('sha256')
        .update(JSON.stringify([username, password]))
        .digest('hex');
      const found = { credential: { username, password }, hash, ...(source && { source }) };
      this.entries.set(key, [...(this.entries.get(key) ?? []), found]);
    }
  }

  /** @param repository with its registry, without tag: `docker.io/library/nginx` */
  lookup(repository: string): FoundCredential[] {
    const keys = [...this.entries.keys()].sort().reverse();
    const found = keys.filter((key) => matches(key, repository)).flatMap((key) => this.entries.get(key) ?? []);
    if (found.length || !repository.startsWith('docker.io/')) return found;
    return this.entries.get(DOCKER_HUB) ?? [];
  }
}

/** `https://host/v1/` and `host` are the same; a path of its own stays. */
function keyOf(location: string): string | undefined {
  const bare = location.replace(/^https?:\/\//, '');
  const slash = bare.indexOf('/');
  const host = slash < 0 ? bare : bare.slice(0, slash);
  if (!host || /[\s@?#]/.test(host)) return undefined;
  const rest = slash < 0 ? '' : bare.slice(slash);
  const end = rest.search(/[?#]/);
  const path = end < 0 ? rest : rest.slice(0, end);
  const effective = /^\/v[12]\//.test(path) ? path.slice(3) : path;
  return effective === '/' ? host : host + effective;
}

const split = (location: string): { parts: string[]; port: string; path: string } => {
  const slash = location.indexOf('/');
  const host = slash < 0 ? location : location.slice(0, slash);
  const port = /^(.*):(\d*)$/.exec(host);
  return { parts: (port?.[1] ?? host).split('.'), port: port?.[2] ?? '', path: slash < 0 ? '' : location.slice(slash) };
};

function matches(key: string, repository: string): boolean {
  const pattern = split(key);
  const target = split(repository);
  return (
    pattern.port === target.port &&
    pattern.parts.length === target.parts.length &&
    target.path.startsWith(pattern.path) &&
    pattern.parts.every((part, at) => matchesPart(part, target.parts[at] ?? ''))
  );
}

/** `*` and `[a-z]` within one part of a host name. */
function matchesPart(pattern: string, part: string): boolean {
  if (!/[*[\\]/.test(pattern)) return pattern === part;
  const source = pattern.replace(/\*+|\[\^?[^\]]+\]|[\s\S]/g, (token) => {
    if (token.startsWith('*')) return '[^.]*';
    if (token.length > 1) return token.replace(/\\/g, '\\\\');
    return token.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  try {
    return compileRegexp(`^(?:${source})$`).test(part);
  } catch {
    return false;
  }
}
