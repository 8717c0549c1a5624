import type { X509Certificate } from 'node:crypto';
import { Agent, type AgentOptions, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { NODE_USER, NODES_GROUP } from '../../rules/certificates/kubelet-requests.ts';
import { Authority, SERVER_AUTH, subjectOf } from '../credentials/authority.ts';

/** PEM of the certificate that is shown to kubelets, and of who must have signed theirs. */
export interface KubeletClient {
  key: string;
  cert: string;
  ca: string;
}

interface KubeletOptions extends RequestOptions {
  node?: string;
}

/**
 * Connections to kubelets. A kubelet proves first that it is the node that is meant, by a serving certificate of the
 * cluster's CA for that node and its address; to who cannot, no certificate is shown and no request is sent.
 */
export class KubeletAgent extends Agent {
  private readonly authority: Authority;

  constructor({ ca, ...client }: KubeletClient, options: AgentOptions) {
    // who has sent his certificate is told before ours goes out by way of the request for a stapled OCSP answer
    super({
      ...options,
      ...client,
      ca,
      requestOCSP: true,
      rejectUnauthorized: true,
      maxCachedSessions: 0,
    } as AgentOptions);
    this.authority = new Authority(ca);
  }

  /** Of a request: that it goes to the kubelet of this node. */
  to(node: string): KubeletOptions {
    return { agent: this, node };
  }

  /** What one node has proved says nothing of another at the same address. */
  override getName(options?: KubeletOptions): string {
    return `${super.getName(options)}:${options?.node ?? ''}`;
  }

  override createConnection(
    options: KubeletOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const { host, servername, node = '' } = options;
    let proved = false;
    const check = (socket: TLSSocket): Error | undefined => {
      const shown = socket.getPeerX509Certificate();
      const problem = shown ? this.problem(shown, node, servername || String(host)) : 'no certificate';
      proved = problem === undefined;
      return proved ? undefined : new Error(`kubelet of node ${JSON.stringify(node)}: ${problem}`);
    };
    // also asked by itself, in place of a check by name alone
    const checkServerIdentity = () => (proved ? undefined : new Error('the kubelet has not proved which node it is'));
    const socket = super.createConnection({ ...options, checkServerIdentity }, callback) as TLSSocket;
    socket.once('OCSPResponse', () => {
      const error = check(socket);
      if (error) socket.destroy(error);
    });
    return socket;
  }

  /** Why a certificate is not that of a node's kubelet at an address. */
  private problem(shown: X509Certificate, node: string, address: string): string | undefined {
    if (!this.authority.signed(shown, SERVER_AUTH)) return 'x509: certificate signed by unknown authority';
    const now = Date.now();
    if (now < Date.parse(shown.validFrom) || now > Date.parse(shown.validTo))
      return 'x509: certificate has expired or is not yet valid';
    const { CN = [], O = [] } = subjectOf(shown);
    if (CN.at(-1) !== `${NODE_USER}${node}` || !O.includes(NODES_GROUP))
      return `x509: certificate is of ${JSON.stringify(CN.at(-1) ?? '')}`;
    const named = isIP(address) ? shown.checkIP(address) : shown.checkHost(address, { subject: 'never' });
    return named === undefined ? `x509: certificate is not valid for ${address}` : undefined;
  }
}
