/** Parts of the URL of a stream, each checked where it came from. */
export interface UrlParts {
  secure: boolean;
  /** an address in canonical text, or a DNS name */
  host: string;
  port: number;
  /** with its escapes; what follows the host */
  path: string;
  /** with its `?`, or empty */
  search?: string;
}

/** An address of version 6 in its brackets. */
export const hostOf = (host: string): string => (host.includes(':') ? `[${host}]` : host);

/**
 * A URL of its parts, none of which can become another: host and port are what they were before, and the path stays below
 * `/`, as kube-apiserver joins it (an escaped dot or slash is a dot or a slash, `..` goes no higher than the root).
 */
export function targetUrl({ secure, host, port, path, search = '' }: UrlParts): URL {
  const url = new URL(`${secure ? 'https' : 'http'}://${hostOf(host)}:${port}/`);
  const { host: meant } = url;
  url.pathname = cleanPath(path);
  url.search = search;
  if (url.host !== meant || url.username || url.password) throw new Error(`a path changes the host of ${meant}`);
  return url;
}

function cleanPath(path: string): string {
  const steps: string[] = [];
  // a URL takes backslashes for slashes and leaves control characters out
  const plain = path
    .replace(/%2e/gi, '.')
    .replace(/%2f/gi, '/')
    // eslint-disable-next-line no-control-regex
    .replace(/[\\\x00-\x20\x7f]/g, encodeURIComponent);
  for (const step of plain.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return `/${steps.join('/')}${steps.length && plain.endsWith('/') ? '/' : ''}`;
}

/** A path of names, in which each stays one segment. */
export const pathOf = (...names: string[]): string => `/${names.map(encodeURIComponent).join('/')}`;
