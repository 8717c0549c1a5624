import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** What of a request tells it. */
interface Sent {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i;

/** An address as Go prints it; undefined for what is none. Go takes decimal numbers with zeros in front, too. */
function address(text: string): string | undefined {
  const plain = text.trim().replace(MAPPED, '');
  const tidy = /^\d+(\.\d+){3}$/.test(plain) ? plain.replace(/\b0+(?=\d)/g, '') : plain;
  return isIP(tidy) ? tidy : undefined;
}

let [text, ip]: [string, string | undefined] = ['', undefined];
/** A connection has many requests. */
function remoteAddress(sent: string): string | undefined {
  if (sent !== text) [text, ip] = [sent, address(sent)];
  return ip;
}

const first = (value: string | string[] | undefined): string => (Array.isArray(value) ? value[0] : value) ?? '';

/**
 * Where a request came from: what proxies say (X-Forwarded-For, then X-Real-Ip), and last the connection itself, which
 * alone cannot be made up. Source: apimachinery util/net SourceIPs.
 */
export function sourceIps({ headers, socket }: Sent): string[] {
  const ips: string[] = [];
  const forwarded = first(headers['x-forwarded-for']);
  if (forwarded) for (const part of forwarded.split(',')) add(ips, address(part));
  const real = first(headers['x-real-ip']);
  if (real) {
    const ip = address(real);
    if (ip !== undefined && !ips.includes(ip)) ips.push(ip);
  }
  const remote = remoteAddress(socket.remoteAddress ?? '');
  if (remote !== undefined && ips.at(-1) !== remote) ips.push(remote);
  return ips;
}

function add(ips: string[], ip: string | undefined): void {
  if (ip !== undefined) ips.push(ip);
}
