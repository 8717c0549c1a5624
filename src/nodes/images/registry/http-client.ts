import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type AgentOptions } from 'node:https';
import { proxyAuthorization, proxyFor, TunnelAgent, type Environment } from './http-proxy.ts';
import type { Endpoint } from './registry-config.ts';
import { systemCertificates } from './system-certificates.ts';

/** How long a server may be silent, ms, before the request counts as failed. */
const SILENCE_MS = 60_000;
/** Connections to one server at most. */
const MAX_SOCKETS = 8;
/** Headers of an answer, bytes. */
const MAX_HEADERS = 64 * 1024;

export interface HttpRequest {
  method?: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  body?: string;
}

/** Requests with the trust that an endpoint says. It follows no redirect and shows no credential by itself. */
export class HttpClient {
  private readonly agents = new Map<string, HttpAgent>();

  /** @param environment that tells of proxies */
  constructor(private readonly environment: Environment = process.env) {}

  /** The answer, whose body is yet to be read. @throws Error that says what is the matter with the connection */
  send(
    url: URL,
    { method = 'GET', headers, body }: HttpRequest,
    trust: Trust,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const proxy = proxyFor(url, this.environment);
      const agent = this.agent(secure, trust, proxy);
      // without TLS the proxy itself is asked for the whole of the URL
      const through = proxy !== undefined && !secure;
      const send = (through ? proxy.protocol === 'https:' : secure) ? httpsRequest : httpRequest;
      const options = {
        method,
        headers: {
          'user-agent': 'ku7s',
          ...headers,
          ...(through && { host: url.host, ...proxyAuthorization(proxy) }),
        },
        ...(through && { path: url.href }),
        agent,
        signal,
        maxHeaderSize: MAX_HEADERS,
      };
      const request = send(through ? new URL(proxy.origin) : url, options, (response) => {
        response.setTimeout(SILENCE_MS, () => response.destroy(new Error(`${url.host} is silent`)));
        resolve(response);
      });
      request.setTimeout(SILENCE_MS, () => request.destroy(new Error(`${url.host} does not answer`)));
      request.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
      request.end(body);
    });
  }

  close(): void {
    for (const agent of this.agents.values()) agent.destroy();
  }

  private agent(secure: boolean, { skipVerify, ca }: Trust, proxy: URL | undefined): HttpAgent {
    const key = `${proxy?.href ?? ''} ${secure ? `${skipVerify} ${ca ?? ''}` : ''}`;
    const known = this.agents.get(key);
    if (known) return known;
    const settings = { keepAlive: true, maxSockets: MAX_SOCKETS };
    const trusted = {
      ca: [...systemCertificates(), ...(ca === undefined ? [] : [ca])],
      rejectUnauthorized: !skipVerify,
    };
    const agent = this.made(secure, { ...settings, ...(secure && trusted) }, proxy);
    this.agents.set(key, agent);
    return agent;
  }

  private made(secure: boolean, options: AgentOptions, proxy: URL | undefined): HttpAgent {
    if (secure) return proxy ? new TunnelAgent(proxy, options) : new HttpsAgent(options);
    return proxy?.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }
}

export type Trust = Pick<Endpoint, 'skipVerify' | 'ca'>;

/** All of a small answer. @throws Error when it is larger than `most` bytes */
export async function readBody(response: IncomingMessage, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > most) {
      response.destroy();
      throw new Error(`an answer has more than ${most} bytes`);
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
