import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Connection } from '../../api/contract.ts';
import type { Dialer } from '../../api/streams/dialer.ts';
import { KubeletAgent, type KubeletClient } from './kubelet-agent.ts';

/** Connections kept open to one target, and their idle time. Streams beyond it open their own. */
const KEPT = { keepAlive: true, maxFreeSockets: 16, timeout: 30_000 };
/** A target that is not connected with, TLS included, in this time is taken for unreachable. */
const DIAL_MS = 30_000;
/** Of an answer's headers; kube-apiserver reads more, but ours go no further than this. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Opens requests to nodes, pods and Services. A kubelet is shown the API server's client certificate for kubelets; the others nothing. */
export class NodeDialer implements Dialer {
  private readonly plain = new HttpAgent(KEPT);
  /** What a pod shows is not verified, as kube-apiserver does not: nobody has said what it must be. */
  private readonly secure = new HttpsAgent({ ...KEPT, rejectUnauthorized: false });
  private readonly ca: string;
  private kubelets: KubeletAgent;

  /** @param kubeletClient PEM; `ca` has signed the kubelets' serving certificates */
  constructor(kubeletClient: KubeletClient) {
    this.ca = kubeletClient.ca;
    this.kubelets = new KubeletAgent(kubeletClient, KEPT);
  }

  /** Another certificate for new connections to kubelets; those that there are end when they are idle. */
  show(client: { key: string; cert: string }): void {
    this.kubelets = new KubeletAgent({ ...client, ca: this.ca }, KEPT);
  }

  /**
   * The request is not sent before its `end`. An error is emitted when there is no connection within 30 s, or with
   * `answerMs` no answer in that time; bodies and streams may last.
   */
  request(to: Connection, method: string, headers: OutgoingHttpHeaders, answerMs?: number): ClientRequest {
    const { hostname, host, port, pathname, search } = to.url;
    const options = {
      method,
      path: `${pathname}${search}`,
      // the address that was checked, and nothing that is looked up now
      host: to.address,
      port: port || (to.secure ? 443 : 80),
      headers: { host, ...headers },
      maxHeaderSize: MAX_HEADER_BYTES,
      // the name that is meant, whatever a client has put into its Host
      servername: hostname.startsWith('[') || isIP(hostname) ? '' : hostname,
    };
    const request = to.secure
      ? httpsRequest({
          ...options,
          ...(to.kubelet === undefined ? { agent: this.secure } : this.kubelets.to(to.kubelet)),
        })
      : httpRequest({ ...options, agent: this.plain });
    // a target that goes on all the same does not keep the connection for others
    if (headers['connection'] === 'close') request.shouldKeepAlive = false;
    const late = () => request.destroy(new Error(`${host} does not answer`));
    const timer = setTimeout(late, answerMs ?? DIAL_MS);
    const done = () => clearTimeout(timer);
    for (const event of ['response', 'upgrade', 'close', 'error']) request.once(event, done);
    if (answerMs === undefined) request.once('socket', (socket) => onceConnected(socket, to.secure, done));
    return request;
  }

  close(): void {
    for (const agent of [this.plain, this.secure, this.kubelets]) agent.destroy();
  }
}

/** Calls back when the socket can be written to: at once for one that was kept. */
function onceConnected(socket: Socket & { secureConnecting?: boolean }, secure: boolean, done: () => void): void {
  if (!socket.connecting && !socket.secureConnecting) done();
  else socket.once(secure ? 'secureConnect' : 'connect', done);
}
