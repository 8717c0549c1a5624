import { createServer, type Server } from 'node:http';
import type { Node } from '../../../schema/types.ts';
import type { Clock } from '../../rules/clock.ts';
import { isNodeLeaving } from '../../rules/nodes.ts';
import { listen } from './health-checks.ts';

/** Where kube-proxy answers. */
export const HEALTHZ_PORT = 10256;
/** A change that has not been served for so long makes the proxy unhealthy, ms: twice kube-proxy's sync period. */
const TIMEOUT_MS = 60_000;

/** Whether the service proxy keeps up, as kube-proxy tells it at `/healthz` and `/livez`. */
export class ProxyHealth {
  private pendingSince: number | undefined;
  private updatedAt = 0;
  private readonly server: Server;

  constructor(
    private readonly clock: Pick<Clock, 'now'>,
    private readonly node: () => Node | undefined,
  ) {
    this.server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0];
      if (path !== '/healthz' && path !== '/livez') {
        response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
        response.end('404 page not found\n');
        return;
      }
      const { code, body } = this.answer(path === '/healthz');
      response.writeHead(code, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' });
      response.end(body);
    });
  }

  /** Rejects where the port is in use. @param port 0: a free one */
  listen(port: number, address: string): Promise<void> {
    return listen(this.server, port, address);
  }

  get port(): number {
    const address = this.server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  queued(): void {
    this.pendingSince ??= this.clock.now();
  }

  updated(): void {
    this.pendingSince = undefined;
    this.updatedAt = this.clock.now();
  }

  /** It keeps up, whatever becomes of the node. */
  get isHealthy(): boolean {
    return this.pendingSince === undefined || this.clock.now() - this.pendingSince < TIMEOUT_MS;
  }

  private answer(ofNode: boolean): { code: number; body: string } {
    const node = this.node();
    const eligible = !node || !isNodeLeaving(node);
    const healthy = this.isHealthy && (!ofNode || eligible);
    const now = goTime(this.clock.now());
    const updated = healthy ? now : goTime(this.updatedAt);
    const more = ofNode ? `, "nodeEligible": ${eligible}` : '';
    return {
      code: healthy ? 200 : 503,
      body: `{"lastUpdated": ${JSON.stringify(updated)},"currentTime": ${JSON.stringify(now)}${more}}`,
    };
  }
}

/** As Go prints a time in UTC. */
const goTime = (ms: number): string => {
  const text = new Date(ms).toISOString();
  // `0.25` without what stands before its digits
  const fraction = ms % 1000 ? String((ms % 1000) / 1000).slice(2) : '';
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction && `.${fraction}`} +0000 UTC`;
};
