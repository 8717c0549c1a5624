import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Connection } from '../../api/contract.ts';

/** Connections kept open to one node, and their idle time. Streams beyond it open their own. */
const KEPT_SOCKETS = 16;
const IDLE_MS = 30_000;
/** A node that does not answer in this time is taken for unreachable. Bodies and streams may last. */
const ANSWER_MS = 30_000;
/** CAs for which an agent is kept; the cluster has one. */
const MAX_AGENTS = 8;

/** Opens requests to nodes and pods, with the API server's client certificate where the other end is a node. */
export class NodeDialer {
  private readonly plain = new HttpAgent({ keepAlive: true, maxFreeSockets: KEPT_SOCKETS, timeout: IDLE_MS });
  private readonly secure = new Map<string, HttpsAgent>();

  constructor(readonly client: { key: string; cert: string }) {}

  /** The request is not sent before its `end`. An error is emitted when there is no answer within 30 s. */
  request(to: Connection, method: string, headers: OutgoingHttpHeaders): ClientRequest {
    const options = { method, headers, setHost: headers.host === undefined };
    const request = to.secure
      ? httpsRequest(to.url, { ...options, agent: this.agentFor(to.ca) })
      : httpRequest(to.url, { ...options, agent: this.plain });
    const timer = setTimeout(() => request.destroy(new Error(`${to.url.host} does not answer`)), ANSWER_MS);
    for (const event of ['response', 'upgrade', 'close', 'error']) request.once(event, () => clearTimeout(timer));
    return request;
  }

  private agentFor(ca: string | undefined): HttpsAgent {
    const known = this.secure.get(ca ?? '');
    if (known) return known;
    const agent = new HttpsAgent({
      ...this.client,
      ...(ca && { ca }),
      rejectUnauthorized: ca !== undefined,
      keepAlive: true,
      maxFreeSockets: KEPT_SOCKETS,
      timeout: IDLE_MS,
    });
    if (this.secure.size < MAX_AGENTS) this.secure.set(ca ?? '', agent);
    return agent;
  }

  close(): void {
    this.plain.destroy();
    for (const agent of this.secure.values()) agent.destroy();
  }
}

/** At most `limit` bytes of an answer, for an error's text. */
export async function shortText(answer: IncomingMessage, limit = 64 * 1024): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if ((size += chunk.length) >= limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString();
}
