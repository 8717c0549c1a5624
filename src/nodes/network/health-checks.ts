import { createServer, type Server } from 'node:http';
import type { ServiceRoute } from './service-routes.ts';
import type { ServiceProxyOptions } from './service-proxy.ts';

/** Of one process: further ones are not answered. */
const MAX_SERVERS = 1024;

interface Check {
  namespace: string;
  name: string;
  port: number;
  /** ready endpoints of this node */
  endpoints: number;
  server: Server;
}

/**
 * Answers load balancers that ask on a Service's healthCheckNodePort whether this node has endpoints of it
 * (https://kubernetes.io/docs/concepts/services-networking/service/#external-traffic-policy), in kube-proxy's words.
 */
export class HealthChecks {
  private readonly checks = new Map<string, Check>();

  constructor(
    private readonly options: Pick<ServiceProxyOptions, 'nodeName' | 'events' | 'log' | 'nodePortAddresses'>,
    private readonly isHealthy: () => boolean,
  ) {}

  async update(routes: readonly ServiceRoute[]): Promise<void> {
    const wanted = new Map<string, { route: ServiceRoute; port: number; endpoints: number }>();
    for (const route of routes) {
      const { metadata, spec } = route.service;
      const port = spec?.type === 'LoadBalancer' && route.external === 'Local' ? spec.healthCheckNodePort : undefined;
      if (!port) continue;
      const key = `${metadata.namespace}/${metadata.name}`;
      const endpoints = Math.max(route.endpoints.localReady, wanted.get(key)?.endpoints ?? 0);
      wanted.set(key, { route, port, endpoints });
    }
    for (const [key, check] of this.checks) {
      if (wanted.get(key)?.port === check.port) continue;
      check.server.close();
      this.checks.delete(key);
    }
    for (const [key, { route, port, endpoints }] of wanted) {
      const known = this.checks.get(key);
      if (known) known.endpoints = endpoints;
      else if (this.checks.size < MAX_SERVERS) await this.open(key, route, port, endpoints);
    }
  }

  close(): void {
    for (const { server } of this.checks.values()) {
      server.close();
      server.closeAllConnections();
    }
    this.checks.clear();
  }

  private async open(key: string, route: ServiceRoute, port: number, endpoints: number): Promise<void> {
    const { namespace = '', name } = route.service.metadata;
    const server = createServer((_, response) => {
      const check = this.checks.get(key);
      const count = check?.endpoints ?? 0;
      const healthy = this.isHealthy();
      response.writeHead(count && healthy ? 200 : 503, {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'x-load-balancing-endpoint-weight': String(count),
      });
      response.end(answer(namespace, name, count, healthy));
    });
    try {
      await listen(server, port, this.options.nodePortAddresses?.[0] ?? '0.0.0.0');
      this.checks.set(key, { namespace, name, port, endpoints, server });
    } catch (error) {
      const { nodeName, events, log } = this.options;
      const reason = (error as Error).message;
      const message = `node ${nodeName} failed to start healthcheck ${JSON.stringify(key)} on port ${port}: ${reason}`;
      events.event(route.service, 'Warning', 'FailedToStartServiceHealthcheck', message);
      log('a health check port is not served', { service: key, port, error: reason });
    }
  }
}

const answer = (namespace: string, name: string, count: number, healthy: boolean): string =>
  [
    '{',
    '\t"service": {',
    `\t\t"namespace": ${JSON.stringify(namespace)},`,
    `\t\t"name": ${JSON.stringify(name)}`,
    '\t},',
    `\t"localEndpoints": ${count},`,
    `\t"serviceProxyHealthy": ${healthy}`,
    '}',
    '',
  ].join('\n');

export function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      resolve();
    });
  });
}
