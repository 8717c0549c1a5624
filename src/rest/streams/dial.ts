import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Connection } from '../../api/contract.ts';

/** Connections kept open to one target, and their idle time. Streams beyond it open their own. */
const KEPT = { keepAlive: true, maxFreeSockets: 16, timeout: 30_000 };
/** A node that does not answer in this time is taken for unreachable. Bodies and streams may last. */
const ANSWER_MS = 30_000;

/** Opens requests to nodes, pods and Services. A kubelet is shown the API server's client certificate for kubelets; the others nothing. */
export class NodeDialer {
  private readonly plain = new HttpAgent(KEPT);
  /** What a pod shows is not verified, as kube-apiserver does not: nobody has said what it must be. */
  private readonly secure = new HttpsAgent({ ...KEPT, rejectUnauthorized: false });
  private readonly kubelets: HttpsAgent;

  constructor(kubeletClient: { key: string; cert: string }) {
    this.kubelets = new HttpsAgent({ ...KEPT, ...kubeletClient, rejectUnauthorized: false });
  }

  /** The request is not sent before its `end`. An error is emitted when there is no answer within 30 s. */
  request(to: Connection, method: string, headers: OutgoingHttpHeaders): ClientRequest {
    const options = { method, headers, setHost: headers.host === undefined };
    const request = to.secure
      ? httpsRequest(to.url, { ...options, agent: to.kubelet === undefined ? this.secure : this.kubelets })
      : httpRequest(to.url, { ...options, agent: this.plain });
    const timer = setTimeout(() => request.destroy(new Error(`${to.url.host} does not answer`)), ANSWER_MS);
    for (const event of ['response', 'upgrade', 'close', 'error']) request.once(event, () => clearTimeout(timer));
    return request;
  }

  close(): void {
    for (const agent of [this.plain, this.secure, this.kubelets]) agent.destroy();
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
