import { request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import { BlockList, isIP, isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';

/** How long a proxy may take to open a tunnel, ms. */
const OPEN_MS = 30_000;

/** The environment, by which programs are told of proxies. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy through which a URL is asked for; undefined: none. As Go's httpproxy has it: names in either case, the lower
 * one first; the machine itself is asked directly; NO_PROXY has names with those below them (`example.com`), only those
 * below (`.example.com`, `*.example.com`), addresses, networks, each with a port or without, or `*`.
 * @throws Error for a proxy that is no URL
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const value = (name: string): string => environment[name.toLowerCase()] || environment[name] || '';
  const text = value(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
  if (!text || isDirect(url, value('NO_PROXY'))) return undefined;
  const proxy = urlOf(text.includes('://') ? text : `http://${text}`);
  if (proxy?.protocol !== 'http:' && proxy?.protocol !== 'https:')
    throw new Error('the proxy of the environment is not one that is known (http, https)');
  return proxy;
}

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function isDirect({ hostname, port, protocol }: URL, list: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return true;
  const wanted = port || (protocol === 'https:' ? '443' : '80');
  return list
    .split(',')
    .map((each) => each.trim().toLowerCase())
    .filter(Boolean)
    .some((entry) => entry === '*' || matches(entry, host, wanted));
}

function matches(entry: string, host: string, port: string): boolean {
  const [, network, prefix] = /^(.+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (network !== undefined) return isIP(host) !== 0 && isIP(network) !== 0 && inNetwork(host, network, Number(prefix));
  const [, name = entry, only] = isIPv6(entry) ? [] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []);
  if (only !== undefined && only !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  if (isIP(bare)) return bare === host;
  if (bare.startsWith('*.')) return host.endsWith(bare.slice(1));
  return bare.startsWith('.') ? host.endsWith(bare) : host === bare || host.endsWith(`.${bare}`);
}

function inNetwork(host: string, network: string, prefix: number): boolean {
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
  if (family(host) !== family(network) || prefix > (isIPv6(host) ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family(network));
  return list.check(host, family(host));
}

/** What a proxy wants to know of who asks; nobody else is told. */
export function proxyAuthorization({ username, password }: URL): Record<string, string> {
  if (!username && !password) return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` };
}

/** Connections of TLS through a tunnel of a proxy's (CONNECT): the proxy sees where they go and nothing else. */
export class TunnelAgent extends HttpsAgent {
  constructor(
    private readonly proxy: URL,
    options: AgentOptions,
  ) {
    super(options);
  }

  override createConnection(
    options: AgentOptions & { host?: string | null; port?: string | number | null; servername?: string },
    done: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const { host, port, servername } = options;
    const to = `${isIPv6(host ?? '') ? `[${host}]` : host}:${port}`;
    const failed = (error: Error): void => done(error, undefined as unknown as Duplex);
    const send = this.proxy.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send({
      host: this.proxy.hostname.replace(/^\[|\]$/g, ''),
      port: this.proxy.port || (this.proxy.protocol === 'https:' ? 443 : 80),
      method: 'CONNECT',
      path: to,
      headers: { host: to, ...proxyAuthorization(this.proxy) },
      agent: false,
      timeout: OPEN_MS,
    });
    request.once('connect', ({ statusCode }, socket: Socket) => {
      if (statusCode === 200)
        return done(null, connectTls({ ...options, socket, ...(servername && { servername }) } as never));
      socket.destroy();
      failed(new Error(`the proxy ${this.proxy.host} refuses to connect to ${to}: ${statusCode}`));
    });
    request.once('timeout', () => request.destroy(new Error(`the proxy ${this.proxy.host} does not answer`)));
    request.once('error', failed);
    request.end();
    return undefined;
  }
}
