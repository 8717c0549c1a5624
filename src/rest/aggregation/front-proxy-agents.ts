import { Agent } from 'node:https';
import type { RemoteSpec } from './locate.ts';

/** CAs for which connections are kept open; beyond it those of the first are left to end when they are idle. */
const MAX_AGENTS = 32;
const KEPT = { keepAlive: true, maxFreeSockets: 16, timeout: 30_000 };

/** Connections to aggregated API servers, under the front proxy's certificate. A server proves itself as its APIService says. */
export class FrontProxyAgents {
  private readonly agents = new Map<string, Agent>();

  /** @param client PEM */
  constructor(private client: { key: string; cert: string }) {}

  /** Another certificate for new connections; those that there are end when they are idle. */
  show(client: { key: string; cert: string }): void {
    this.client = client;
    this.agents.clear();
  }

  to({ caBundle = '', insecureSkipTLSVerify = false }: RemoteSpec): Agent {
    const key = `${insecureSkipTLSVerify} ${caBundle}`;
    const known = this.agents.get(key);
    if (known) return known;
    const ca = caBundle && Buffer.from(caBundle, 'base64').toString('utf8');
    const agent = new Agent({ ...KEPT, ...this.client, ...(ca && { ca }), rejectUnauthorized: !insecureSkipTLSVerify });
    const [first] = this.agents.keys();
    if (this.agents.size >= MAX_AGENTS && first !== undefined) this.agents.delete(first);
    this.agents.set(key, agent);
    return agent;
  }

  close(): void {
    for (const agent of this.agents.values()) agent.destroy();
  }
}
