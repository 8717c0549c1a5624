/** Where an image is and which one it is, as registries and runtimes write it. */
export interface ImageReference {
  /** fully written, as runtimes report it: `docker.io/library/node:20`, or with a digest alone: `…/node@sha256:…` */
  name: string;
  /** without tag and digest: `docker.io/library/node` */
  repository: string;
  /** host and port: `docker.io` */
  registry: string;
  /** the repository on its registry: `library/node` */
  path: string;
  /** not with a digest, which says it all */
  tag?: string;
  digest?: string;
}

const HOST = String.raw`(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])`;
const DOMAIN = new RegExp(String.raw`^(?:${HOST}(?:\.${HOST})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$`);
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const ANY_DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MAX_NAME = 255;
const MALFORMED = 'invalid reference format';

/** Whether a text is a digest of the one algorithm that is used. */
export const isDigest = (text: string): boolean => DIGEST.test(text);

/** The reference with the registry and the tag that runtimes assume, or in words why it is none. */
export function parseReference(image: string): ImageReference | string {
  if (/^[0-9a-f]{64}$/.test(image))
    return `invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`;
  const at = image.indexOf('@');
  const named = at < 0 ? image : image.slice(0, at);
  const digest = at < 0 ? undefined : image.slice(at + 1);
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/');
  const tag = tagged ? named.slice(colon + 1) : undefined;
  const { registry, path } = splitDomain(tagged ? named.slice(0, colon) : named);
  if (path.toLowerCase() !== path && PATH.test(path.toLowerCase()))
    return `${MALFORMED}: repository name (${path}) must be lowercase`;
  if (!DOMAIN.test(registry) || !PATH.test(path) || (tag !== undefined && !TAG.test(tag))) return MALFORMED;
  if (digest !== undefined && !ANY_DIGEST.test(digest)) return MALFORMED;
  const repository = `${registry}/${path}`;
  if (path.length > MAX_NAME) return `repository name must not be more than ${MAX_NAME} characters`;
  if (digest === undefined) return { ...withTag(repository, tag ?? 'latest'), registry, path };
  if (!digest.startsWith('sha256:')) return 'unsupported digest algorithm';
  if (!isDigest(digest)) return 'invalid checksum digest format';
  return { name: `${repository}@${digest}`, repository, registry, path, digest };
}

const withTag = (repository: string, tag: string) => ({ name: `${repository}:${tag}`, repository, tag });

/** Docker's rule: what comes before the first slash is a host if it looks like one; all else is on Docker Hub. */
function splitDomain(name: string): { registry: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  const host = isHost ? first : 'docker.io';
  const registry = host === 'index.docker.io' ? 'docker.io' : host;
  const rest = isHost ? name.slice(slash + 1) : name;
  return { registry, path: registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest };
}
