import { isDns1123Label } from '../../meta/names.ts';
import { badRequest } from '../../meta/status.ts';

/** The name of a proxy's target, taken apart. */
export interface TargetName {
  scheme: '' | 'http' | 'https';
  name: string;
  /** '' , a number or the name of a port */
  port: string;
}

const SCHEMES: readonly string[] = ['', 'http', 'https'] satisfies TargetName['scheme'][];
const isScheme = (text: string): text is TargetName['scheme'] => SCHEMES.includes(text);

/**
 * `name`, `name:port` or `scheme:name:port`. Throws 400 for more, and for a port that is neither a number nor a name:
 * none of these characters may become another part of a URL.
 * @param what `pod`, `service` or `node`
 */
export function parseTargetName(text: string, what: string): TargetName {
  const refused = () => badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  const parts = text.split(':');
  if (parts.length > 3) throw refused();
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts];
  if (!name || scheme === undefined || !isScheme(scheme)) throw refused();
  if (port && isDns1123Label(port).length > 0) throw refused();
  return { scheme, name, port: port ?? '' };
}

/** The number that a port's text is; undefined for a name. Throws 400 for one that no port has. */
export function portNumber(text: string): number | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const port = Number(text);
  if (port < 1 || port > 65535) throw badRequest(`invalid port ${JSON.stringify(text)}`);
  return port;
}
