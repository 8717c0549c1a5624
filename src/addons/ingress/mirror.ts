import { request } from 'node:http';
import { hasBody, type Req } from './exchange.ts';
import type { Outgoing } from './upstream.ts';

/** Of a body that a mirror has not taken yet, bytes; one that falls behind is given up, and nobody waits for it. */
const MAX_BEHIND = 1024 * 1024;
/** How long a mirror may be silent, ms. */
const IDLE_MS = 10_000;

/** Sends a copy of a request, whose answer nobody sees. To be called before the body is read. */
export function mirror(req: Req, { address: host, port, path, headers }: Outgoing): void {
  const body = hasBody(req);
  const framed =
    body && headers['content-length'] === undefined ? { ...headers, 'transfer-encoding': 'chunked' } : headers;
  const copy = request({ host, port, path, method: req.method, headers: framed, agent: false });
  copy.on('error', () => undefined);
  copy.on('response', (answer) => answer.resume());
  copy.setTimeout(IDLE_MS, () => copy.destroy());
  if (!body) return void copy.end();
  const take = (chunk: Buffer): void => {
    if (copy.writableLength > MAX_BEHIND) copy.destroy();
    else if (!copy.destroyed) copy.write(chunk);
  };
  // a listener of data would set the body flowing at once; what reads it first is the real backend
  req.once('resume', () => req.on('data', take));
  req.once('end', () => copy.end());
}
