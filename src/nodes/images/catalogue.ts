import { createHash } from 'node:crypto';
import { STATIC_SERVER } from './static-server.ts';

/** What the process runtime knows of an image: which host programs stand for it. */
export interface Image {
  entrypoint: readonly string[];
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** A program that only waits to be ended, as the pause image does. */
const PAUSE = ['sh', '-c', 'trap "exit 0" TERM INT; while :; do sleep 3600 & wait $!; done'];
const shell: Image = { entrypoint: [], command: ['sh'] };

/**
 * Images by repository, without tag: any tag runs the host's own version. An image that is not here runs only what the
 * container's `command` names.
 */
export const CATALOGUE: Readonly<Record<string, Image>> = {
  'docker.io/library/node': { entrypoint: [], command: ['node'] },
  'docker.io/library/busybox': shell,
  'docker.io/library/alpine': shell,
  'docker.io/library/debian': { entrypoint: [], command: ['bash'] },
  'docker.io/library/ubuntu': { entrypoint: [], command: ['bash'] },
  'docker.io/library/bash': { entrypoint: [], command: ['bash'] },
  'docker.io/library/python': { entrypoint: [], command: ['python3'] },
  'docker.io/library/perl': { entrypoint: [], command: ['perl'] },
  'docker.io/library/nginx': { entrypoint: ['node', '-e', STATIC_SERVER, '/usr/share/nginx/html', '80'], command: [] },
  'docker.io/library/httpd': {
    entrypoint: ['node', '-e', STATIC_SERVER, '/usr/local/apache2/htdocs', '80'],
    command: [],
  },
  'registry.k8s.io/pause': { entrypoint: PAUSE, command: [] },
};

export interface ImageReference {
  /** fully written, as runtimes report it: `docker.io/library/node:20` */
  name: string;
  /** without tag and digest */
  repository: string;
  tag?: string | undefined;
  digest?: string | undefined;
}

const VALID =
  /^(?:[a-zA-Z0-9.-]+(?::[0-9]+)?\/)?[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*(?::[\w][\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-fA-F]{32,})?$/;

/** The reference with the registry and the tag that runtimes assume; undefined when it is malformed. */
export function parseImage(image: string): ImageReference | undefined {
  if (!VALID.test(image)) return undefined;
  const [withTag = '', digest] = image.split('@');
  const colon = withTag.lastIndexOf(':');
  const tagged = colon > withTag.lastIndexOf('/');
  const path = tagged ? withTag.slice(0, colon) : withTag;
  const tag = tagged ? withTag.slice(colon + 1) : digest ? undefined : 'latest';
  const parts = path.split('/');
  const registry = parts.length > 1 && /[.:]|^localhost$/.test(parts[0]!);
  const repository = registry ? path : `docker.io/${parts.length === 1 ? 'library/' : ''}${path}`;
  return { name: `${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`, repository, tag, digest };
}

/** A stable id in the form of a digest: there is no image behind it, so it is made of the name. */
export const imageId = (image: ImageReference): string =>
  `${image.repository}@${image.digest ?? `sha256:${createHash('sha256').update(image.name).digest('hex')}`}`;
