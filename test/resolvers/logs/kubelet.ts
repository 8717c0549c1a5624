import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Dialer } from '../../../src/api/streams/dialer.ts';
import { FakeApi } from '../../support/fake-api.ts';

/** One request for a log, as it reached the node. */
export interface AskedLog {
  /** `a/web/c` */
  log: string;
  query: Record<string, string>;
  answer: ServerResponse;
}

/** What nodes have of logs: text by `namespace/pod/container`; a followed one stays open until the test ends it. */
export class FakeKubelet {
  readonly logs = new Map<string, string>();
  readonly asked: AskedLog[] = [];
  private waiting: (() => void)[] = [];

  private constructor(private readonly server: Server) {}

  static async open(): Promise<FakeKubelet> {
    const server = createServer();
    const kubelet = new FakeKubelet(server);
    server.on('request', (req, answer: ServerResponse) => {
      const { pathname, searchParams } = new URL(req.url ?? '', 'http://kubelet');
      const log = pathname.replace('/containerLogs/', '');
      const text = kubelet.logs.get(log);
      if (text === undefined) answer.writeHead(400).end(`container is waiting to start: ${log}`);
      else {
        answer.writeHead(200, { 'content-type': 'text/plain' });
        answer.flushHeaders();
        if (searchParams.get('follow') === 'true') answer.write(text);
        else answer.end(text);
      }
      kubelet.asked.push({ log, query: Object.fromEntries(searchParams), answer });
      for (const wake of kubelet.waiting.splice(0)) wake();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return kubelet;
  }

  get dialer(): Dialer {
    const { port } = this.server.address() as AddressInfo;
    return {
      request: ({ url }, method) =>
        request({ host: '127.0.0.1', port, method, path: `${url.pathname}${url.search}`, agent: false }),
    };
  }

  /** The nth request for a log, when it has come. */
  async requested(log: string, nth = 1): Promise<AskedLog> {
    for (;;) {
      const found = this.asked.filter((one) => one.log === log)[nth - 1];
      if (found) return found;
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** A cluster whose one node is the kubelet's. */
export async function clusterWith(kubelet: FakeKubelet): Promise<FakeApi> {
  const cluster = await FakeApi.open({ dialer: kubelet.dialer });
  await cluster.give({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n' },
    status: { addresses: [{ type: 'InternalIP', address: '10.1.2.3' }] },
  });
  return cluster;
}

/** A pod on it, some of whose containers run. */
export const runningPod = (
  name: string,
  { containers = ['c'], labels = { app: 'w' } }: { containers?: string[]; labels?: Record<string, string> } = {},
): Parameters<FakeApi['give']>[0] => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'a', name, labels },
  spec: { nodeName: 'n', containers: containers.map((one) => ({ name: one, image: 'i' })) },
  status: {
    phase: 'Running',
    containerStatuses: containers.map((one) => ({
      name: one,
      image: 'i',
      imageID: 'i',
      containerID: `x://${name}-${one}-0`,
      ready: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
    })),
  },
});
