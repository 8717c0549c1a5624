import { Agent, request as httpsRequest } from 'node:https';
import type { Node } from '../../../schema/types.ts';
import type { Client } from '../../client/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import { textFor } from '../../rules/http/answer-to.ts';
import { NAMESPACE } from '../addon.ts';
import { ACCOUNT } from './manifests.ts';

const KUBELET_PORT = 10_250;
const TIMEOUT_MS = 10_000;
/** Of an answer: ten thousand containers are five megabytes. */
const MAX_BYTES = 8 * 1024 * 1024;
/** s for which a token is asked for, and the part of that after which another one is */
const TOKEN_SECONDS = 3600;
const TOKEN_USED = 0.8;
/** Kept open between two rounds. */
const SOCKETS = 256;

/**
 * Asks kubelets, under a token of the add-on's own account: each of them asks the API whether that may read its figures.
 * A kubelet proves by a certificate of the cluster's CA that it is the node.
 */
export class KubeletCaller {
  private credentials: { token: string; agent: Agent; until: number } | undefined;

  constructor(
    private readonly client: Client,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  close(): void {
    this.credentials?.agent.destroy();
  }

  /** Gets what `get` needs; to be called before a round. Rejects where the API does not give it. */
  async ready(): Promise<void> {
    const now = this.clock.now();
    if (this.credentials && now < this.credentials.until) return;
    const [{ data }, { status }] = await Promise.all([
      this.client.get('configmaps', NAMESPACE, 'kube-root-ca.crt'),
      this.client.create(
        'serviceaccounts',
        {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          metadata: { namespace: NAMESPACE },
          spec: { audiences: [], expirationSeconds: TOKEN_SECONDS },
        },
        { subresource: 'token', name: ACCOUNT },
      ),
    ]);
    const ca = data?.['ca.crt'];
    if (!ca || !status?.token) throw new Error('the API gives no CA, or no token');
    this.credentials?.agent.destroy();
    this.credentials = {
      token: status.token,
      agent: new Agent({ ca, keepAlive: true, maxFreeSockets: SOCKETS }),
      until: now + TOKEN_SECONDS * 1000 * TOKEN_USED,
    };
  }

  /** The text at a path of a node's kubelet. Rejects with Error. */
  async get({ metadata: { name }, status }: Node, path: string): Promise<string> {
    const { credentials } = this;
    const host = ['InternalIP', 'ExternalIP', 'Hostname']
      .map((type) => status?.addresses?.find((each) => each.type === type)?.address)
      .find(Boolean);
    if (!credentials || !host) throw new Error('the node has not said its address');
    const { token, agent } = credentials;
    const port = status?.daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT;
    const headers = { authorization: `Bearer ${token}` };
    return textFor(httpsRequest({ host, port, path, agent, servername: name, headers }), TIMEOUT_MS, MAX_BYTES);
  }
}
